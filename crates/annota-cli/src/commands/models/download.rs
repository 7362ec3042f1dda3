use std::sync::{Mutex, PoisonError};

use annota::models::store;
use annota::models::store::hub::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar for every file that is downloaded, on a terminal; nothing in a pipe.
struct Bars {
    bar: Mutex<Option<ProgressBar>>,
}

impl Bars {
    fn with(&self, show: impl FnOnce(&mut Option<ProgressBar>)) {
        show(&mut self.bar.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Progress for Bars {
    fn begin(&self, file: &str, size: Option<u64>) {
        let bar = size.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let template = "{msg} {bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(file.to_owned());
        self.with(|shown| *shown = Some(bar));
    }

    fn advance(&self, bytes: u64) {
        self.with(|shown| shown.iter().for_each(|bar| bar.inc(bytes)));
    }

    fn end(&self) {
        self.with(|shown| {
            if let Some(bar) = shown.take() {
                bar.finish_and_clear();
            }
        });
    }

    fn waiting(&self, file: &str) {
        let bar = ProgressBar::new_spinner();
        bar.set_message(format!("{file}: another process is downloading it"));
        bar.tick();
        self.with(|shown| *shown = Some(bar));
    }
}

static BARS: Bars = Bars { bar: Mutex::new(None) };

/// Shows every download of this process.
pub fn show_downloads() {
    store::listen(&BARS);
}
