/// Writes a line to the standard output. Unlike `println!` it gives an error where the reader has gone or a disk is full:
/// `say!("{rows} rows")?`.
macro_rules! say {
    ($($argument:tt)*) => {{
        use std::io::Write;
        writeln!(std::io::stdout(), $($argument)*)
    }};
}
