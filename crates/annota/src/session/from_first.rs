//! `FROM 'texts.csv'` means `SELECT * FROM 'texts.csv'`, as in DuckDB; DataFusion plans it without columns.

use std::ops::ControlFlow;

use datafusion::sql::parser::{CopyToSource, Statement};
use datafusion::sql::sqlparser::ast::{
    Query, SelectFlavor, SelectItem, SetExpr, VisitMut, VisitorMut, WildcardAdditionalOptions,
};

/// Gives all queries that begin with FROM and select nothing a `*`.
pub fn select_all(statement: &mut Statement) {
    match statement {
        Statement::Statement(statement) => within(statement.as_mut()),
        Statement::CopyTo(copy) => {
            if let CopyToSource::Query(query) = &mut copy.source {
                within(query.as_mut());
            }
        }
        Statement::Explain(explain) => select_all(&mut explain.statement),
        Statement::CreateExternalTable(_) | Statement::Reset(_) => {}
    }
}

fn within<V: VisitMut>(part: &mut V) {
    let flow = part.visit(&mut Queries);
    debug_assert!(flow.is_continue());
}

struct Queries;

impl VisitorMut for Queries {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        of_set(&mut query.body);
        ControlFlow::Continue(())
    }
}

fn of_set(set: &mut SetExpr) {
    match set {
        SetExpr::Select(select) if select.flavor == SelectFlavor::FromFirstNoSelect => {
            select.projection = vec![SelectItem::Wildcard(WildcardAdditionalOptions::default())];
            select.flavor = SelectFlavor::FromFirst;
        }
        SetExpr::SetOperation { left, right, .. } => {
            of_set(left);
            of_set(right);
        }
        _ => {}
    }
}
