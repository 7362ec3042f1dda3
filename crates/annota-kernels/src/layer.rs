use crate::attention::Heads;
use crate::finish::Then;
use crate::linear::{self, Form, LinearWeights, PackedLinear};
use crate::norm::{Norm, NormWeights};
use crate::operand::Converted;
use crate::rows::Rows;
use crate::sides::Sides;
use crate::simd::Simd;
use crate::words::Matrix;
use crate::{Activation, Isa, Packing, Precision};

/// An encoder layer: self-attention and a feed-forward network, each with residual and layer norm after it. `h` is the
/// hidden size, `i` the intermediate.
#[derive(Debug, Clone, Copy)]
pub struct LayerWeights<'a> {
    /// The layer norm that the rows come out of, where there is one: it makes bytes more exact.
    pub before: Option<NormWeights<'a>>,
    /// `h` → `h`, as are the next three.
    pub query: LinearWeights<'a>,
    pub key: LinearWeights<'a>,
    pub value: LinearWeights<'a>,
    pub output: LinearWeights<'a>,
    pub attention_norm: NormWeights<'a>,
    /// `h` → `i`
    pub feed_in: LinearWeights<'a>,
    /// `i` → `h`
    pub feed_out: LinearWeights<'a>,
    pub feed_norm: NormWeights<'a>,
}

/// An encoder layer with its weights packed.
pub struct Layer {
    heads: Heads,
    activation: Activation,
    /// Query, key and value of all heads as one.
    merged: PackedLinear,
    output: PackedLinear,
    attention_norm: Norm,
    feed_in: PackedLinear,
    feed_out: PackedLinear,
    feed_norm: Norm,
}

impl Layer {
    /// # Panics
    /// If sizes contradict one another, `heads` does not divide the hidden size, or the processor lacks the instruction set.
    pub fn pack(weights: &LayerWeights<'_>, heads: usize, activation: Activation, packing: Packing) -> Layer {
        let hidden = weights.check();
        assert!(heads > 0 && hidden.is_multiple_of(heads), "{heads} heads of {hidden} columns");
        let heads = Heads { count: heads, size: hidden / heads };
        // Columns of a head are padded to whole vectors: (part, head, column) of a padded column, if it is one.
        let padded = heads.blocks(packing.isa.lanes()) * packing.isa.lanes();
        let real =
            move |n: usize| (n % padded < heads.size).then(|| n / padded % heads.count * heads.size + n % padded);
        let parts = [&weights.query, &weights.key, &weights.value];
        let part = |n: usize| parts[n / (padded * heads.count)];
        let inner = padded * heads.count;
        let before = weights.before.filter(|_| packing.precision == Precision::Int8);
        let even = before.map(|norm| linear::even(&norm, &beside(parts)));
        let merged = PackedLinear::from_fn(
            [hidden, 3 * inner],
            packing,
            even,
            |k, n| real(n).map_or(0.0, |column| part(n).weight[k * hidden + column]),
            |n| real(n).map_or(0.0, |column| part(n).bias[column]),
        );
        let output = PackedLinear::from_fn(
            [inner, hidden],
            packing,
            None,
            |k, n| real(k).map_or(0.0, |row| weights.output.weight[row * hidden + n]),
            |n| weights.output.bias[n],
        );
        Layer {
            heads,
            activation,
            merged,
            output,
            attention_norm: Norm::pack(&weights.attention_norm),
            feed_in: PackedLinear::pack_behind(&weights.attention_norm, &weights.feed_in, packing),
            feed_out: PackedLinear::pack(&weights.feed_out, packing),
            feed_norm: Norm::pack(&weights.feed_norm),
        }
    }

    /// `h`
    pub fn hidden(&self) -> usize {
        self.merged.input()
    }

    pub fn precision(&self) -> Precision {
        self.merged.precision
    }

    pub fn isa(&self) -> Isa {
        self.merged.isa()
    }

    /// Floating-point operations for sequences of these lengths.
    pub(crate) fn flops(&self, length: usize) -> f64 {
        let (h, i, n) = (self.hidden() as f64, self.feed_in.output() as f64, length as f64);
        n * (8.0 * h * h + 4.0 * h * i) + 4.0 * n * n * h
    }

