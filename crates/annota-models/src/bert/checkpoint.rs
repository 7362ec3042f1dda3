use crate::checkpoint::Layout;

/// Where `BertModel.state_dict()` keeps the encoder's tensors. `#` stands for a number.
pub const LAYOUT: Layout = Layout {
    prefix: "bert.",
    names: &[
        ("embeddings.word_embeddings", "embeddings.word"),
        ("embeddings.position_embeddings", "embeddings.position"),
        ("embeddings.token_type_embeddings", "embeddings.token_type"),
        ("embeddings.LayerNorm", "embeddings.norm"),
        ("encoder.layer.#.attention.self.query", "layers.#.attention.query"),
        ("encoder.layer.#.attention.self.key", "layers.#.attention.key"),
        ("encoder.layer.#.attention.self.value", "layers.#.attention.value"),
        ("encoder.layer.#.attention.output.dense", "layers.#.attention.output"),
        ("encoder.layer.#.attention.output.LayerNorm", "layers.#.attention.norm"),
        ("encoder.layer.#.intermediate.dense", "layers.#.feed_forward.input"),
        ("encoder.layer.#.output.dense", "layers.#.feed_forward.output"),
        ("encoder.layer.#.output.LayerNorm", "layers.#.feed_forward.norm"),
        ("pooler.dense", "pooler"),
    ],
    optional: &["pooler."],
    ignored: &["embeddings.position_ids", "cls.", "classifier.", "qa_outputs."],
};
