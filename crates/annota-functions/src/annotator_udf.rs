use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use annota_annotators::columns::ANNOTATOR_TYPE;
use annota_annotators::{
    Annotator, AnnotatorError, Context, Definition, EmbedError, Embedder, Input, Inputs, Settings,
};
use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion_common::{DataFusionError, Result, ScalarValue, internal_err, plan_datafusion_err, plan_err};
use datafusion_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion_expr::{
    ColumnarValue, Documentation, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility, lit,
};

use crate::answers::Answers;
use crate::{AnnotaOptions, arguments, documentation};

/// A scalar function that runs an annotator. Two are equal if their definitions have the same name: all that a
/// call computes is in its arguments.
pub struct AnnotatorUdf {
    definition: &'static Definition,
    embedder: Arc<dyn Embedder>,
    aliases: Vec<String>,
    signature: Signature,
    documentation: Documentation,
    /// Of its calls on literals. An executor, to which functions travel by name, has those of all queries together.
    answers: Answers,
    /// Whether it was made for a call on literals in a plan, to be kept by it alone.
    is_of_plan: bool,
}

impl AnnotatorUdf {
    pub fn new(definition: &'static Definition, embedder: Arc<dyn Embedder>) -> Self {
        // Volatile functions are neither evaluated while planning, which must open no model, nor duplicated.
        // What common subexpressions would save, annota's rules of planning save.
        let volatility = if definition.embeds { Volatility::Volatile } else { Volatility::Immutable };
        let signature = arguments::signature(definition, volatility);
        let aliases = definition.aliases.iter().map(|alias| (*alias).to_owned()).collect();
        let documentation = documentation::of(definition);
        AnnotatorUdf {
            definition,
            embedder,
            aliases,
            signature,
            documentation,
            answers: Answers::default(),
            is_of_plan: false,
        }
    }

    /// Whether a call of `function` asks a model for vectors.
    pub fn embeds(function: &ScalarUDF) -> bool {
        function.inner().downcast_ref::<AnnotatorUdf>().is_some_and(|udf| udf.definition.embeds)
    }

    fn settings(&self, given: &[Option<&ScalarValue>], options: &AnnotaOptions) -> Result<Settings> {
        arguments::settings(self.definition, given, options)
    }

    fn build(&self, settings: &Settings) -> Result<Box<dyn Annotator>> {
        (self.definition.build)(settings).map_err(|error| self.planning(&error))
    }

    fn planning(&self, error: &AnnotatorError) -> DataFusionError {
        plan_datafusion_err!("{}: {error}", self.name())
    }

    /// What may succeed later becomes an I/O error: the one class that a cluster tries again.
    fn running(&self, error: AnnotatorError) -> DataFusionError {
        let error = Plain { function: self.definition.name, error };
        match &error.error {
            AnnotatorError::Embed(EmbedError::Transient(_)) => {
                DataFusionError::IoError(std::io::Error::other(error.to_string()))
            }
            _ => DataFusionError::External(Box::new(error)),
        }
    }

    fn not_literal<T>(&self, parameter: usize) -> Result<T> {
        plan_err!("{}: `{}` must be a literal", self.name(), self.definition.parameters[parameter].name)
    }

    /// A column that says what its annotations are must say what this function takes.
    fn check_contract(&self, fields: &[FieldRef]) -> Result<()> {
        let inputs = arguments::places(self.definition);
        let given: Vec<(Input, &FieldRef)> =
            inputs.filter_map(|(place, input)| fields.get(place).map(|field| (input, field))).collect();
        let wrong = given.iter().any(|(input, field)| match (input.kind(), kind(field)) {
            (Some(expected), Some(found)) => expected.0 != found,
            _ => false,
        });
        if !wrong {
            return Ok(());
        }
        let given = given.iter().filter(|(input, field)| input.is_of_annotations() || kind(field).is_some());
        let given = given.map(|(input, field)| {
            let found = kind(field).unwrap_or("of no annotator type");
            format!("`{}` as `{}` is {found}, expected {}", field.name(), input.name(), input.expects())
        });
        plan_err!("{}: wrong input columns: {}", self.name(), given.collect::<Vec<_>>().join("; "))
    }
}

fn kind(field: &Field) -> Option<&str> {
    field.metadata().get(ANNOTATOR_TYPE).map(String::as_str)
}

