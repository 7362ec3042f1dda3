//! Attention of long sequences: in f16 by one kernel on the matrix units, which keeps no matrix of scores in memory. What
//! burn chooses by itself has one at half of the lengths. Else, and in f32 always, what is faster on the adapter: one
//! kernel without matrix units, or products with a matrix of scores between them.

use burn::backend::tensor::{BoolTensor, FloatTensor};
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Bool, DType, Tensor, module};
use burn_cubecl::kernel::attention::{AttentionStrategy, attention as separate, flash_attention};
use burn_cubecl::tensor::CubeTensor;
use burn_cubecl::{CubeBackend, CubeTuneId};
use cubecl::tune::{LocalTuner, Tunable, TunableSet, local_tuner};
use cubek_attention::forward::launch::{BlueprintStrategy, Strategy};
use cubek_attention::forward::routines::blackbox_accelerated::BlackboxAcceleratedStrategy;

use crate::encoder::LONG;

/// Rows and columns of what matrix instructions multiply. Some adapters have smaller ones.
const TILE: usize = 16;

/// Bytes that are read at once.
const WIDTH: usize = 16;

/// Positions of a unit where there are no matrix instructions.
const POSITIONS_OF_UNIT: usize = 8;

/// Attention of `[b, heads, s, d]`, scaled by `1 / √d`; `None` where no kernel of this adapter does it at once. With
/// `may_have_scores` one without matrix instructions is taken only where it is faster than products with scores between.
#[backend_extension(Cube)]
pub trait FlashAttention: Backend {
    fn flash(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        may_have_scores: bool,
    ) -> Option<FloatTensor<Self>>;

    /// `padding [b, heads, s, s]` is true where a key is padding.
    fn flash_padded(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        padding: BoolTensor<Self>,
        may_have_scores: bool,
    ) -> Option<FloatTensor<Self>>;
}

/// `query`, `key` and `value` `[b, heads, s, d]`, `padding [b, heads, s, s]` true where a key is padding
/// → `[b, heads, s, d]`.
pub fn attention(query: Tensor<4>, key: Tensor<4>, value: Tensor<4>, padding: Option<Tensor<4, Bool>>) -> Tensor<4> {
    let is_long = query.dims()[2] > LONG;
    let found = is_long.then(|| flash(query.clone(), key.clone(), value.clone(), padding.clone(), true)).flatten();
    found.unwrap_or_else(|| module::attention(query, key, value, padding, None, AttentionModuleOptions::default()))
}

/// [`FlashAttention`], with padding or without.
pub fn flash(
    query: Tensor<4>,
    key: Tensor<4>,
    value: Tensor<4>,
    padding: Option<Tensor<4, Bool>>,
    may_have_scores: bool,
) -> Option<Tensor<4>> {
    let [query, key, value] = [query, key, value].map(Tensor::into_dispatch);
    let found = match padding {
        Some(padding) => {
            <Dispatch as FlashAttention>::flash_padded(query, key, value, padding.into_dispatch(), may_have_scores)
        }
        None => <Dispatch as FlashAttention>::flash(query, key, value, may_have_scores),
    };
    found.map(Tensor::from_dispatch)
}

impl FlashAttention for CubeBackend {
    fn flash(query: CubeTensor, key: CubeTensor, value: CubeTensor, may_have_scores: bool) -> Option<CubeTensor> {
        chosen((query, key, value, None), may_have_scores)
    }

    fn flash_padded(
        query: CubeTensor,
        key: CubeTensor,
        value: CubeTensor,
        padding: CubeTensor,
        may_have_scores: bool,
    ) -> Option<CubeTensor> {
        chosen((query, key, value, Some(padding)), may_have_scores)
    }
}

/// Query, key, value and padding.
type Given = (CubeTensor, CubeTensor, CubeTensor, Option<CubeTensor>);

fn chosen(given: Given, may_have_scores: bool) -> Option<CubeTensor> {
    let by_planes = by_planes(&given.0).and_then(|strategy| launched(given.clone(), strategy).ok());
    by_planes.or_else(|| match has_units(&given.0) {
        true if may_have_scores => Some(faster(given)),
        true => launched(given, BY_UNITS).ok(),
        false => None,
    })
}

fn launched((query, key, value, padding): Given, strategy: Strategy) -> Result<CubeTensor, String> {
    let options = AttentionModuleOptions::default();
    flash_attention(query, key, value, padding, None, options, strategy).map_err(|error| format!("{error:?}"))
}

/// Without matrix instructions, by what this adapter is faster at.
fn faster(given: Given) -> CubeTensor {
    static TUNER: LocalTuner<String, CubeTuneId> = local_tuner!("annota");
    let client = given.0.client.clone();
    let device = CubeTuneId::new(&client, &given.0.device);
    let ways = TUNER.init(&device, || {
        // The first is the one that does any shape.
        TunableSet::<String, Given, CubeTensor>::new_cloning_inputs(key)
            .with(Tunable::new("scores", with_scores))
            .with(Tunable::new("units", |given| launched(given, BY_UNITS)))
    });
    TUNER.execute(&device, &client, ways, given)
}

/// What a way is chosen for: like shapes share one.
fn key((query, _, _, padding): &Given) -> String {
    let shape = query.meta.shape();
    let rows = (shape[0] * shape[1]).next_power_of_two();
    format!("{:?} {rows}x{}x{}, padded: {}", query.dtype, shape[2], shape[3], padding.is_some())
}

fn with_scores((query, key, value, padding): Given) -> Result<CubeTensor, String> {
    let options = AttentionModuleOptions::default();
    separate(query, key, value, padding, None, options, AttentionStrategy::Fallback)
        .map_err(|error| format!("{error:?}"))
}

/// By matrix instructions, for f16: as many planes as share the positions evenly and fit an adapter, each with a tile
/// of positions. What does not fit would be told only when the output is read.
fn by_planes(query: &CubeTensor) -> Option<Strategy> {
    let hardware = &query.client.properties().hardware;
    let [positions, depth] = [2, 3].map(|axis| query.meta.shape()[axis]);
    // Scores and output in f32; queries, weights and what is written in f16. Keys and values are of all planes.
    let of_plane = 4 * TILE * (TILE + depth) + 3 * 2 * TILE * TILE;
    let of_all = 2 * 2 * TILE * depth;
    let fits = |planes: usize| {
        positions.is_multiple_of(planes * TILE)
            && planes * hardware.plane_size_max as usize <= hardware.max_units_per_cube as usize
            && planes * of_plane + of_all <= hardware.max_shared_memory_size
    };
    let most = [8_u8, 4, 2, 1].into_iter().find(|planes| fits(usize::from(*planes)));
    let num_planes = most.filter(|_| query.dtype == DType::F16)?;
    let strategy = BlackboxAcceleratedStrategy { num_planes, seq_q: 1, seq_kv: 1 };
    Some(Strategy::BlackboxAccelerated(BlueprintStrategy::Inferred(strategy)))
}

/// Without matrix instructions, at any length: a plane, each unit with a few positions.
const BY_UNITS: Strategy = Strategy::Unit(BlueprintStrategy::Inferred(()));

fn has_units(query: &CubeTensor) -> bool {
    let hardware = &query.client.properties().hardware;
    // What units write, and keys and values.
    let shared = WIDTH * (hardware.plane_size_max as usize * POSITIONS_OF_UNIT + 2 * query.meta.shape()[3]);
    shared <= hardware.max_shared_memory_size
}
