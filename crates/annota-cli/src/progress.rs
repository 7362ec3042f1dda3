use annota_cluster::job::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar on a terminal, nothing in a pipe.
pub struct JobBar {
    bar: ProgressBar,
}

impl JobBar {
    pub fn new() -> Self {
        let bar = ProgressBar::new(0);
        let template = "{bar:30} {human_pos}/{human_len} rows  {msg}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        JobBar { bar }
    }

    pub fn show(&self, progress: Progress) {
        self.bar.set_length(progress.total);
        self.bar.set_position(progress.rows);
        let mut message = format!("{:.0} tokens/s", progress.tokens_per_second());
        if progress.workers > 1 {
            message += &format!("  {} executors", progress.workers);
        }
        if progress.failed > 0 {
            message += &format!("  {} shards failed", progress.failed);
        }
        self.bar.set_message(message);
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
