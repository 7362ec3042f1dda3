/// The functions of one family of models, each as the one of every family but for its name: `DEFINITIONS` and a
/// definition each. They refuse models of other families.
#[macro_export]
macro_rules! family_definitions {
    ($family:ident) => {
        use $crate::Definition;
        use $crate::annotators::model;

        pub static EMBEDDINGS: Definition = Definition {
            name: concat!(stringify!($family), "_embeddings"),
            family: Some(stringify!($family)),
            aliases: &[],
            example: concat!(
                stringify!($family),
                "_embeddings(sentences(document(text)), tokens(sentences(document(text))))"
            ),
            ..model::WORDS
        };
        pub static EMBED: Definition = Definition {
            name: concat!(stringify!($family), "_embed"),
            family: Some(stringify!($family)),
            example: concat!(stringify!($family), "_embed(text, pooling => 'mean')"),
            ..model::TEXTS
        };
        pub static EMBED_SENTENCES: Definition = Definition {
            name: concat!(stringify!($family), "_embed_sentences"),
            family: Some(stringify!($family)),
            example: concat!("unnest(", stringify!($family), "_embed_sentences(text))"),
            ..model::SENTENCES
        };
        pub static EMBED_TOKENS: Definition = Definition {
            name: concat!(stringify!($family), "_embed_tokens"),
            family: Some(stringify!($family)),
            example: concat!("unnest(", stringify!($family), "_embed_tokens(text))"),
            ..model::TOKENS
        };
        pub static PIECES: Definition = Definition {
            name: concat!(stringify!($family), "_pieces"),
            family: Some(stringify!($family)),
            example: concat!("unnest(", stringify!($family), "_pieces(text))"),
            ..model::PIECES
        };
        pub static DEFINITIONS: &[&Definition] = &[&EMBEDDINGS, &EMBED, &EMBED_SENTENCES, &EMBED_TOKENS, &PIECES];
    };
}
