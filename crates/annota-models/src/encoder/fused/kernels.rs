//! The kernels of [`AfterProduct`]. They compute in f32, whatever the states are in, on as many values at once as an
//! adapter reads at once, and know nothing of subgroups. Rows may lie apart, as CUDA lays them out.

use burn::backend::cubecl::dtype_to_storage_type;
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::{ElemType, VectorSize};
use cubecl::prelude::*;
use cubecl::zspace::metadata::Metadata;
use cubecl::zspace::striding::has_pitched_row_major_strides;
use cubecl::{calculate_cube_count_elemwise, tensor_vector_size_parallel};

use super::after::AfterProduct;
use crate::layers::Activation;

/// The most units that share a row. Some adapters have fewer to a cube.
const MOST_UNITS: u32 = 256;

impl AfterProduct for CubeBackend {
    fn bias_heads(x: CubeTensor, bias: CubeTensor, heads: usize) -> CubeTensor {
        let (x, bias) = (in_rows(x), into_contiguous(bias));
        let [b, s, width] = [0, 1, 2].map(|axis| x.meta.shape()[axis]);
        let shape = [3, b, heads, s, width / (3 * heads)];
        let out = empty_device_contiguous_dtype(x.client.clone(), x.device.clone(), shape.into(), x.dtype);
        let size = vector_size(&[&x, &out]);
        let (count, dim) = units_for(&x, size);
        let (client, float) = (x.client.clone(), dtype_to_storage_type(x.dtype));
        let [x, bias, output] = [rows(&x), bias, out.clone()].map(CubeTensor::into_tensor_arg);
        add_bias_and_split::launch(&client, count, dim, size, x, bias, output, float);
        out
    }

    fn bias_activation(x: CubeTensor, bias: CubeTensor, activation: Activation) -> CubeTensor {
        let (x, bias) = (writable(x), into_contiguous(bias));
        let size = vector_size(&[&x]);
        let (count, dim) = units_for(&x, size);
        let (client, float) = (x.client.clone(), dtype_to_storage_type(x.dtype));
        let [states, bias] = [rows(&x), bias].map(CubeTensor::into_tensor_arg);
        add_bias_and_activate::launch(&client, count, dim, size, states, bias, activation, float);
        x
    }

    fn bias_residual_norm(
        x: CubeTensor,
        bias: CubeTensor,
        residual: CubeTensor,
        scale: CubeTensor,
        shift: CubeTensor,
        epsilon: f32,
    ) -> CubeTensor {
        let (x, residual) = (writable(x), in_rows(residual));
        let size = vector_size(&[&x, &residual]);
        let width = bias.meta.num_elements();
        let hardware = &x.client.properties().hardware;
        let most = MOST_UNITS.min(hardware.max_units_per_cube);
        let units = (width / size).next_power_of_two().min(1 << most.ilog2());
        let dim = CubeDim::new_1d(units as u32);
        let count = calculate_cube_count_elemwise(&x.client, x.meta.num_elements() / width * units, dim);
        let (client, float) = (x.client.clone(), dtype_to_storage_type(x.dtype));
        let [bias, scale, shift] = [bias, scale, shift].map(|vector| into_contiguous(vector).into_tensor_arg());
        let [states, residual] = [rows(&x), rows(&residual)].map(CubeTensor::into_tensor_arg);
        let share = (width / size).div_ceil(units);
        add_and_normalise::launch(
            &client, count, dim, size, states, bias, residual, scale, shift, epsilon, units, share, float,
        );
        x
    }
}

/// `x` so that its rows follow each other at one distance, without gaps within.
fn in_rows(x: CubeTensor) -> CubeTensor {
    if has_pitched_row_major_strides(x.meta.shape(), x.meta.strides()) { x } else { into_contiguous(x) }
}

/// [`in_rows`] in a buffer that nothing else holds.
fn writable(x: CubeTensor) -> CubeTensor {
    in_rows(if x.can_mut() && x.is_nonoverlapping() { x } else { x.copy() })
}

/// The rows of what is [`in_rows`], `[n, w]`.
fn rows(x: &CubeTensor) -> CubeTensor {
    let (shape, strides) = (x.meta.shape(), x.meta.strides());
    let last = shape.num_dims() - 1;
    let flat = Metadata::new([shape.num_elements() / shape[last], shape[last]], [strides[last - 1], 1]);
    CubeTensor::new(x.client.clone(), x.handle.clone(), flat, x.device.clone(), x.dtype)
}

/// How many values, a power of two, can be read at once from the last axis of every tensor.
fn vector_size(tensors: &[&CubeTensor]) -> VectorSize {
    let one = |x: &&CubeTensor| {
        let sizes = x.client.io_optimized_vector_sizes(x.dtype.size());
        tensor_vector_size_parallel(sizes, x.meta.shape(), x.meta.strides(), x.meta.num_dims() - 1)
    };
    tensors.iter().map(one).min().unwrap_or(1)
}

/// Cubes for a unit per vector.
fn units_for(x: &CubeTensor, size: VectorSize) -> (CubeCount, CubeDim) {
    let vectors = x.meta.num_elements() / size;
    let dim = CubeDim::new(&x.client, vectors);
    (calculate_cube_count_elemwise(&x.client, vectors, dim), dim)
}

