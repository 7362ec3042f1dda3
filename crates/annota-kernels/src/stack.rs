use std::sync::Arc;

use rayon::prelude::*;

use crate::attention::Span;
use crate::embed::Tables;
use crate::finish::Then;
use crate::isa::Work;
use crate::layer::{Buffers, Layer};
use crate::linear::PackedLinear;
use crate::norm::Norm;
use crate::plan::Plan;
use crate::simd::Simd;
use crate::words::Matrix;

/// Rows of the feed-forward network: what they become within it should stay in the second cache.
const FEED_ROWS: usize = 96;

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

    /// Floating-point operations of [`Stack::forward`] in products of matrices, for sequences of these lengths.
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
        let lengths: Vec<usize> = sequences.iter().map(|ids| ids.len()).collect();
        let plan = Plan::new(&lengths, rayon::current_num_threads(), |length| self.cost(length));
        self.layers[0].isa().dispatch(Forward { stack: self, tables, sequences, plan, out });
    }

    fn group<S: Simd>(&self, s: S, input: &Input<'_>, sequences: &[&[u32]], out: &mut [f32], team: bool) {
        let spans = spans(sequences);
        let rows = spans.iter().map(|span| span.length).sum();
        let block = if team { rows } else { FEED_ROWS };
        let mut buffers = Buffers::new::<S>(&self.layers[0], rows, block);
        match &self.projection {
            None => input.embed(s, sequences, &spans, &mut buffers.x),
            Some(projection) => {
                let blocks = projection.input().div_ceil(S::LANES);
                let mut embedded = Matrix::new(rows, blocks, S::LANES);
                input.embed(s, sequences, &spans, &mut embedded);
                let operand = buffers.converted.convert(s, projection, embedded.from(0), rows);
                projection.run(s, operand, Then::Keep, &mut buffers.x, 0, team);
            }
        }
        for layer in &self.layers {
            layer.forward(s, &mut buffers, &spans, team);
        }
        buffers.x.write(out, self.hidden());
    }
}

fn spans(sequences: &[&[u32]]) -> Vec<Span> {
    let mut first = 0;
    let span = |ids: &&[u32]| {
        let span = Span { first, length: ids.len() };
        first += ids.len();
        span
    };
    sequences.iter().map(span).collect()
}

struct Input<'a> {
    tables: &'a Tables<'a>,
    norm: Norm,
}

impl Input<'_> {
    fn embed<S: Simd>(&self, s: S, sequences: &[&[u32]], spans: &[Span], out: &mut Matrix) {
        for (ids, span) in sequences.iter().zip(spans) {
            self.tables.embed(s, &self.norm, ids, out, span.first);
        }
    }
}

struct Forward<'a> {
    stack: &'a Stack,
    tables: &'a Tables<'a>,
    sequences: &'a [&'a [u32]],
    plan: Plan,
    out: &'a mut [f32],
}

impl Work for Forward<'_> {
    type Output = ();

    fn run<S: Simd>(self, s: S) {
        let Forward { stack, tables, sequences, plan, mut out } = self;
        let input = Input { tables, norm: Norm::pack(&tables.norm) };
        let mut groups = Vec::with_capacity(plan.groups.len());
        for group in plan.groups {
            let group = &sequences[group];
            let rows: usize = group.iter().map(|ids| ids.len()).sum();
            let (part, rest) = std::mem::take(&mut out).split_at_mut(rows * stack.hidden());
            out = rest;
            groups.push((group, part));
        }
        let run = |(group, part): (&[&[u32]], &mut [f32])| stack.group(s, &input, group, part, plan.team);
        if plan.team {
            groups.into_iter().for_each(run);
        } else {
            groups.into_par_iter().with_max_len(1).for_each(run);
        }
    }
}
