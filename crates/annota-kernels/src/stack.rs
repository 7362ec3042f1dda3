use std::sync::Arc;

use rayon::prelude::*;

use crate::embed::Tables;
use crate::finish::Then;
use crate::isa::Work;
use crate::layer::{Buffers, Layer};
use crate::linear::PackedLinear;
use crate::norm::Norm;
use crate::plan::{GROUP_ROWS, Plan};
use crate::rows::Rows;
use crate::simd::Simd;
use crate::words::Matrix;

/// Rows of a sequence from which they are multiplied in pairs: of a few alone, most of the time goes into reading the
/// weights, of which pairs need more.
const PAIRS_FROM: usize = 32;

/// The layers of an encoder in the order in which they are run; `e` is the embedding size, `h` the hidden size.
pub struct Stack {
    projection: Option<PackedLinear>,
    layers: Vec<Arc<Layer>>,
}

impl Stack {
    /// `projection`: `e` → `h`, where embeddings are of another size than hidden states. A layer whose weights are shared
    /// is the same `Arc` at every place.
    ///
    /// # Panics
    /// If there is no layer, or sizes, precisions or instruction sets differ.
    pub fn new(projection: Option<PackedLinear>, layers: Vec<Arc<Layer>>) -> Stack {
        assert!(!layers.is_empty(), "a stack has a layer");
        let first = &layers[0];
        assert!(layers.iter().all(|layer| layer.fits(first)), "layers of different kinds");
        if let Some(projection) = &projection {
            assert_eq!(projection.output(), first.hidden(), "output of the projection");
            assert_eq!((projection.isa(), projection.precision), (first.isa(), first.precision()), "projection");
        }
        Stack { projection, layers }
    }

    /// `h`
    pub fn hidden(&self) -> usize {
        self.layers[0].hidden()
    }

    /// `e`
    pub fn embedding(&self) -> usize {
        self.projection.as_ref().map_or(self.hidden(), PackedLinear::input)
    }

    /// Floating-point operations of [`Stack::forward`] in products of matrices, for sequences of these lengths, counted as
    /// if all were multiplied plainly.
    pub fn flops(&self, lengths: &[usize]) -> f64 {
        lengths.iter().map(|&length| self.cost(length)).sum()
    }

    fn cost(&self, length: usize) -> f64 {
        let projection = self.projection.as_ref().map_or(0.0, |p| 2.0 * (length * p.input() * p.output()) as f64);
        projection + self.layers.iter().map(|layer| layer.flops(length)).sum::<f64>()
    }

    /// Piece ids of each sequence → `out [sum of lengths, h]`, sequences one after another, by the threads of the current
    /// rayon pool. What comes out for a sequence does not depend on the others, nor on the number of threads.
    ///
    /// # Panics
    /// If `out` is of another length, sizes of the tables differ from the stack's, or an id or a position has no row.
    pub fn forward(&self, tables: &Tables<'_>, sequences: &[&[u32]], out: &mut [f32]) {
        tables.check();
        assert_eq!(tables.size, self.embedding(), "embedding size");
        assert_eq!(
            out.len(),
            sequences.iter().map(|ids| ids.len()).sum::<usize>() * self.hidden(),
            "length of the output"
        );
        let mut rest = out;
        let texts = sequences.iter().map(|&ids| {
            let (out, after) = std::mem::take(&mut rest).split_at_mut(ids.len() * self.hidden());
            rest = after;
            Text { ids, out }
        });
        let (long, short) = texts.partition(|text| self.layers[0].pairs() && text.ids.len() >= PAIRS_FROM);
        let kinds = [(short, false), (long, true)];
        self.layers[0].isa().dispatch(Forward { stack: self, tables, kinds });
    }

    fn texts<S: Simd>(&self, s: S, input: &Input<'_>, texts: &mut [Text<'_>], pairs: bool) {
        let lengths: Vec<usize> = texts.iter().map(|text| text.ids.len()).collect();
        let plan = Plan::new(&lengths, rayon::current_num_threads(), group_rows(pairs), |length| self.cost(length));
        let mut rest = texts;
        let groups = plan.groups.iter().map(|group| {
            let (group, after) = std::mem::take(&mut rest).split_at_mut(group.len());
            rest = after;
            group
        });
        let run = |group: &mut [Text<'_>]| self.group(s, input, group, pairs, plan.team);
        if plan.team {
            groups.for_each(run);
        } else {
            groups.collect::<Vec<_>>().into_par_iter().with_max_len(1).for_each(run);
        }
    }

    fn group<S: Simd>(&self, s: S, input: &Input<'_>, texts: &mut [Text<'_>], pairs: bool, team: bool) {
        let rows = Rows::new(texts.iter().map(|text| text.ids.len()), pairs);
        let block = if team && !pairs { rows.count } else { group_rows(pairs) };
        let mut buffers = Buffers::new::<S>(&self.layers[0], self.embedding(), &rows, block);
        match &self.projection {
            None => input.embed(s, texts, &rows, &mut buffers.x),
            Some(projection) => {
                let blocks = projection.input().div_ceil(S::LANES);
                let mut embedded = Matrix::new(rows.count, blocks, S::LANES);
                input.embed(s, texts, &rows, &mut embedded);
                let operand = buffers.converted.convert(s, projection, embedded.from(0), rows.count, team);
                projection.run(s, operand, Then::Keep, &mut buffers.x, 0, team);
            }
        }
        for layer in &self.layers {
            layer.forward(s, &mut buffers, &rows, team);
        }
        for (text, span) in texts.iter_mut().zip(&rows.spans) {
            buffers.x.write(span.first, text.out, self.hidden());
        }
    }
}

/// Rows that a thread takes at once.
fn group_rows(pairs: bool) -> usize {
    if pairs { 2 * GROUP_ROWS } else { GROUP_ROWS }
}

/// A sequence and where its states go.
struct Text<'a> {
    ids: &'a [u32],
    out: &'a mut [f32],
}

struct Input<'a> {
    tables: &'a Tables<'a>,
    norm: Norm,
}

impl Input<'_> {
    fn embed<S: Simd>(&self, s: S, texts: &[Text<'_>], rows: &Rows, out: &mut Matrix) {
        for (text, span) in texts.iter().zip(&rows.spans) {
            self.tables.embed(s, &self.norm, text.ids, out, span.first);
        }
    }
}

struct Forward<'a> {
    stack: &'a Stack,
    tables: &'a Tables<'a>,
    /// Texts, and whether their rows are pairs.
    kinds: [(Vec<Text<'a>>, bool); 2],
}

impl Work for Forward<'_> {
    type Output = ();

    fn run<S: Simd>(self, s: S) {
        let Forward { stack, tables, kinds } = self;
        let input = Input { tables, norm: Norm::pack(&tables.norm) };
        for (mut texts, pairs) in kinds {
            stack.texts(s, &input, &mut texts, pairs);
        }
    }
}