#[cube(launch)]
fn add_bias_and_split<F: Float, N: Size>(
    x: &Tensor<Vector<F, N>>,
    bias: &Tensor<Vector<F, N>>,
    out: &mut Tensor<Vector<F, N>>,
    #[define(F)] _float: ElemType,
) {
    let width = bias.len();
    let (row, column) = (ABSOLUTE_POS / width, ABSOLUTE_POS % width);
    if row >= x.shape(0) {
        terminate!();
    }
    let size = bias.vector_size();
    let (heads, positions, depth) = (out.shape(2), out.shape(3), out.shape(4) / size);
    // Columns are query, key and value, and of each the heads.
    let (head, offset) = (column / depth, column % depth);
    let (part, head) = (head / heads, head % heads);
    let (sequence, position) = (row / positions, row % positions);
    let place = ((part * out.shape(1) + sequence) * heads + head) * positions + position;
    let sum = added(x[row * (x.stride(0) / size) + column], bias[column]);
    out[place * depth + offset] = Vector::cast_from(sum);
}

#[cube(launch)]
fn add_bias_and_activate<F: Float, N: Size>(
    x: &mut Tensor<Vector<F, N>>,
    bias: &Tensor<Vector<F, N>>,
    #[comptime] activation: Activation,
    #[define(F)] _float: ElemType,
) {
    let width = bias.len();
    let (row, column) = (ABSOLUTE_POS / width, ABSOLUTE_POS % width);
    if row >= x.shape(0) {
        terminate!();
    }
    let place = row * (x.stride(0) / bias.vector_size()) + column;
    let sum = added(x[place], bias[column]);
    x[place] = Vector::cast_from(activated(sum, activation));
}

/// A cube for each row, of `units` units, a power of two; each holds its `share` of the row in registers.
#[cube(launch)]
fn add_and_normalise<F: Float, N: Size>(
    x: &mut Tensor<Vector<F, N>>,
    bias: &Tensor<Vector<F, N>>,
    residual: &Tensor<Vector<F, N>>,
    scale: &Tensor<Vector<F, N>>,
    shift: &Tensor<Vector<F, N>>,
    epsilon: f32,
    #[comptime] units: usize,
    #[comptime] share: usize,
    #[define(F)] _float: ElemType,
) {
    let row = CUBE_POS;
    // The same for all units of a cube, so that none waits for one that left.
    if row >= x.shape(0) {
        terminate!();
    }
    let (width, size, unit) = (bias.len(), bias.vector_size(), UNIT_POS as usize);
    let (own, other) = (row * (x.stride(0) / size), row * (residual.stride(0) / size));
    let mut partial = Shared::<[f32]>::new_slice(units);
    let mut values = Array::<Vector<f32, N>>::new(share);
    let mut total = Vector::<f32, N>::zeroed();
    #[unroll]
    for index in 0..share {
        let column = index * units + unit;
        values[index] = Vector::zeroed();
        if column < width {
            values[index] = added(x[own + column], bias[column]) + Vector::cast_from(residual[other + column]);
        }
        total += values[index];
    }
    let count = f32::cast_from(width * size);
    let mean = Vector::new(sum_of_units(total.vector_sum(), &mut partial, units) / count);
    let mut squares = Vector::<f32, N>::zeroed();
    #[unroll]
    for index in 0..share {
        if index * units + unit < width {
            let centred = values[index] - mean;
            squares += centred * centred;
        }
    }
    let variance = sum_of_units(squares.vector_sum(), &mut partial, units) / count;
    let factor = Vector::new(f32::new(1.0) / (variance + epsilon).sqrt());
    #[unroll]
    for index in 0..share {
        let column = index * units + unit;
        if column < width {
            let scaled = (values[index] - mean) * factor * Vector::cast_from(scale[column]);
            x[own + column] = Vector::cast_from(scaled + Vector::cast_from(shift[column]));
        }
    }
}

/// The sum of what the units of a cube bring, in each of them, by halves through `partial`.
#[cube]
fn sum_of_units(value: f32, partial: &mut Shared<[f32]>, #[comptime] units: usize) -> f32 {
    let unit = UNIT_POS as usize;
    partial[unit] = value;
    sync_cube();
    #[unroll]
    for step in 0..comptime!(units.ilog2()) {
        let half = comptime!(units >> (step + 1));
        if unit < half {
            partial[unit] += partial[unit + half];
        }
        sync_cube();
    }
    let sum = partial[0];
    // Before `partial` is written again.
    sync_cube();
    sum
}

#[cube]
fn added<F: Float, N: Size>(x: Vector<F, N>, bias: Vector<F, N>) -> Vector<f32, N> {
    Vector::<f32, N>::cast_from(x) + Vector::<f32, N>::cast_from(bias)
}

#[cube]
fn activated<N: Size>(x: Vector<f32, N>, #[comptime] activation: Activation) -> Vector<f32, N> {
    let one = Vector::new(1.0f32);
    match activation {
        Activation::Gelu => Vector::new(0.5f32) * x * (one + (x * Vector::new(std::f32::consts::FRAC_1_SQRT_2)).erf()),
        Activation::GeluNew => {
            // `x (1 + tanh u) / 2` is `x / (1 + exp(-2u))`. On some adapters the tanh of large numbers is none.
            let cubic = x + Vector::new(0.044_715f32) * x * x * x;
            x / (one + (cubic * Vector::new(-1.595_769_f32)).exp())
        }
        Activation::Relu => x.max(Vector::zeroed()),
    }
}