impl ScalarUDFImpl for AnnotatorUdf {
    fn name(&self) -> &str {
        self.definition.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        internal_err!("{} has a return field", self.name())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        arguments::check(self.definition, args.arg_fields)?;
        self.check_contract(args.arg_fields)?;
        let given = arguments::parameters(self.definition, args.scalar_arguments);
        let settings = self.settings(given, &AnnotaOptions::default())?;
        self.build(&settings)?;
        Ok(Arc::new(self.definition.field(&settings).map_err(|error| self.planning(&error))?))
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(arguments::coerce(self.definition, types))
    }

    /// Writes every option of the session that the call relies on into it, and what the files say that it names, so
    /// that the plan says all that is computed.
    fn simplify(&self, mut args: Vec<Expr>, context: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let options = AnnotaOptions::of(context.config_options());
        let inputs = self.definition.required().len();
        let parameters = self.definition.parameters;
        let mut given = Vec::with_capacity(parameters.len());
        for index in 0..parameters.len() {
            given.push(match args.get(inputs + index) {
                None => None,
                Some(Expr::Literal(value, _)) => Some(value).filter(|value| !value.is_null()),
                Some(_) => return self.not_literal(index),
            });
        }
        let settings = arguments::settings(self.definition, &given, &options)?;
        let written: Vec<(usize, Expr)> = arguments::changes(self.definition, &given, &settings).collect();
        let is_constant = self.definition.embeds && args.iter().all(|arg| matches!(arg, Expr::Literal(..)));
        if written.is_empty() && (!is_constant || self.is_of_plan) {
            return Ok(ExprSimplifyResult::Original(args));
        }
        for (index, value) in written {
            args.resize((inputs + index + 1).max(args.len()), lit(ScalarValue::Null));
            args[inputs + index] = value;
        }
        let mut udf = AnnotatorUdf::new(self.definition, self.embedder.clone());
        udf.is_of_plan = is_constant;
        Ok(ExprSimplifyResult::Simplified(ScalarUDF::new_from_impl(udf).call(args)))
    }

    /// A call on nothing but literals is computed once in a plan, and once in an executor, whatever the number of batches
    /// and of rows.
    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let literals = args.args.iter().map(|arg| match arg {
            ColumnarValue::Scalar(value) => Some(value.clone()),
            ColumnarValue::Array(_) => None,
        });
        match literals.collect::<Option<Vec<_>>>().filter(|_| self.definition.embeds) {
            Some(literals) => self.answers.get(literals, || self.compute(args)),
            None => self.compute(args),
        }
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

impl AnnotatorUdf {
    fn compute(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let options = AnnotaOptions::of(&args.config_options);
        let parameters = arguments::parameters(self.definition, &args.args);
        let literals = parameters.iter().enumerate().map(|(index, value)| match value {
            ColumnarValue::Scalar(value) => Ok(Some(value)),
            ColumnarValue::Array(_) => self.not_literal(index),
        });
        let literals: Vec<Option<&ScalarValue>> = literals.collect::<Result<_>>()?;
        let annotator = self.build(&self.settings(&literals, &options)?)?;
        let inputs: Vec<&ColumnarValue> =
            arguments::places(self.definition).filter_map(|(place, _)| args.args.get(place)).collect();
        let constant = inputs.iter().all(|input| matches!(input, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let arrays: Vec<ArrayRef> = inputs.iter().map(|input| input.to_array(rows)).collect::<Result<_>>()?;
        let inputs = Inputs::read(self.definition, &arrays, rows).map_err(|error| self.running(error))?;
        let context =
            Context { embedder: self.embedder.as_ref(), family: self.definition.family, hints: options.hints() };
        let column = annotator.annotate(&inputs, &context).map_err(|error| self.running(error))?;
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&column, 0)?));
        }
        Ok(ColumnarValue::Array(column))
    }
}

/// An error of a function that is written for people wherever it is written: a cluster shows the debug form of what
/// failed.
struct Plain {
    function: &'static str,
    error: AnnotatorError,
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plain { function, error } = self;
        write!(f, "{function}: {error}")
    }
}

impl std::error::Error for Plain {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl fmt::Debug for AnnotatorUdf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnnotatorUdf").field("name", &self.definition.name).finish_non_exhaustive()
    }
}

impl PartialEq for AnnotatorUdf {
    fn eq(&self, other: &Self) -> bool {
        self.definition.name == other.definition.name
    }
}

impl Eq for AnnotatorUdf {}

impl Hash for AnnotatorUdf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.definition.name.hash(state);
    }
}
