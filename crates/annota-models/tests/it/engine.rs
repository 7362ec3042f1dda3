//! What is computed when, with an encoder that waits to be told.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use annota_models::engine::{Engine, EngineSettings, Rows, Sequence, on_behalf_of};
use annota_models::{Batching, Encoder, ModelError, Readout, Shape, States, Work};
use burn::tensor::{Device, Tensor, TensorData};

/// Tells the lengths of each batch and computes it when it may: every state is the sequence's first id.
struct Told {
    batches: Sender<Vec<usize>>,
    go: Receiver<()>,
    batching: Batching,
    /// Of one batch; more do not fit the memory of the device that it plays.
    most_rows: usize,
}

impl Encoder for Told {
    fn shape(&self) -> Shape {
        Shape { hidden_size: 2, vocabulary_size: 10_000, max_positions: 512, has_pooler: false, work: Work::default() }
    }

    fn batching(&self) -> Batching {
        self.batching
    }

    fn forward(&self, sequences: &[&[u32]]) -> Result<States, String> {
        self.batches.send(sequences.iter().map(|ids| ids.len()).collect()).map_err(|error| error.to_string())?;
        self.go.recv().map_err(|error| error.to_string())?;
        if sequences.len() > self.most_rows {
            return Err("out of memory".to_owned());
        }
        let positions = sequences.iter().map(|ids| ids.len()).max().unwrap_or(0);
        let states = sequences.iter().flat_map(|ids| vec![ids[0] as f32; positions * 2]).collect();
        let states = TensorData::new(states, [sequences.len(), positions, 2]);
        Ok(States::Padded(Tensor::from_data(states, &Device::flex())))
    }

    fn pool(&self, _first: Tensor<2>) -> Option<Tensor<2>> {
        None
    }
}

struct Bench {
    engine: Arc<Engine>,
    batches: Receiver<Vec<usize>>,
    go: Sender<()>,
}

impl Bench {
    fn new() -> Self {
        Bench::of(Batching::Padded, usize::MAX)
    }

    fn of(batching: Batching, most_rows: usize) -> Self {
        let (tell, batches) = channel();
        let (go, wait) = channel();
        let parts = Mutex::new(Some((tell, wait)));
        let load = move || {
            let (batches, go) = parts.lock().expect("parts").take().expect("loaded once");
            let told: Box<dyn Encoder> = Box::new(Told { batches, go, batching, most_rows });
            Ok(told)
        };
        let engine = Engine::start("told", load).expect("an engine");
        Bench { engine: Arc::new(engine), batches, go }
    }

    /// Asks for sequences of these lengths, whose first ids are `first`, `first + 1`, ….
    fn ask(&self, first: u32, lengths: &[usize]) -> JoinHandle<Result<Vec<Rows>, ModelError>> {
        let sequence = |(index, &length): (usize, &usize)| Sequence {
            ids: vec![first + index as u32; length],
            readout: Readout::Rows(vec![0]),
        };
        let sequences = lengths.iter().enumerate().map(sequence).collect();
        let engine = self.engine.clone();
        let settings = EngineSettings { batch_tokens: Some(40), cache_bytes: 0 };
        std::thread::spawn(move || engine.run(sequences, settings))
    }

    fn next(&self) -> Vec<usize> {
        self.batches.recv().expect("a batch")
    }

    /// Waits until so many sequences have been asked for. The engine counts those it has taken in, which it does
    /// between batches.
    fn asked(&self) -> u64 {
        self.engine.counters().snapshot().sequences
    }
}

fn firsts(rows: Result<Vec<Rows>, ModelError>) -> Vec<f32> {
    rows.expect("rows").iter().map(|rows| rows[0]).collect()
}

