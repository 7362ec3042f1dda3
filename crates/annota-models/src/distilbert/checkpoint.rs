use crate::checkpoint::Layout;

/// Where `DistilBertModel.state_dict()` keeps the encoder's tensors. `#` stands for a number.
pub const LAYOUT: Layout = Layout {
    prefix: "distilbert.",
    names: &[
        ("embeddings.word_embeddings", "embeddings.word"),
        ("embeddings.position_embeddings", "embeddings.position"),
        ("embeddings.LayerNorm", "embeddings.norm"),
        ("transformer.layer.#.attention.q_lin", "groups.#.layers.0.attention.query"),
        ("transformer.layer.#.attention.k_lin", "groups.#.layers.0.attention.key"),
        ("transformer.layer.#.attention.v_lin", "groups.#.layers.0.attention.value"),
        ("transformer.layer.#.attention.out_lin", "groups.#.layers.0.attention.output"),
        ("transformer.layer.#.sa_layer_norm", "groups.#.layers.0.attention.norm"),
        ("transformer.layer.#.ffn.lin1", "groups.#.layers.0.feed_forward.input"),
        ("transformer.layer.#.ffn.lin2", "groups.#.layers.0.feed_forward.output"),
        ("transformer.layer.#.output_layer_norm", "groups.#.layers.0.feed_forward.norm"),
    ],
    optional: &["pooler."],
    ignored: &[
        "embeddings.position_ids",
        "vocab_transform.",
        "vocab_layer_norm.",
        "vocab_projector.",
        "pre_classifier.",
        "classifier.",
        "qa_outputs.",
    ],
};