    /// Whether `self` and `other` can be layers of one stack.
    pub(crate) fn fits(&self, other: &Layer) -> bool {
        let sizes = |l: &Layer| [l.hidden(), l.heads.count, l.feed_in.output()];
        sizes(self) == sizes(other)
            && self.pairs() == other.pairs()
            && self.isa() == other.isa()
            && self.precision() == other.precision()
    }

    /// Whether it multiplies pairs of rows faster.
    pub(crate) fn pairs(&self) -> bool {
        [&self.merged, &self.output, &self.feed_in, &self.feed_out].iter().any(|linear| linear.form == Form::Quarters)
    }

    pub(crate) fn forward<S: Simd>(&self, s: S, buffers: &mut Buffers, rows: &Rows, team: bool) {
        let Buffers { x, qkv, context, middle, inner, converted, block } = buffers;
        let operand = converted.convert(s, &self.merged, x.from(0), rows.count, team);
        self.merged.run(s, operand, Then::Keep, qkv, 0, team);
        self.heads.attend(s, &rows.spans, qkv, context, team);
        for block in rows.blocks(*block) {
            let (first, rows) = (block.start, block.len());
            let operand = converted.convert(s, &self.output, context.from(first), rows, team);
            self.output.run(s, operand, Then::Add(x.from(first)), middle, 0, team);
            self.attention_norm.run(s, middle, 0, rows);
            let operand = converted.convert(s, &self.feed_in, middle.from(0), rows, team);
            self.feed_in.run(s, operand, Then::Activate(self.activation), inner, 0, team);
            let operand = converted.convert(s, &self.feed_out, inner.from(0), rows, team);
            self.feed_out.run(s, operand, Then::Add(middle.from(0)), x, first, team);
            self.feed_norm.run(s, x, first, rows);
        }
    }
}

/// Weights `[input, output]` of several layers as one of all their outputs.
fn beside(parts: [&LinearWeights<'_>; 3]) -> Vec<f32> {
    let rows = (0..parts[0].input).flat_map(|k| parts.map(|part| &part.weight[k * part.output..(k + 1) * part.output]));
    rows.flatten().copied().collect()
}

impl LayerWeights<'_> {
    /// The hidden size, if all sizes fit it.
    fn check(&self) -> usize {
        let hidden = self.query.input;
        for square in [&self.query, &self.key, &self.value, &self.output] {
            square.check();
            assert_eq!([square.input, square.output], [hidden; 2], "sizes of a linear layer of the attention");
        }
        assert_eq!([self.feed_in.input, self.feed_out.output], [hidden; 2], "sizes of the feed-forward network");
        assert_eq!(self.feed_in.output, self.feed_out.input, "intermediate size");
        assert_eq!([self.attention_norm.scale.len(), self.feed_norm.scale.len()], [hidden; 2], "sizes of the norms");
        hidden
    }
}

/// What a group of sequences needs on its way through all layers.
pub(crate) struct Buffers {
    /// The hidden states.
    pub x: Matrix,
    qkv: Matrix,
    context: Matrix,
    /// Between attention and feed-forward network, of a block of rows.
    middle: Matrix,
    /// Within the feed-forward network, of a block of rows.
    inner: Matrix,
    pub converted: Converted,
    /// Rows of a block.
    block: usize,
}

impl Buffers {
    /// For `rows`, of which the feed-forward network takes about `block` at a time, out of an embedding of `embedding`
    /// columns.
    pub(crate) fn new<S: Simd>(layer: &Layer, embedding: usize, rows: &Rows, block: usize) -> Self {
        let blocks = |columns: usize| columns.div_ceil(S::LANES);
        let (hidden, inner) = (blocks(layer.hidden()), blocks(layer.feed_in.output()));
        let context = blocks(layer.output.input());
        let most = rows.blocks(block).map(|block| block.len()).max().unwrap_or(0);
        let whole = hidden.max(blocks(embedding));
        let sides = rows.pairs().then(|| Sides::new::<S>(&[[rows.count, whole], [most, context], [most, inner]]));
        let (rows, widest) = (rows.count, whole.max(context).max(inner));
        Buffers {
            x: Matrix::new(rows, hidden, S::LANES),
            qkv: Matrix::new(rows, 3 * context, S::LANES),
            context: Matrix::new(rows, context, S::LANES),
            middle: Matrix::new(most, hidden, S::LANES),
            inner: Matrix::new(most, inner, S::LANES),
            converted: Converted::new::<S>(&layer.merged, rows, widest, sides),
            block,
        }
    }
}
