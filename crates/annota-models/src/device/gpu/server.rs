//! The runtime of cubecl on a Vulkan adapter, with kernels in the language that is asked for: cubecl-wgpu's
//! `try_create_server` but for the choice, which takes SPIR-V wherever a driver takes it.

use std::sync::Arc;

use burn::tensor::wgpu::wgpu as api;
use cubecl::MemoryConfiguration;
use cubecl::WgpuCompilationOptions;
use cubecl::client::Client;
use cubecl::features::{AtomicUsage, Plane, TypeUsage};
use cubecl::ir::{
    AddressType, DeviceIdentity, DeviceProperties, ElemType, FloatKind, HardwareProperties, IntKind,
    MemoryDeviceProperties, Type, UIntKind,
};
use cubecl::logging::ServerLogger;
use cubecl::profile::TimingMethod;
use cubecl::server::ServerUtilities;
use cubecl_common::device::{Device, ServiceId};
use cubecl_server::allocator::ContiguousMemoryLayoutPolicy;
use cubecl_server::runtime::Runtime;
use cubecl_wgpu::{AutoCompiler, RuntimeOptions, WgpuDevice, WgpuRuntime, WgpuServer};
use futures::executor::block_on;

/// An open adapter, what it can do, and how kernels are compiled for it.
pub struct Plan {
    handle: api::Device,
    queue: api::Queue,
    properties: DeviceProperties,
    compiler: WgpuCompilationOptions,
    name: &'static str,
}

impl Plan {
    /// Kernels in WGSL, which every adapter has.
    ///
    /// # Errors
    /// What the adapter says.
    pub fn wgsl(adapter: &api::Adapter) -> Result<Self, String> {
        let (handle, queue) =
            block_on(adapter.request_device(&descriptor(adapter))).map_err(|error| error.to_string())?;
        let mut properties = sizes(adapter);
        register(&mut properties, adapter);
        // No compiler but WGSL's is named as supported.
        let compiler = WgpuCompilationOptions {
            supports_u64: properties.supports_type(ElemType::UInt(UIntKind::U64)),
            ..WgpuCompilationOptions::default()
        };
        Ok(Plan { handle, queue, properties, compiler, name: "wgpu<wgsl>" })
    }

    /// Kernels in SPIR-V as for adapters with `VK_KHR_workgroup_memory_explicit_layout`, whether this one has it or not.
    /// Mesa's software rasterizer takes such modules without it.
    ///
    /// # Errors
    /// What the adapter says.
    pub fn spirv(adapter: &api::Adapter) -> Result<Self, String> {
        let lacking = || "its driver lacks what kernels in SPIR-V need".to_owned();
        let (mut properties, mut compiler) = spirv_options(adapter).ok_or_else(lacking)?;
        let (handle, queue) = vulkan::request_device(adapter)?.ok_or_else(lacking)?;
        compiler.vulkan.supports_explicit_smem = true;
        properties.features.plane.insert(Plane::NonUniformControlFlow);
        Ok(Plan { handle, queue, properties, compiler, name: "wgpu<spirv>" })
    }

    /// Starts the runtime of `device`.
    ///
    /// # Errors
    /// What the runtime says, as where it has been started before.
    pub fn start(self, device: &WgpuDevice) -> Result<(), String> {
        let options = RuntimeOptions::try_default().map_err(|error| error.to_string())?;
        let (memory, timing) = (self.properties.memory.clone(), self.properties.timing_method);
        let (utilities, captures) = ServerUtilities::init(
            ServiceId::of::<WgpuServer<AutoCompiler>>(device.to_id()),
            self.name,
            self.properties,
            WgpuRuntime::<AutoCompiler>::target_properties(),
            Arc::new(ServerLogger::default()),
            ContiguousMemoryLayoutPolicy::new(memory.alignment as usize),
        );
        let server = WgpuServer::<AutoCompiler>::new(
            memory,
            MemoryConfiguration::default(),
            self.compiler,
            self.handle,
            self.queue,
            options.tasks_max,
            api::Backend::Vulkan,
            timing,
            utilities,
            captures,
        );
        Client::try_init(device.to_id(), server).map(|_| ()).map_err(|error| format!("{error:?}"))
    }
}

/// Whether the SPIR-V of cubecl 0.11 runs on an adapter. Where `VK_KHR_workgroup_memory_explicit_layout` is missing its
/// modules are invalid as soon as they have shared memory (`lower_shared_implicit` swaps the types of the variable and
/// of the pointer to it), and drivers die of them, as lavapipe does.
pub fn offers_spirv(adapter: &api::Adapter) -> bool {
    spirv_options(adapter).is_some_and(|(_, compiler)| compiler.vulkan.supports_explicit_smem)
}

/// What SPIR-V has on an adapter; `None` where its driver lacks what every kernel needs.
fn spirv_options(adapter: &api::Adapter) -> Option<(DeviceProperties, WgpuCompilationOptions)> {
    let (mut properties, mut compiler) = (sizes(adapter), WgpuCompilationOptions::default());
    let is_vulkan = adapter.get_info().backend == api::Backend::Vulkan;
    (is_vulkan && vulkan::register_features(adapter, &mut properties, &mut compiler)).then_some((properties, compiler))
}

