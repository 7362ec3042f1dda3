//! What goes between a driver and its workers: shards, and what became of them.

use std::fmt;
use std::sync::Arc;

use annota::files::InputFile;
use serde::{Deserialize, Serialize};

use super::Job;
use super::provenance::Fact;

/// Rows that are annotated as one and become one file of the output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shard {
    /// Its place in the job.
    pub number: u64,
    /// Where its rows are, one after another.
    pub pieces: Vec<Piece>,
    /// Rows of all pieces.
    pub rows: u64,
    /// Of these only the rows at these places are annotated; all where it is `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<u64>>,
    /// Whether the rows are annotated already, and only kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept: bool,
    /// Kept rows whose texts are as they were, and whose other columns are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renewed: Vec<Renewed>,
}

/// Rows of the input from which annotated rows get their columns anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Renewed {
    pub pieces: Vec<Piece>,
    /// Rows of all pieces.
    pub rows: u64,
    /// The place of a kept row in its file, and that of its row in the pieces; in the order of the former.
    pub places: Vec<[u64; 2]>,
}

/// Rows of a file that follow one another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    pub file: Arc<InputFile>,
    pub part: Part,
    pub rows: u64,
    /// CRC-32 of the text of these rows, or of a Parquet file's footer: a worker that finds another reads another input than
    /// the one that was planned.
    pub checksum: u32,
}

/// Which rows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// `count` rows of Parquet behind the first `skip`.
    Rows { skip: u64, count: u64 },
    /// Whole records of CSV or JSON, by the bytes of the normalized text.
    Bytes { start: u64, end: u64 },
}

impl Shard {
    pub fn new(number: u64) -> Self {
        Shard { number, pieces: Vec::new(), rows: 0, only: None, kept: false, renewed: Vec::new() }
    }

    /// Adds the rows of a piece behind those that are there.
    pub fn push(&mut self, piece: &Piece) {
        self.rows += piece.rows;
        match self.pieces.last_mut() {
            Some(last) if last.is_before(piece) => last.join(piece),
            _ => self.pieces.push(piece.clone()),
        }
    }

    /// What the rows are, wherever in the job they stand: by their files' paths, checksums and numbers.
    pub fn content(&self) -> String {
        let piece = |Piece { file, part, rows, checksum }: &Piece| match part {
            Part::Rows { skip, count } => format!("{file} {skip}+{count} {checksum:08x}"),
            // Rows before them may have become longer or shorter.
            Part::Bytes { start, end } => format!("{file} {rows} in {} {checksum:08x}", end - start),
        };
        self.pieces.iter().map(piece).collect::<Vec<_>>().join("; ")
    }

    /// The files of the rows, for people.
    pub fn input(&self) -> String {
        match self.pieces.as_slice() {
            [] => "no rows".to_owned(),
            [only] => only.file.to_string(),
            [first, others @ ..] => format!("{} and {} other parts of files", first.file, others.len()),
        }
    }

    /// Which rows of the file, or of the first file, for people.
    pub fn part(&self) -> String {
        self.pieces.first().map_or_else(String::new, |piece| piece.part.to_string())
    }
}

impl Piece {
    fn is_before(&self, next: &Piece) -> bool {
        let follows = match (self.part, next.part) {
            (Part::Rows { skip, count }, Part::Rows { skip: next, .. }) => skip + count == next,
            (Part::Bytes { end, .. }, Part::Bytes { start, .. }) => end == start,
            _ => false,
        };
        follows && self.file == next.file
    }

    fn join(&mut self, next: &Piece) {
        self.rows += next.rows;
        match (&mut self.part, next.part) {
            (Part::Rows { count, .. }, Part::Rows { count: more, .. }) => *count += more,
            (Part::Bytes { start, end }, Part::Bytes { start: from, end: until }) => {
                let mut all = crc32fast::Hasher::new_with_initial_len(self.checksum, *end - *start);
                all.combine(&crc32fast::Hasher::new_with_initial_len(next.checksum, until - from));
                (self.checksum, *end) = (all.finalize(), until);
            }
            _ => {}
        }
    }
}

/// All that a worker is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The job's short hash, part of the names of its files.
    pub id: String,
    pub job: Job,
    /// The columns of the input's files ([`annota::files::columns`]).
    pub columns: String,
    /// The columns that folders of the input name.
    pub folder_columns: String,
    pub facts: Vec<Fact>,
    /// Whether the file waits for the end of the job before it is among the output's.
    #[serde(default)]
    pub waits: bool,
    pub shard: Shard,
}

/// What became of a shard: a line of the manifest.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Record {
    pub job: String,
    pub shard: u64,
    /// The file that was read, and which part of it.
    pub input: String,
    pub part: String,
    /// [`Shard::content`], by which a job over a changed input finds what is done already.
    #[serde(default)]
    pub content: String,
    /// Rows that were read, and those that were written.
    pub rows: u64,
    pub output_rows: u64,
    /// The file that was written, relative to the output; `None` if there was no row to write.
    pub output: Option<String>,
    pub bytes: u64,
    /// Of the model.
    pub fingerprint: String,
    pub device: String,
    pub precision: String,
    /// Who did it.
    pub worker: String,
    pub seconds: f64,
    /// Rows that stand in the rejects.
    pub rejected: u64,
    /// Pieces that the worker had computed since it started, before and after the shard.
    pub pieces: [u64; 2],
}

/// Why a shard was not done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    pub reason: String,
    /// Whether another try would fail too.
    pub certain: bool,
}

impl Failure {
    pub fn passing(reason: impl ToString) -> Self {
        Failure { reason: reason.to_string(), certain: false }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Rows { skip, count } => write!(f, "rows {skip}..{}", skip + count),
            Part::Bytes { start, end } => write!(f, "bytes {start}..{end}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, start: u64, rows: u64) -> Piece {
        let file: InputFile = serde_json::from_str(
            r#"{"store":"file:///","path":"a.csv","size":1,"modified":0,"format":{"kind":"csv","delimiter":44,"compression":"none"}}"#,
        )
        .expect("a file");
        let part = Part::Bytes { start, end: start + text.len() as u64 };
        Piece { file: Arc::new(file), part, rows, checksum: crc32fast::hash(text.as_bytes()) }
    }

    #[test]
    fn pieces_that_follow_one_another_are_one() {
        let mut shard = Shard::new(0);
        shard.push(&piece("1,a\n", 10, 1));
        shard.push(&piece("2,b\n3,c\n", 14, 2));
        assert_eq!((shard.pieces.len(), shard.rows), (1, 3));
        assert_eq!(shard.pieces[0], piece("1,a\n2,b\n3,c\n", 10, 3));
        let mut moved = Shard::new(7);
        moved.push(&piece("1,a\n2,b\n3,c\n", 12, 3));
        assert_eq!(moved.content(), shard.content());
        shard.push(&piece("5,e\n", 30, 1));
        assert_eq!((shard.pieces.len(), shard.rows), (2, 4));
        assert_ne!(moved.content(), shard.content());
    }
}
