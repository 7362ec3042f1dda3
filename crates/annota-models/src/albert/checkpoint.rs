use crate::checkpoint::Layout;

/// Where `AlbertModel.state_dict()` keeps the encoder's tensors. `#` stands for a number.
pub const LAYOUT: Layout = Layout {
    prefix: "albert.",
    names: &[
        ("embeddings.word_embeddings", "embeddings.word"),
        ("embeddings.position_embeddings", "embeddings.position"),
        ("embeddings.token_type_embeddings", "embeddings.token_type"),
        ("embeddings.LayerNorm", "embeddings.norm"),
        ("encoder.embedding_hidden_mapping_in", "projection"),
        ("encoder.albert_layer_groups.#.albert_layers.#.attention.query", "groups.#.layers.#.attention.query"),
        ("encoder.albert_layer_groups.#.albert_layers.#.attention.key", "groups.#.layers.#.attention.key"),
        ("encoder.albert_layer_groups.#.albert_layers.#.attention.value", "groups.#.layers.#.attention.value"),
        ("encoder.albert_layer_groups.#.albert_layers.#.attention.dense", "groups.#.layers.#.attention.output"),
        ("encoder.albert_layer_groups.#.albert_layers.#.attention.LayerNorm", "groups.#.layers.#.attention.norm"),
        ("encoder.albert_layer_groups.#.albert_layers.#.ffn", "groups.#.layers.#.feed_forward.input"),
        ("encoder.albert_layer_groups.#.albert_layers.#.ffn_output", "groups.#.layers.#.feed_forward.output"),
        ("encoder.albert_layer_groups.#.albert_layers.#.full_layer_layer_norm", "groups.#.layers.#.feed_forward.norm"),
        ("pooler", "pooler"),
    ],
    optional: &["pooler."],
    ignored: &["embeddings.position_ids", "predictions.", "sop_classifier.", "classifier.", "qa_outputs."],
};