#[test]
fn a_small_question_goes_before_the_rest_of_a_large_one() {
    let bench = Bench::new();
    let large = bench.ask(100, &[10; 40]);
    assert_eq!(bench.next(), [10; 4]);
    let small = bench.ask(900, &[3, 5]);
    // The engine is at work; what has been sent meanwhile is taken in before the next batch.
    std::thread::sleep(std::time::Duration::from_millis(50));
    let mut batches = Vec::new();
    while !small.is_finished() && batches.len() < 3 {
        bench.go.send(()).expect("go");
        batches.push(bench.next());
    }
    // At the latest in the second batch after its arrival, and alone: nothing shorter is there to fill up with.
    assert!(batches.contains(&vec![5, 3]), "{batches:?}");
    assert!(batches.iter().position(|batch| batch == &vec![5, 3]) <= Some(1), "{batches:?}");
    for _ in 0..40 {
        let _ = bench.go.send(());
    }
    assert_eq!(firsts(small.join().expect("an end")), [900.0, 901.0]);
    let expected: Vec<f32> = (0..40).map(|index| 100.0 + index as f32).collect();
    assert_eq!(firsts(large.join().expect("an end")), expected);
}

#[test]
fn small_questions_without_end_do_not_starve_a_large_one() {
    let bench = Bench::new();
    let large = bench.ask(100, &[20; 4]);
    let mut smalls = Vec::new();
    let mut batches = 0;
    bench.next();
    while !large.is_finished() {
        smalls.push(bench.ask(1000 + 10 * batches, &[4]));
        std::thread::sleep(std::time::Duration::from_millis(20));
        bench.go.send(()).expect("go");
        if large.is_finished() {
            break;
        }
        bench.next();
        batches += 1;
        assert!(batches < 10, "the large question waits for ever");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    for _ in 0..40 {
        let _ = bench.go.send(());
    }
    assert_eq!(firsts(large.join().expect("an end")), [100.0, 101.0, 102.0, 103.0]);
    smalls.into_iter().for_each(|small| drop(small.join().expect("an end")));
}

#[test]
fn work_whose_caller_left_is_dropped_within_a_batch() {
    let bench = Bench::new();
    let caller = Arc::new(());
    let waiting = {
        let (engine, caller) = (bench.engine.clone(), Arc::downgrade(&caller));
        std::thread::spawn(move || {
            let sequence = |first| Sequence { ids: vec![first; 10], readout: Readout::Rows(vec![0]) };
            let settings = EngineSettings { batch_tokens: Some(40), cache_bytes: 0 };
            on_behalf_of(caller, || engine.run((0..400).map(sequence).collect(), settings))
        })
    };
    assert_eq!(bench.next(), [10; 4]);
    drop(caller);
    bench.go.send(()).expect("go");
    let answer = waiting.join().expect("an end");
    assert!(matches!(answer, Err(ModelError::CallerLeft)), "{answer:?}");
    let other = bench.ask(700, &[6]);
    assert_eq!(bench.next(), [6]);
    bench.go.send(()).expect("go");
    assert_eq!(firsts(other.join().expect("an end")), [700.0]);
    assert_eq!((bench.asked(), bench.engine.counters().snapshot().batches), (401, 2));
}

#[test]
fn what_a_device_has_no_memory_for_is_halved_and_so_is_what_follows() {
    // A budget of 40 is two rows of 16 positions, of which one fits. Two batches are in flight at once, as on GPUs.
    let bench = Bench::of(Batching::FewShapes, 1);
    for _ in 0..20 {
        bench.go.send(()).expect("go");
    }
    let large = bench.ask(100, &[8; 10]);
    assert_eq!(firsts(large.join().expect("an end")), (100..110).map(|first| first as f32).collect::<Vec<_>>());
    let batches: Vec<usize> = bench.batches.try_iter().map(|batch| batch.len()).collect();
    // Those that were in flight when the first failed, and their halves.
    assert_eq!(batches.iter().filter(|rows| **rows == 2).count(), 2, "{batches:?}");
    assert_eq!(batches.iter().filter(|rows| **rows == 1).count(), 10, "{batches:?}");
}

#[test]
fn who_wants_no_cache_neither_reads_nor_empties_it() {
    let bench = Bench::new();
    for _ in 0..20 {
        bench.go.send(()).expect("go");
    }
    let ask = |cache_bytes| {
        let sequence = Sequence { ids: vec![7; 5], readout: Readout::Rows(vec![0]) };
        let settings = EngineSettings { batch_tokens: Some(40), cache_bytes };
        assert_eq!(firsts(bench.engine.run(vec![sequence], settings)), [7.0]);
        bench.batches.try_iter().count()
    };
    assert_eq!([ask(1000), ask(1000), ask(0), ask(0), ask(1000)], [1, 0, 1, 1, 0]);
}
