//! Vectors of long texts against the definition, computed window by window.

use std::ops::Range;

use annota_models::engine::{Engine, EngineSettings, Sequence};
use annota_models::pieces::{Pieces, SpecialPieces, token_pieces};
use annota_models::{
    DeviceSpec, Long, Model, Pooling, Precision, Readout, Target, TextSettings, TokenSettings, TokenizedText, family,
    store,
};

/// The same sequences in other batches: kernels for small matrices sum in another order.
const TOLERANCE: f32 = 2e-5;

const WORDS: [&str; 12] =
    ["the", "lighthouse", "keeper", "counted", "ships", "that", "passed", "in", "an", "unusually", "foggy", "night"];

/// The bundled model, and an engine over the same weights that takes sequences as they are.
struct Bundled {
    model: Model,
    engine: Engine,
}

/// The states of every position of a window, special pieces included, and which pieces it covers.
struct Seen {
    pieces: Range<usize>,
    states: Vec<Vec<f32>>,
}

impl Bundled {
    fn open() -> Self {
        let files = store::resolve(store::BUNDLED).expect("the bundled model");
        let (config, weights) = (files.config().expect("config.json"), files.weights().expect("weights"));
        let family = family::of_config("bundled", &config).expect("a family");
        let target = Target::open(DeviceSpec::Cpu, Precision::F32).expect("the CPU");
        let load = move || Ok((family.open)("bundled", &config, &weights, &target)?.0);
        let engine = Engine::start("tested", load).expect("an engine");
        Bundled { model: Model::open(&files, DeviceSpec::Cpu, Precision::F32).expect("the model"), engine }
    }

    fn pieces(&self, text: &str) -> Pieces {
        self.model.pieces().encode(text, SpecialPieces::Text).expect("pieces")
    }

    /// Windows as the README defines them: neighbours share at least a quarter, and the last ends with the text.
    fn windows(&self, ids: &[u32]) -> Vec<Seen> {
        let size = self.model.max_pieces();
        let last = ids.len().saturating_sub(size);
        let mut starts: Vec<usize> = (0..last).step_by(size - size / 4).collect();
        starts.push(last);
        let window = |start: usize| {
            let pieces = start..(start + size).min(ids.len());
            let ids = self.model.pieces().with_special(&ids[pieces.clone()]);
            let readout = Readout::Rows((0..ids.len() as u32).collect());
            let rows = self.engine.run(vec![Sequence { ids, readout }], EngineSettings::default()).expect("states");
            let states = rows[0].chunks_exact(self.model.dimension()).map(<[f32]>::to_vec).collect();
            Seen { pieces, states }
        };
        starts.into_iter().map(window).collect()
    }
}

impl Seen {
    /// How far a piece is from the nearer end beyond which the window does not see the text.
    fn centrality(&self, piece: usize, count: usize) -> usize {
        let left = if self.pieces.start == 0 { usize::MAX } else { piece - self.pieces.start };
        let right = if self.pieces.end == count { usize::MAX } else { self.pieces.end - 1 - piece };
        left.min(right)
    }

    /// Position 0 is `[CLS]`.
    fn state(&self, piece: usize) -> &[f32] {
        &self.states[piece - self.pieces.start + 1]
    }
}

/// The states of a piece in the windows where it stands most central: between two windows it is a matter of one.
fn candidates(windows: &[Seen], piece: usize, count: usize) -> Vec<&[f32]> {
    let seen = windows.iter().filter(|window| window.pieces.contains(&piece));
    let ranked: Vec<_> = seen.map(|window| (window.centrality(piece, count), window.state(piece))).collect();
    let best = ranked.iter().map(|(rank, _)| *rank).max().expect("a window");
    ranked.into_iter().filter(|(rank, _)| best - rank <= 1).map(|(_, state)| state).collect()
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Text whose windows differ in what they see.
fn long_text(words: usize) -> String {
    let word = |index: usize| WORDS[(index * index + index / 7) % WORDS.len()];
    (0..words).map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn tokens_take_their_states_from_the_window_where_they_are_most_central() {
    let bundled = Bundled::open();
    for count in [300, 700, 1500] {
        let text = long_text(count);
        let pieces = bundled.pieces(&text);
        let windows = bundled.windows(&pieces.ids);
        let start = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
        let tokens: Vec<_> = text.split(' ').map(|word| start(word)..start(word) + word.len()).collect();
        let asked = TokenizedText { text: &text, tokens: tokens.clone() };
        let found = bundled.model.embed_tokens(&[asked], TokenSettings::default()).expect("vectors");
        let of_tokens = token_pieces(&pieces, &tokens, |id| bundled.model.pieces().is_lone_mark(id));
        for (index, of_token) in of_tokens.iter().enumerate() {
            let vector = found.vectors.get(index).expect("a vector");
            let candidates = candidates(&windows, of_token[0], pieces.ids.len());
            let least = candidates.into_iter().map(|state| difference(vector, state)).fold(f32::MAX, f32::min);
            assert!(least < TOLERANCE, "{count} words, token {index}: {least}");
        }
    }
}

#[test]
fn the_mean_of_a_long_text_counts_every_piece_once() {
    let bundled = Bundled::open();
    let text = long_text(900);
    let pieces = bundled.pieces(&text);
    let windows = bundled.windows(&pieces.ids);
    let (first, last) = (&windows[0].states[0], windows[windows.len() - 1].states.last().expect("[SEP]"));
    let count = pieces.ids.len();
    let mut sum: Vec<f64> = first.iter().zip(last).map(|(cls, sep)| f64::from(cls + sep)).collect();
    for piece in 0..count {
        let candidates = candidates(&windows, piece, count);
        // Where two windows are equally central, the border between them decides; their mean is as near as can be said.
        for (dimension, sum) in sum.iter_mut().enumerate() {
            let states = candidates.iter().map(|state| f64::from(state[dimension]));
            *sum += states.sum::<f64>() / candidates.len() as f64;
        }
    }
    let mean: Vec<f32> = sum.iter().map(|sum| (sum / (count + 2) as f64) as f32).collect();
    let settings = TextSettings { pooling: Some(Pooling::Mean), ..TextSettings::default() };
    let found = bundled.model.embed_texts(&[&text], settings).expect("a vector");
    // At most two pieces of each of the borders have two candidates, and states differ by less than 10.
    let borders = (windows.len() - 1) as f32;
    let tolerance = TOLERANCE + 2.0 * borders * 10.0 / count as f32;
    let difference = difference(found.get(0).expect("one"), &mean);
    assert!(difference < tolerance, "{difference} of {tolerance}");
    // What a window's own border decides is a small part of it: without the rule every piece of an overlap is off.
    assert!(difference < 5e-3, "{difference}");
}

#[test]
fn a_truncated_text_is_its_first_window() {
    let bundled = Bundled::open();
    let text = long_text(900);
    let pieces = bundled.pieces(&text);
    let window = &bundled.windows(&pieces.ids)[0];
    let mut mean = vec![0.0_f32; bundled.model.dimension()];
    for state in &window.states {
        mean.iter_mut().zip(state).for_each(|(sum, value)| *sum += value / window.states.len() as f32);
    }
    let settings = TextSettings { pooling: Some(Pooling::Mean), long: Long::Truncate, ..TextSettings::default() };
    let found = bundled.model.embed_texts(&[&text], settings).expect("a vector");
    let difference = difference(found.get(0).expect("one"), &mean);
    assert!(difference < TOLERANCE, "{difference}");
}
