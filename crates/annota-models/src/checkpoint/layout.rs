//! How a family's checkpoints name their tensors.

/// The names of a family.
pub struct Layout {
    /// Stands before every name in checkpoints that carry a task head.
    pub prefix: &'static str,
    /// (name in the file, name in the module), without the last part (`weight`, `bias`); `#` is a number.
    pub names: &'static [(&'static str, &'static str)],
    /// Starts of module names that a checkpoint may lack.
    pub optional: &'static [&'static str],
    /// Starts of names in the file that the encoder has no use for: heads and buffers.
    pub ignored: &'static [&'static str],
}

impl Layout {
    /// The name in the module of a tensor of the file.
    pub fn name_in_module(&self, file_name: &str) -> Option<String> {
        let name = self.bare(file_name);
        let (name, last) = name.rsplit_once('.')?;
        // What TensorFlow called the parameters of layer norms.
        let last = match last {
            "gamma" => "weight",
            "beta" => "bias",
            last => last,
        };
        let found = self.names.iter().find_map(|(file, module)| translate(name, file, module))?;
        Some(format!("{found}.{last}"))
    }

    /// The name in the file of a tensor of the module.
    pub fn name_in_file(&self, module_name: &str) -> String {
        let Some((name, last)) = module_name.rsplit_once('.') else { return module_name.to_owned() };
        let last = match last {
            "gamma" => "weight",
            "beta" => "bias",
            last => last,
        };
        let found = self.names.iter().find_map(|(file, module)| translate(name, module, file));
        found.map_or_else(|| module_name.to_owned(), |found| format!("{found}.{last}"))
    }

    pub fn is_optional(&self, module_name: &str) -> bool {
        self.optional.iter().any(|start| module_name.starts_with(start))
    }

    pub fn is_ignored(&self, file_name: &str) -> bool {
        self.ignored.iter().any(|start| self.bare(file_name).starts_with(start))
    }

    fn bare<'a>(&self, file_name: &'a str) -> &'a str {
        file_name.strip_prefix(self.prefix).unwrap_or(file_name)
    }
}

/// What a name becomes if it matches one pattern: the other, with the same numbers.
fn translate(name: &str, from: &str, to: &str) -> Option<String> {
    let mut numbers = Vec::new();
    let mut parts = name.split('.');
    for expected in from.split('.') {
        let part = parts.next()?;
        match expected {
            "#" if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) => numbers.push(part),
            expected if expected == part => {}
            _ => return None,
        }
    }
    if parts.next().is_some() {
        return None;
    }
    let mut numbers = numbers.into_iter();
    let parts: Vec<&str> =
        to.split('.').map(|part| if part == "#" { numbers.next().unwrap_or(part) } else { part }).collect();
    Some(parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::Layout;

    const LAYOUT: Layout = Layout {
        prefix: "bert.",
        names: &[("encoder.layer.#.output.LayerNorm", "layers.#.norm"), ("pooler.dense", "pooler")],
        optional: &["pooler."],
        ignored: &["cls."],
    };

    #[test]
    fn names_go_both_ways() {
        let module = |name: &str| LAYOUT.name_in_module(name);
        for name in ["bert.encoder.layer.12.output.LayerNorm.weight", "encoder.layer.12.output.LayerNorm.gamma"] {
            assert_eq!(module(name).as_deref(), Some("layers.12.norm.weight"));
        }
        assert_eq!(module("encoder.layer.x.output.LayerNorm.weight"), None);
        assert_eq!(module("encoder.layer.1.output.LayerNorm.more.weight"), None);
        assert_eq!(LAYOUT.name_in_file("layers.3.norm.gamma"), "encoder.layer.3.output.LayerNorm.weight");
        assert_eq!(LAYOUT.name_in_file("pooler.bias"), "pooler.dense.bias");
        assert!(LAYOUT.is_ignored("cls.predictions.bias") && LAYOUT.is_optional("pooler.weight"));
    }
}
