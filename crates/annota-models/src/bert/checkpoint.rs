use crate::checkpoint::Layout;

/// Where `BertModel.state_dict()` keeps the encoder's tensors. `#` stands for a number.
pub const LAYOUT: Layout = Layout {
    prefix: "bert.",
    names: &[
        ("embeddings.word_embeddings", "embeddings.word"),
        ("embeddings.position_embeddings", "embeddings.position"),
        ("embeddings.token_type_embeddings", "embeddings.token_type"),
        ("embeddings.LayerNorm", "embeddings.norm"),
        ("encoder.layer.#.attention.self.query", "groups.#.layers.0.attention.query"),
        ("encoder.layer.#.attention.self.key", "groups.#.layers.0.attention.key"),
        ("encoder.layer.#.attention.self.value", "groups.#.layers.0.attention.value"),
        ("encoder.layer.#.attention.output.dense", "groups.#.layers.0.attention.output"),
        ("encoder.layer.#.attention.output.LayerNorm", "groups.#.layers.0.attention.norm"),
        ("encoder.layer.#.intermediate.dense", "groups.#.layers.0.feed_forward.input"),
        ("encoder.layer.#.output.dense", "groups.#.layers.0.feed_forward.output"),
        ("encoder.layer.#.output.LayerNorm", "groups.#.layers.0.feed_forward.norm"),
        ("pooler.dense", "pooler"),
    ],
    optional: &["pooler."],
    ignored: &["embeddings.position_ids", "cls.", "classifier.", "qa_outputs."],
};
