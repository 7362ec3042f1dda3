use std::time::Instant;

use annota::Session;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::logical_expr::LogicalPlan;

use crate::output::Printer;

/// Runs statements and prints what they give.
pub struct Runner {
    pub session: Session,
    pub printer: Printer,
    pub quiet: bool,
}

impl Runner {
    /// Runs statements one after another; the first that fails ends it.
    pub async fn run(&self, text: &str) -> anyhow::Result<()> {
        for statement in self.session.parse(text)? {
            let start = Instant::now();
            let data = self.session.plan(statement).await?;
            let shows = !matches!(data.logical_plan(), LogicalPlan::Ddl(_) | LogicalPlan::Statement(_));
            let shows = shows && !data.schema().fields().is_empty();
            let rows = match shows {
                true => self.printer.print(data).await?,
                false => data.collect().await?.iter().map(RecordBatch::num_rows).sum(),
            };
            if !self.quiet && self.printer.is_for_people() {
                say!("{rows} row(s) fetched. Elapsed {:.3} seconds.\n", start.elapsed().as_secs_f64())?;
            }
        }
        Ok(())
    }
}
