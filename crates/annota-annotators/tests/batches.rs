//! A column is annotated as its rows are, one by one.

use std::ops::Range;
use std::sync::Arc;

use annota_annotators::annotators::{
    DOCUMENT_ASSEMBLER, NORMALIZER, REGEX_TOKENIZER, SENTENCE_DETECTOR, STOP_WORDS_CLEANER, TOKEN_ASSEMBLER, TOKENIZER,
};
use annota_annotators::{
    Annotations, ChunkSize, Context, Definition, EmbedError, Embedder, Hints, Inputs, ModelCall, Piece, SettingValue,
    Settings, TextMaking, TokenMaking, TokenVector, TokenizedText,
};
use arrow::array::{Array, ArrayRef, StringArray};
use proptest::prelude::*;

/// Text annotators ask for no vectors.
#[derive(Debug)]
struct NoModel;

impl Embedder for NoModel {
    fn embed_texts(
        &self,
        call: &ModelCall<'_>,
        _: TextMaking,
        _: &[&str],
        _: &mut dyn FnMut(&[f32]),
    ) -> Result<(), EmbedError> {
        panic!("asked for {}", call.model)
    }

    fn embed_tokens(
        &self,
        call: &ModelCall<'_>,
        _: TokenMaking,
        _: &[TokenizedText<'_>],
        _: &mut dyn FnMut(Option<TokenVector<'_>>),
    ) -> Result<(), EmbedError> {
        panic!("asked for {}", call.model)
    }

    fn pieces(&self, call: &ModelCall<'_>, _: &str, _: &mut dyn FnMut(Piece<'_>)) -> Result<(), EmbedError> {
        panic!("asked for {}", call.model)
    }

    fn chunks(
        &self,
        call: &ModelCall<'_>,
        _: &TokenizedText<'_>,
        _: &[Range<usize>],
        _: ChunkSize,
    ) -> Result<Vec<Range<usize>>, EmbedError> {
        panic!("asked for {}", call.model)
    }
}

fn run(definition: &Definition, inputs: &[&ArrayRef], profile: &str) -> ArrayRef {
    let mut settings = Settings::default();
    for (name, value) in [("profile", profile), ("offsets", "utf16")] {
        settings.set(name, SettingValue::Text(value.to_owned()));
    }
    let rows = inputs[0].len();
    let arrays: Vec<ArrayRef> = inputs.iter().map(|array| Arc::clone(array)).collect();
    let inputs = Inputs::read(definition, &arrays, rows).expect("inputs");
    let context = Context { embedder: &NoModel, family: None, hints: Hints { batch_tokens: Some(1), cache_bytes: 0 } };
    let annotator = (definition.build)(&settings).expect("an annotator");
    annotator.annotate(&inputs, &context).expect("a column")
}

/// All columns that text annotators make of texts.
fn columns(texts: &[Option<String>], profile: &str) -> Vec<ArrayRef> {
    let texts: ArrayRef = Arc::new(StringArray::from_iter(texts));
    let documents = run(&DOCUMENT_ASSEMBLER, &[&texts], profile);
    let sentences = run(&SENTENCE_DETECTOR, &[&documents], profile);
    let tokens = run(&TOKENIZER, &[&sentences], profile);
    let parts = run(&REGEX_TOKENIZER, &[&sentences], profile);
    let normalized = run(&NORMALIZER, &[&tokens], profile);
    let kept = run(&STOP_WORDS_CLEANER, &[&normalized], profile);
    let assembled = run(&TOKEN_ASSEMBLER, &[&sentences, &kept], profile);
    vec![documents, sentences, tokens, parts, normalized, kept, assembled]
}

fn texts() -> impl Strategy<Value = Vec<Option<String>>> {
    let text = prop_oneof![any::<String>(), "([a-cA-C .!?\"()\n]|é|😀|Dr\\. |the |\\. ){0,20}"];
    prop::collection::vec(prop::option::of(text), 1..6)
}

proptest! {
    #[test]
    fn a_batch_is_annotated_as_its_rows_are(texts in texts(), profile in prop_oneof!["annota", "spark_nlp"]) {
        let whole = columns(&texts, &profile);
        for (row, text) in texts.iter().enumerate() {
            for (batch, alone) in whole.iter().zip(columns(std::slice::from_ref(text), &profile)) {
                prop_assert_eq!(&batch.slice(row, 1), &alone);
            }
        }
    }

    #[test]
    fn results_are_what_stands_at_their_places(texts in texts(), profile in prop_oneof!["annota", "spark_nlp"]) {
        let whole = columns(&texts, &profile);
        for column in &whole[1..3] {
            let annotations = Annotations::read(column.as_ref()).expect("annotations");
            for (row, text) in texts.iter().enumerate() {
                let units: Vec<u16> = text.as_deref().unwrap_or_default().encode_utf16().collect();
                for found in annotations.row(row) {
                    let part = &units[found.begin as usize..=found.end as usize];
                    prop_assert_eq!(String::from_utf16_lossy(part), found.result);
                }
            }
        }
    }
}
