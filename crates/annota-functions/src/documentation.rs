use std::fmt::Display;

use annota_annotators::{Definition, Fallback, Input, Parameter};
use datafusion_expr::{DocSection, Documentation};

pub(crate) const SECTION: DocSection = DocSection { include: true, label: "Annota Functions", description: None };

/// What `SHOW FUNCTIONS` tells of an annotator.
pub fn of(definition: &Definition) -> Documentation {
    let inputs = |inputs: &'static [Input]| inputs.iter().map(|input| (input.name().to_owned(), input.expects()));
    let parameters = definition.parameters.iter().map(|parameter| (parameter.name.to_owned(), about(parameter)));
    let arguments = inputs(definition.required()).chain(parameters).chain(inputs(definition.optional()));
    let mut documentation = Documentation::builder(SECTION, definition.summary, syntax(definition));
    for (name, about) in arguments {
        documentation = documentation.with_argument(name, about);
    }
    documentation.with_sql_example(format!("SELECT {} FROM docs", definition.example)).build()
}

fn about(parameter: &Parameter) -> String {
    let by_default = |value: &dyn Display| format!("{}; {value} by default", parameter.about);
    match parameter.fallback {
        Fallback::Text(text) => by_default(&text),
        Fallback::Boolean(value) => by_default(&value),
        Fallback::Integer(number) => by_default(&number),
        Fallback::Nothing | Fallback::Option(_) => parameter.about.to_owned(),
    }
}

/// `name(input, … [, parameter] … [, optional input] …)`.
fn syntax(definition: &Definition) -> String {
    let inputs: Vec<&str> = definition.required().iter().map(|input| input.name()).collect();
    let parameters = definition.parameters.iter().map(|parameter| parameter.name);
    let optional = definition.optional().iter().map(|input| input.name());
    let optional: String = parameters.chain(optional).map(|name| format!(" [, {name}]")).collect();
    format!("{}({}{optional})", definition.name, inputs.join(", "))
}
