//! DataFusion takes named arguments only where they leave no gap: `f(a, third => 3)` is refused. Annota's
//! functions have many optional parameters, so gaps are filled with NULL, which means "not given" to them.

use std::ops::ControlFlow;

use annota_functions::AnnotatorUdf;
use datafusion::logical_expr::registry::FunctionRegistry;
use datafusion::sql::parser::{CopyToSource, Statement};
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Value, VisitMut,
    visit_expressions_mut,
};

/// Fills the gaps in all calls of annotator functions.
pub fn fill_gaps(statement: &mut Statement, registry: &dyn FunctionRegistry) {
    match statement {
        Statement::Statement(statement) => fill_within(statement.as_mut(), registry),
        Statement::CopyTo(copy) => {
            if let CopyToSource::Query(query) = &mut copy.source {
                fill_within(query.as_mut(), registry);
            }
        }
        Statement::Explain(explain) => fill_gaps(&mut explain.statement, registry),
        Statement::CreateExternalTable(_) | Statement::Reset(_) => {}
    }
}

fn fill_within<V: VisitMut>(part: &mut V, registry: &dyn FunctionRegistry) {
    let flow: ControlFlow<()> = visit_expressions_mut(part, |expression| {
        if let Expr::Function(function) = expression {
            fill_call(function, registry);
        }
        ControlFlow::Continue(())
    });
    debug_assert!(flow.is_continue());
}

fn fill_call(function: &mut Function, registry: &dyn FunctionRegistry) {
    let name = function.name.to_string().to_ascii_lowercase();
    let Ok(udf) = registry.udf(&name) else { return };
    let is_annotator = (udf.inner().as_ref() as &dyn std::any::Any).is::<AnnotatorUdf>();
    let (true, Some(parameters)) = (is_annotator, &udf.signature().parameter_names) else { return };
    if let FunctionArguments::List(list) = &mut function.args {
        fill_list(list, parameters);
    }
}

/// Puts named arguments in the order of the parameters, with NULL between. A list that DataFusion will refuse
/// (an unknown name, one given twice) is left as it is.
fn fill_list(list: &mut FunctionArgumentList, parameters: &[String]) {
    let positional = list.args.iter().take_while(|argument| name_of(argument).is_none()).count();
    let mut places = list.args[positional..].iter().map(|argument| {
        let name = name_of(argument)?;
        parameters.iter().position(|parameter| parameter.eq_ignore_ascii_case(name))
    });
    let places: Option<Vec<usize>> = places.by_ref().collect();
    let Some(places) = places else { return };
    let Some(last) = places.iter().max() else { return };
    for (place, parameter) in parameters.iter().enumerate().take(*last).skip(positional) {
        if !places.contains(&place) {
            list.args.push(null(parameter));
        }
    }
}

fn name_of(argument: &FunctionArg) -> Option<&str> {
    match argument {
        FunctionArg::Named { name, .. } => Some(&name.value),
        FunctionArg::ExprNamed { name: Expr::Identifier(name), .. } => Some(&name.value),
        _ => None,
    }
}

fn null(parameter: &str) -> FunctionArg {
    FunctionArg::Named {
        name: parameter.into(),
        arg: FunctionArgExpr::Expr(Expr::Value(Value::Null.into())),
        operator: datafusion::sql::sqlparser::ast::FunctionArgOperator::RightArrow,
    }
}
