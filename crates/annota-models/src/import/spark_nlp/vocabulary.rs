//! A BERT annotator's vocabulary: a map from piece to number, in Hadoop's sequence files of serialised Java objects.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use super::java::{self, Java};
use crate::import::error::one_line;
use crate::import::{ImportError, folder};
use crate::protobuf::{array, take};

/// Reads the pieces from the folder that [`super::SavedTokenizer::Vocabulary`] names; the first has number 0. They are
/// the lines of Hugging Face's `vocab.txt`.
///
/// # Errors
/// [`ImportError`] when a file is missing, damaged or compressed, and when a number is missing or given twice.
pub fn vocabulary(fields: &Path) -> Result<Vec<String>, ImportError> {
    let mut pieces: BTreeMap<i64, Rc<str>> = BTreeMap::new();
    for path in folder::files(fields)?.iter().filter(|path| folder::name(path).starts_with("part-")) {
        let file = std::fs::read(path).map_err(|error| ImportError::read(path, &error))?;
        let fail = |reason: String| ImportError::malformed(path, reason);
        for (piece, number) in pairs(&file).map_err(fail)? {
            if let Some(other) = pieces.insert(number, piece.clone()) {
                let (piece, other) = (one_line(&piece), one_line(&other));
                return Err(fail(format!("pieces `{other}` and `{piece}` have number {number}, expected one")));
            }
        }
    }
    match pieces.keys().zip(0..).find(|(number, expected)| *number != expected) {
        Some((_, number)) => Err(ImportError::malformed(fields, format!("number {number} has no piece, expected one"))),
        None if pieces.is_empty() => Err(ImportError::malformed(fields, "it has no pieces, expected a vocabulary")),
        None => Ok(pieces.into_values().map(|piece| piece.to_string()).collect()),
    }
}

/// The pairs of all records of a sequence file.
fn pairs(file: &[u8]) -> Result<Vec<(Rc<str>, i64)>, String> {
    let mut rest = file;
    let [b'S', b'E', b'Q', _version] = array(&mut rest)? else {
        return Err("its beginning is not that of a sequence file, expected Spark's object file".to_owned());
    };
    class_name(&mut rest)?;
    let values = class_name(&mut rest)?;
    if values != b"org.apache.hadoop.io.BytesWritable" {
        return Err(format!("its values are `{}`, expected BytesWritable", one_line(&String::from_utf8_lossy(values))));
    }
    if array(&mut rest)? != [0, 0] {
        return Err("it is compressed, expected a plain sequence file".to_owned());
    }
    if array(&mut rest)? != [0; 4] {
        return Err("it has metadata, expected none".to_owned());
    }
    let sync: [u8; 16] = array(&mut rest)?;
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_be_bytes(array(&mut rest)?);
        if length == u32::MAX {
            if array(&mut rest)? != sync {
                return Err("a mark between its records is not that of its beginning".to_owned());
            }
            continue;
        }
        let key = u32::from_be_bytes(array(&mut rest)?);
        let mut record = take(&mut rest, length.into())?;
        take(&mut record, key.into())?;
        let bytes = u32::from_be_bytes(array(&mut record)?);
        let Java::Array(some) = java::value(take(&mut record, bytes.into())?)? else {
            return Err("a record is no array, expected one of pairs".to_owned());
        };
        for element in some.iter() {
            pairs.push(pair(element).ok_or("a record has other things than pairs of a text and a number")?);
        }
    }
    Ok(pairs)
}

fn class_name<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let [length] = array(rest)?;
    take(rest, length.into())
}

/// `scala.Tuple2` of a text and a `java.lang.Integer`.
fn pair(element: &Java) -> Option<(Rc<str>, i64)> {
    let Java::Object(fields) = element else { return None };
    let [Java::Text(piece), Java::Object(number)] = &**fields else { return None };
    let [Java::Number(number)] = &**number else { return None };
    Some((piece.clone(), *number))
}
