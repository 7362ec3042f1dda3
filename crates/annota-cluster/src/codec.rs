//! How plans travel between the processes of a cluster: as Ballista's, and [`Fence`], the one node that is Annota's.

use std::sync::Arc;

use annota::planning::Fence;
use ballista_core::serde::{BallistaCodec, BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use datafusion::common::internal_err;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};

/// What stands for a fence; Ballista's nodes are messages of protobuf, which do not begin so.
const FENCE: &[u8] = b"annota fence";

pub fn codec() -> BallistaCodec {
    BallistaCodec::new(Arc::new(BallistaLogicalExtensionCodec::default()), physical_codec())
}

pub fn physical_codec() -> Arc<dyn PhysicalExtensionCodec> {
    Arc::new(Codec { ballista: BallistaPhysicalExtensionCodec::default() })
}

#[derive(Debug)]
struct Codec {
    ballista: BallistaPhysicalExtensionCodec,
}

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match inputs {
            [input] if bytes == FENCE => Ok(Arc::new(Fence(input.clone()))),
            _ if bytes == FENCE => internal_err!("a fence has {} inputs: expected one", inputs.len()),
            _ => self.ballista.try_decode(bytes, inputs, context, converter),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        if node.downcast_ref::<Fence>().is_some() {
            bytes.extend_from_slice(FENCE);
            return Ok(());
        }
        self.ballista.try_encode(node, bytes, converter)
    }
}
