/// Is told how a download goes. Called from the thread that fetches.
pub trait Progress {
    /// A file begins, or begins again from zero.
    fn begin(&self, file: &str, size: Option<u64>);
    /// So many more of its bytes are here, or were from an earlier download.
    fn advance(&self, bytes: u64);
    /// The file is here, or was given up.
    fn end(&self);
    /// Another process is downloading this file.
    fn waiting(&self, file: &str);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str, _: Option<u64>) {}
    fn advance(&self, _: u64) {}
    fn end(&self) {}
    fn waiting(&self, _: &str) {}
}
