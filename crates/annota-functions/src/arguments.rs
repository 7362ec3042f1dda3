//! The arguments of an annotator's call: first its columns, then its parameters as literals, then its optional columns.

use annota_annotators::columns::Texts;
use annota_annotators::{Definition, Fallback, Input, Parameter, SettingValue, Settings};
use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{DataType, FieldRef};
use datafusion_common::{Result, ScalarValue, plan_datafusion_err, plan_err};
use datafusion_expr::{Expr, Signature, TypeSignature, Volatility, lit};

use crate::AnnotaOptions;

/// Any call is accepted here and checked by [`check`], whose messages say what is wrong. The exact alternative is
/// what `SHOW FUNCTIONS` shows.
pub fn signature(definition: &Definition, volatility: Volatility) -> Signature {
    let parameters = definition.parameters.iter().map(|parameter| (parameter.name, DataType::Utf8));
    let of = |inputs: &'static [Input]| inputs.iter().map(|input| (input.name(), input.shown_type()));
    let arguments = of(definition.required()).chain(parameters).chain(of(definition.optional()));
    let (names, types): (Vec<&str>, Vec<DataType>) = arguments.unzip();
    open_signature(types, &names, volatility)
}

/// A signature that accepts any arguments and is shown with these.
pub fn open_signature(types: Vec<DataType>, names: &[&str], volatility: Volatility) -> Signature {
    Signature {
        type_signature: TypeSignature::OneOf(vec![TypeSignature::UserDefined, TypeSignature::Exact(types)]),
        volatility,
        parameter_names: Some(names.iter().map(|name| (*name).to_owned()).collect()),
    }
}

/// The inputs of a call in the annotator's order, each with its place among the arguments.
pub fn places(definition: &Definition) -> impl Iterator<Item = (usize, Input)> {
    let required = definition.required().iter().copied().enumerate();
    let behind = definition.required().len() + definition.parameters.len();
    required.chain(definition.optional().iter().enumerate().map(move |(index, input)| (behind + index, *input)))
}

/// The arguments that are parameters, as far as they are given.
pub fn parameters<'a, T>(definition: &Definition, arguments: &'a [T]) -> &'a [T] {
    let behind = arguments.get(definition.required().len()..).unwrap_or_default();
    &behind[..behind.len().min(definition.parameters.len())]
}

/// The types that a call's arguments are cast to. What does not fit is left as it is, for [`check`] to name.
pub fn coerce(definition: &Definition, types: &[DataType]) -> Vec<DataType> {
    let mut coerced = types.to_vec();
    for (place, input) in places(definition) {
        if let Some(found) = coerced.get_mut(place) {
            *found = input.coerced(found).unwrap_or_else(|| found.clone());
        }
    }
    coerced
}

/// Whether the arguments are as many as the function takes, and its inputs what it takes.
pub fn check(definition: &Definition, fields: &[FieldRef]) -> Result<()> {
    let (least, most) = (definition.required().len(), definition.inputs.len() + definition.parameters.len());
    if fields.len() < least || fields.len() > most {
        return plan_err!("{}: {} arguments given, expected {least} to {most}", definition.name, fields.len());
    }
    for (place, input) in places(definition) {
        let Some(field) = fields.get(place) else { continue };
        if input.coerced(field.data_type()).is_none() {
            return plan_err!(
                "{}: argument {} (`{}`) is of type {}: expected {}",
                definition.name,
                place + 1,
                input.name(),
                short(field.data_type()),
                input.expects()
            );
        }
    }
    Ok(())
}

/// A type's name without its nested fields.
pub fn short(data_type: &DataType) -> String {
    match data_type {
        DataType::List(item) => format!("List({})", short(item.data_type())),
        DataType::Struct(_) => "Struct".to_owned(),
        DataType::Map(..) => "Map".to_owned(),
        other => other.to_string(),
    }
}

/// The settings of a call. What is not given, not yet known, or NULL, comes from the session.
pub fn settings(definition: &Definition, given: &[Option<&ScalarValue>], options: &AnnotaOptions) -> Result<Settings> {
    let mut settings = Settings::default();
    for (index, parameter) in definition.parameters.iter().enumerate() {
        let value = match given.get(index) {
            Some(Some(literal)) if !literal.is_null() => Some(setting(definition, parameter, literal)?),
            _ => options.fallback(parameter),
        };
        if let Some(value) = value {
            settings.set(parameter.name, value);
        }
    }
    definition.read_paths(&mut settings).map_err(|error| plan_datafusion_err!("{}: {error}", definition.name))?;
    Ok(settings)
}

/// The parameters that a complete call has otherwise than the one that was given: options of the session, and lists
/// with what files say.
pub fn changes<'a>(
    definition: &'a Definition,
    given: &'a [Option<&ScalarValue>],
    settings: &'a Settings,
) -> impl Iterator<Item = (usize, Expr)> + 'a {
    let reads_files = definition
        .parameters
        .iter()
        .zip(given)
        .any(|(parameter, value)| parameter.name.ends_with("_path") && value.is_some());
    definition.parameters.iter().zip(given).enumerate().filter_map(move |(index, (parameter, value))| {
        let complete = settings.iter().find(|(name, _)| *name == parameter.name).map(|(_, value)| literal(value));
        match (value, complete) {
            (None, Some(option)) if matches!(parameter.fallback, Fallback::Option(_)) => Some((index, option)),
            (_, Some(list)) if reads_files && parameter.fallback == Fallback::Nothing => Some((index, list)),
            (Some(_), None) => Some((index, lit(ScalarValue::Null))),
            _ => None,
        }
    })
}

fn setting(definition: &Definition, parameter: &Parameter, literal: &ScalarValue) -> Result<SettingValue> {
    match literal {
        ScalarValue::Utf8(Some(text)) | ScalarValue::LargeUtf8(Some(text)) | ScalarValue::Utf8View(Some(text)) => {
            Ok(SettingValue::Text(text.clone()))
        }
        ScalarValue::Int64(Some(number)) => Ok(SettingValue::Integer(*number)),
        ScalarValue::Boolean(Some(value)) => Ok(SettingValue::Boolean(*value)),
        ScalarValue::List(list) if texts(list.values()).is_some() => {
            Ok(SettingValue::Texts(texts(list.values()).unwrap_or_default()))
        }
        other => plan_err!(
            "{}: `{}` is `{other}`: expected a text, a whole number, a truth value or a list of texts",
            definition.name,
            parameter.name
        ),
    }
}

/// The elements of a list of texts without NULLs.
fn texts(values: &ArrayRef) -> Option<Vec<String>> {
    if values.is_empty() {
        return Some(Vec::new());
    }
    let texts = Texts::read(values.as_ref()).filter(|_| values.null_count() == 0)?;
    Some((0..values.len()).map(|index| texts.value(index).to_owned()).collect())
}

/// A setting as the literal of a call.
pub fn literal(value: &SettingValue) -> Expr {
    match value {
        SettingValue::Text(text) => lit(text.as_str()),
        SettingValue::Integer(number) => lit(*number),
        SettingValue::Boolean(value) => lit(*value),
        SettingValue::Texts(texts) => {
            let texts: Vec<ScalarValue> = texts.iter().map(|text| ScalarValue::from(text.as_str())).collect();
            lit(ScalarValue::List(ScalarValue::new_list_nullable(&texts, &DataType::Utf8)))
        }
    }
}
