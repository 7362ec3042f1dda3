//! The graph of objects that TensorFlow 2 keeps in its checkpoints; it knows the variables' own names.

use crate::protobuf::fields;

/// The key of the graph in the checkpoint.
pub(super) const KEY: &str = "_CHECKPOINTABLE_OBJECT_GRAPH";

/// (name of the variable, key in the checkpoint) of all variables in a `TrackableObjectGraph`.
pub(super) fn variables(graph: &[u8]) -> Result<Vec<(String, String)>, String> {
    let mut variables = Vec::new();
    for field in fields(graph) {
        let (1, node) = field? else { continue };
        for field in fields(node.bytes("TrackableObjectGraph.nodes")?) {
            let (2, attribute) = field? else { continue };
            let (mut name, mut key) = ("", "");
            for field in fields(attribute.bytes("TrackableObject.attributes")?) {
                match field? {
                    (2, value) => name = value.text("SerializedTensor.full_name")?,
                    (3, value) => key = value.text("SerializedTensor.checkpoint_key")?,
                    _ => {}
                }
            }
            variables.push((name.to_owned(), key.to_owned()));
        }
    }
    Ok(variables)
}
