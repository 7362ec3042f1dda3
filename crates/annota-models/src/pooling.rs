/// How the hidden states of a text become one vector. Special pieces count, as in Hugging Face's mean pooling;
/// of a text in several windows every piece counts once, with the first `[CLS]` and the last `[SEP]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pooling {
    #[default]
    Mean,
    /// The state of `[CLS]`.
    Cls,
    Max,
    Sum,
    /// `[CLS]` through the model's own pooler, `tanh(W·x + b)`.
    Pooler,
}