/// All that the adapter has, but for what wgpu calls experimental.
fn descriptor(adapter: &api::Adapter) -> api::DeviceDescriptor<'static> {
    let left_out = api::Features::MAPPABLE_PRIMARY_BUFFERS | api::Features::all_experimental_mask();
    api::DeviceDescriptor {
        required_features: adapter.features().difference(left_out),
        required_limits: adapter.limits(),
        // The runtime allocates in pages of its own.
        memory_hints: api::MemoryHints::MemoryUsage,
        ..api::DeviceDescriptor::default()
    }
}

/// The sizes of an adapter, without what it can compute.
fn sizes(adapter: &api::Adapter) -> DeviceProperties {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    let most = limits.max_compute_workgroups_per_dimension;
    let hardware = HardwareProperties {
        load_width: 128,
        vector_register_count: None,
        plane_size_min: info.subgroup_min_size,
        plane_size_max: info.subgroup_max_size,
        // wgpu has one of its own.
        max_bindings: limits.max_storage_buffers_per_shader_stage.saturating_sub(1),
        max_shared_memory_size: limits.max_compute_workgroup_storage_size as usize,
        max_cube_count: (most, most, most),
        max_units_per_cube: limits.max_compute_invocations_per_workgroup,
        max_cube_dim: (
            limits.max_compute_workgroup_size_x,
            limits.max_compute_workgroup_size_y,
            limits.max_compute_workgroup_size_z,
        ),
        num_streaming_multiprocessors: None,
        num_cpu_cores: None,
        last_level_cache_size: None,
        num_tensor_cores: None,
        min_tensor_cores_dim: None,
        max_vector_size: 4,
        cube_mma_reserved_shared_memory: 0,
    };
    let memory = MemoryDeviceProperties::new(
        limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
        limits.min_uniform_buffer_offset_alignment.max(limits.min_storage_buffer_offset_alignment).into(),
    );
    let has_timer = adapter.features().contains(api::Features::TIMESTAMP_QUERY);
    let timing = if has_timer { TimingMethod::Device } else { TimingMethod::System };
    let fingerprint = format!("wgsl_{}_{}", info.vendor, info.device);
    let identity = DeviceIdentity { name: info.name, fingerprint, physical: None };
    DeviceProperties::new(Default::default(), memory, hardware, timing, identity)
}

/// What WGSL has on an adapter: cubecl-wgpu's `register_wgsl_features`.
fn register(properties: &mut DeviceProperties, adapter: &api::Adapter) {
    let features = adapter.features();
    properties.register_address_type(AddressType::U32);
    let always = [
        ElemType::Index,
        ElemType::UInt(UIntKind::U32),
        ElemType::Int(IntKind::I32),
        ElemType::Float(FloatKind::F32),
        ElemType::Float(FloatKind::Flex32),
        ElemType::Bool,
    ];
    let optional = [
        (api::Features::SHADER_INT64, ElemType::Int(IntKind::I64)),
        (api::Features::SHADER_INT64, ElemType::UInt(UIntKind::U64)),
        (api::Features::SHADER_F64, ElemType::Float(FloatKind::F64)),
        (api::Features::SHADER_F16, ElemType::Float(FloatKind::F16)),
    ];
    let optional = optional.into_iter().filter(|(feature, _)| features.contains(*feature)).map(|(_, it)| it);
    for element in always.into_iter().chain(optional) {
        properties.register_type_usage(element, TypeUsage::all());
    }
    let float = features.contains(api::Features::SHADER_FLOAT32_ATOMIC).then_some(ElemType::Float(FloatKind::F32));
    for element in [ElemType::Int(IntKind::I32), ElemType::UInt(UIntKind::U32)].into_iter().chain(float) {
        let usage = AtomicUsage::LoadStore | AtomicUsage::Exchange | AtomicUsage::Add;
        properties.register_atomic_type_usage(Type::atomic(element), usage);
    }
    let is_software = adapter.get_info().device_type == api::DeviceType::Cpu;
    if features.contains(api::Features::SUBGROUP) && !is_software {
        properties.features.plane.insert(Plane::Ops);
    }
}

#[cfg(any(feature = "vulkan", target_os = "linux", target_os = "windows"))]
mod vulkan {
    use burn::tensor::wgpu::wgpu as api;
    pub use cubecl_wgpu::vulkan::register_vulkan_features as register_features;
    use cubecl_wgpu::vulkan::try_request_vulkan_device;
    use futures::executor::block_on;

    pub fn request_device(adapter: &api::Adapter) -> Result<Option<(api::Device, api::Queue)>, String> {
        block_on(try_request_vulkan_device(adapter)).map_err(|error| error.to_string())
    }
}

/// A build without the runtime's compiler of SPIR-V.
#[cfg(not(any(feature = "vulkan", target_os = "linux", target_os = "windows")))]
mod vulkan {
    use burn::tensor::wgpu::wgpu as api;
    use cubecl::WgpuCompilationOptions;
    use cubecl::ir::DeviceProperties;

    pub fn register_features(_: &api::Adapter, _: &mut DeviceProperties, _: &mut WgpuCompilationOptions) -> bool {
        false
    }

    pub fn request_device(_: &api::Adapter) -> Result<Option<(api::Device, api::Queue)>, String> {
        Ok(None)
    }
}
