use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm};
use burn::tensor::{Device, Int, Tensor};

use super::layer_norm;

/// Word, position and, where there are any, token-type embeddings, summed and normalised. All tokens are of type 0.
#[derive(Module, Debug)]
pub struct Embeddings {
    word: Embedding,
    position: Embedding,
    token_type: Option<Embedding>,
    norm: LayerNorm,
}

impl Embeddings {
    pub fn new([vocabulary, positions, types]: [usize; 3], size: usize, epsilon: f64, device: &Device) -> Self {
        let table = |rows| EmbeddingConfig::new(rows, size).init(device);
        Embeddings {
            word: table(vocabulary),
            position: table(positions),
            token_type: (types > 0).then(|| table(types)),
            norm: layer_norm(size, epsilon, device),
        }
    }

    /// The tables of words, `[v, e]`, and of positions, `[p, e]`.
    pub fn tables(&self) -> [Tensor<2>; 2] {
        [self.word.weight.val(), self.position.weight.val()]
    }

    /// What type 0 adds, `[1, e]`; zeros without types.
    pub fn first_type(&self) -> Tensor<2> {
        match &self.token_type {
            Some(types) => types.weight.val().narrow(0, 0, 1),
            None => Tensor::zeros([1, self.position.weight.dims()[1]], &self.device()),
        }
    }

    pub fn norm(&self) -> &LayerNorm {
        &self.norm
    }

    pub fn device(&self) -> Device {
        self.word.weight.device()
    }

    /// `ids [b, s]` → `[b, s, e]`. Ids must lie in the vocabulary and `s` within the positions.
    pub fn forward(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        let ([_, s], device) = (ids.dims(), ids.device());
        let positions = Tensor::<1, Int>::arange(0..s as i64, &device).unsqueeze::<2>();
        let mut sum = self.word.forward(ids) + self.position.forward(positions);
        if let Some(token_type) = &self.token_type {
            sum = sum + token_type.forward(Tensor::<2, Int>::zeros([1, 1], &device));
        }
        self.norm.forward(sum)
    }
}
