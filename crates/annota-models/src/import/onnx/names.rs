//! Which initializer is which parameter. Exporters keep the names of embeddings, norms and biases; the matrices of
//! linear layers are turned over and renamed, and are known by the bias that is added to their product.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::model::{self, Node, Packed};
use crate::import::ImportError;
use crate::import::error::one_line;

/// An initializer, and whether it is `[in, out]` where PyTorch has `[out, in]`.
pub(super) type Source<'a> = (&'a str, bool);

/// Every parameter of the encoder by its bare name, and the initializers that claim to be it.
pub(super) type Parameters<'a> = BTreeMap<String, BTreeSet<Source<'a>>>;

/// The initializers and constants by name.
pub(super) type Tensors<'a> = HashMap<&'a str, Packed<'a>>;

const WORDS: &str = "embeddings.word_embeddings.weight";

#[derive(Default)]
struct Reader<'a> {
    tensors: Tensors<'a>,
    /// Names of values that are an initializer, or an unchanged copy of one.
    known: HashMap<&'a str, &'a str>,
    /// Matrix products by the name of their output.
    products: HashMap<&'a str, Source<'a>>,
    /// Matrices that stand under their own names in products, and how.
    used: BTreeSet<Source<'a>>,
    found: Parameters<'a>,
}

pub(super) fn parameters<'a>(path: &Path, graph: &'a [u8]) -> Result<(Tensors<'a>, Parameters<'a>), ImportError> {
    let malformed = |reason: String| ImportError::malformed(path, reason);
    let mut reader = Reader::default();
    for initializer in model::initializers(graph) {
        let (name, tensor) = initializer.map_err(malformed)?;
        reader.add(name, tensor).map_err(malformed)?;
    }
    for node in model::nodes(graph) {
        let node = node.map_err(malformed)?;
        if let Some(op) = quantised(node.op) {
            let reason = format!("it is quantised (it has {op} nodes), expected a model with float weights");
            return Err(ImportError::unsupported(path, reason));
        }
        reader.node(node).map_err(malformed)?;
    }
    for (&name, &initializer) in reader.known.iter().filter(|(name, _)| is_parameter(name)) {
        let uses = [true, false].into_iter().filter(|turned| reader.used.contains(&(name, *turned)));
        let uses: Vec<Source<'_>> = uses.map(|turned| (initializer, turned)).collect();
        let sources = reader.found.entry(name.to_owned()).or_default();
        sources.extend(if uses.is_empty() { vec![(initializer, false)] } else { uses });
    }
    let found = encoder(reader.found).map_err(|reason| ImportError::unsupported(path, reason))?;
    Ok((reader.tensors, found))
}

fn quantised(op: &str) -> Option<&str> {
    const OTHERS: [&str; 7] = [
        "QAttention",
        "QGemm",
        "QEmbedLayerNormalization",
        "MatMulInteger",
        "MatMulIntegerToFloat",
        "MatMulNBits",
        "MatMulBnb4",
    ];
    let named = op.starts_with("QLinear") || op.to_ascii_lowercase().contains("quantize");
    (named || OTHERS.contains(&op)).then_some(op)
}

fn is_parameter(name: &str) -> bool {
    name.ends_with(".weight") || name.ends_with(".bias")
}

impl<'a> Reader<'a> {
    fn add(&mut self, name: &'a str, tensor: Packed<'a>) -> Result<(), String> {
        if self.tensors.insert(name, tensor).is_some() {
            return Err(format!("it has two initializers named `{}`, expected one", one_line(name)));
        }
        self.known.insert(name, name);
        Ok(())
    }

    /// Nodes come in the order in which they are computed.
    fn node(&mut self, node: Node<'a>) -> Result<(), String> {
        let Some(&output) = node.outputs.first() else { return Ok(()) };
        match node.op {
            "Constant" => {
                if let Some(tensor) = node.constant {
                    self.add(output, model::initializer(tensor)?.packed())?;
                }
            }
            "Identity" => {
                if let Some(&initializer) = node.inputs.first().and_then(|input| self.known.get(input)) {
                    self.known.entry(output).or_insert(initializer);
                }
            }
            "MatMul" | "FusedMatMul" | "Gemm" => self.product(&node, output),
            "Add" | "BiasGelu" | "FastGelu" => self.sum(&node.inputs),
            // Input, skip, gamma, beta, bias.
            "SkipLayerNormalization" => {
                if let (Some(input), Some(bias)) = (node.inputs.first(), node.inputs.get(4)) {
                    self.sum(&[*input, *bias]);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn product(&mut self, node: &Node<'a>, output: &'a str) {
        let Some(&weight) = node.inputs.get(1) else { return };
        let Some(&initializer) = self.known.get(weight) else { return };
        if self.tensors.get(initializer).is_none_or(|tensor| !tensor.is_matrix) {
            return;
        }
        if is_parameter(weight) {
            self.used.insert((weight, !node.trans_b));
            return;
        }
        self.products.insert(output, (initializer, !node.trans_b));
        if let ("Gemm", Some(&bias)) = (node.op, node.inputs.get(2)) {
            self.sum(&[output, bias]);
        }
    }

    /// A product and a bias that has kept its name: the product's matrix is the weight of the same layer.
    fn sum(&mut self, inputs: &[&'a str]) {
        let product = inputs.iter().find_map(|input| self.products.get(input).copied());
        let layer =
            inputs.iter().filter(|input| self.known.contains_key(*input)).find_map(|input| input.strip_suffix(".bias"));
        if let (Some(source), Some(layer)) = (product, layer) {
            self.found.entry(format!("{layer}.weight")).or_default().insert(source);
        }
    }
}

/// Keeps what belongs to the encoder, under the names that it has by itself.
fn encoder(found: Parameters<'_>) -> Result<Parameters<'_>, String> {
    let prefixes: BTreeSet<String> = found
        .keys()
        .filter_map(|name| name.strip_suffix(WORDS))
        .filter(|prefix| prefix.is_empty() || prefix.ends_with('.'))
        .map(str::to_owned)
        .collect();
    let mut prefixes = prefixes.into_iter();
    let prefix = match (prefixes.next(), prefixes.next()) {
        (Some(prefix), None) => prefix,
        (Some(_), Some(_)) => return Err(format!("it has several tensors named `…{WORDS}`, expected one encoder")),
        (None, _) => {
            let names: Vec<String> = found.keys().take(3).map(|name| format!("`{}`", one_line(name))).collect();
            let names = if names.is_empty() { "no named tensors".to_owned() } else { names.join(", ") };
            return Err(format!("it has {names}, expected `{WORDS}` and the rest of an ALBERT or BERT encoder"));
        }
    };
    let part = |name: &str| ["embeddings.", "encoder.", "pooler."].iter().any(|part| name.starts_with(part));
    Ok(found
        .into_iter()
        .filter_map(|(name, sources)| Some((name.strip_prefix(prefix.as_str())?.to_owned(), sources)))
        .filter(|(name, _)| part(name))
        .collect())
}
