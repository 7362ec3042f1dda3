use std::path::Path;

use serde_json::{Map, Value, json};

use crate::import::error::one_line;
use crate::import::folder;
use crate::import::{Family, ImportError, NamedTensor, config_of};

/// A config.json.
pub(super) struct Config {
    pub family: String,
    pub text: String,
}

const GOOGLE_ALBERT: &str = "albert_config.json";
const GOOGLE_BERT: &str = "bert_config.json";

/// Takes a file over; what Google's lacks is added.
pub(super) fn of_file(
    path: &Path,
    tensors: Option<&[NamedTensor]>,
    guessed: &mut Vec<String>,
) -> Result<Config, ImportError> {
    let mut text = std::fs::read_to_string(path).map_err(|error| ImportError::read(path, &error))?;
    let parsed: Result<Map<String, Value>, _> = serde_json::from_str(&text);
    let mut settings = parsed.map_err(|error| ImportError::malformed(path, one_line(&error.to_string())))?;
    let name = folder::name(path);
    let google = match name.as_str() {
        GOOGLE_ALBERT => Some(Family::Albert),
        GOOGLE_BERT => Some(Family::Bert),
        _ => None,
    };
    let found = tensors.map(Family::of).or(google).map(Family::model_type);
    let told = settings.get("model_type").and_then(Value::as_str).map(str::to_owned);
    let family = match (told, found) {
        (Some(told), Some(found)) if told != found => {
            let reason = format!("its model_type is `{}` and the weights are those of `{found}`", one_line(&told));
            return Err(ImportError::unsupported(path, reason));
        }
        (Some(told), _) => return Ok(Config { family: told, text }),
        (None, Some(found)) => found.to_owned(),
        (None, None) => return Err(ImportError::malformed(path, "it has no `model_type`, expected a text")),
    };
    settings.insert("model_type".to_owned(), json!(family));
    // <https://github.com/google-research/albert/blob/master/modeling.py> has the approximation by tanh for it.
    if name == GOOGLE_ALBERT && settings.get("hidden_act").is_some_and(|act| act == "gelu") {
        settings.insert("hidden_act".to_owned(), json!("gelu_new"));
        guessed.push("hidden_act = gelu_new, which Google's ALBERT calls gelu".to_owned());
    }
    text = written(settings);
    Ok(Config { family, text })
}

/// Makes a config.json, where there is none, by the shapes of the weights.
pub(super) fn of_shapes(
    from: &Path,
    tensors: Option<&[NamedTensor]>,
    guessed: &mut Vec<String>,
) -> Result<Config, ImportError> {
    let Some(tensors) = tensors else {
        return Err(ImportError::unsupported(from, "it has no config.json, expected one beside the weights"));
    };
    let shapes = config_of(tensors)?;
    let family = shapes.family.model_type();
    let (layers, heads) = (shapes.num_hidden_layers, shapes.num_attention_heads);
    let act = match shapes.family {
        Family::Albert => {
            guessed.push(format!("num_hidden_layers = {layers}, as the published ALBERT of this size"));
            guessed.push(format!("num_attention_heads = {heads}, as the published ALBERT of this size"));
            "gelu_new"
        }
        Family::Bert => {
            guessed.push(format!("num_attention_heads = {heads}, as published BERTs of this size"));
            "gelu"
        }
    };
    guessed.push(format!("hidden_act = {act}, as most published models of the family"));
    guessed.push("layer_norm_eps = 1e-12, as published models of the family".to_owned());
    let mut settings = Map::new();
    let mut set = |key: &str, value: Value| settings.insert(key.to_owned(), value);
    set("model_type", json!(family));
    set("vocab_size", json!(shapes.vocab_size));
    if shapes.family == Family::Albert {
        set("embedding_size", json!(shapes.embedding_size));
        set("num_hidden_groups", json!(1));
        set("inner_group_num", json!(1));
    }
    set("hidden_size", json!(shapes.hidden_size));
    set("intermediate_size", json!(shapes.intermediate_size));
    set("num_hidden_layers", json!(layers));
    set("num_attention_heads", json!(heads));
    set("max_position_embeddings", json!(shapes.max_position_embeddings));
    set("type_vocab_size", json!(shapes.type_vocab_size));
    set("hidden_act", json!(act));
    set("layer_norm_eps", json!(1e-12));
    Ok(Config { family: family.to_owned(), text: written(settings) })
}

fn written(settings: Map<String, Value>) -> String {
    format!("{:#}\n", Value::Object(settings))
}

/// The text of vocab.txt.
pub(super) fn vocabulary(from: &Path, pieces: &[String]) -> Result<String, ImportError> {
    if let Some(piece) = pieces.iter().find(|piece| piece.contains('\n') || piece.ends_with('\r')) {
        let reason = format!("its piece `{}` has the end of a line in it, expected none in vocab.txt", one_line(piece));
        return Err(ImportError::unsupported(from, reason));
    }
    Ok(pieces.iter().flat_map(|piece| [piece.as_str(), "\n"]).collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::vocabulary;

    #[test]
    fn a_piece_is_a_line() {
        let pieces = |pieces: &[&str]| pieces.iter().map(|piece| (*piece).to_owned()).collect::<Vec<_>>();
        assert_eq!(vocabulary(Path::new("x"), &pieces(&["[PAD]", "", "é"])), Ok("[PAD]\n\né\n".to_owned()));
        for piece in ["a\nb", "a\r"] {
            assert!(vocabulary(Path::new("x"), &pieces(&["[PAD]", piece])).is_err());
        }
    }
}
