//! Reading `spiece.model`: the protocol buffer `ModelProto` of SentencePiece's `sentencepiece_model.proto`.

use crate::protobuf::{Value, fields};

/// What a piece is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    Normal,
    Unknown,
    Control,
    UserDefined,
    Unused,
    Byte,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    pub text: String,
    pub score: f32,
    pub kind: PieceKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Unigram,
    Bpe,
}

/// The parts of the file that say how a text is cut.
#[derive(Debug, Clone, PartialEq)]
pub struct SentencePieceFile {
    pub pieces: Vec<Piece>,
    pub algorithm: Algorithm,
    pub byte_fallback: bool,
    /// The mark of a word's begin stands behind the word instead.
    pub mark_behind: bool,
    pub charsmap: Vec<u8>,
    pub add_dummy_prefix: bool,
    pub remove_extra_blanks: bool,
    pub escape_blanks: bool,
}

impl Default for SentencePieceFile {
    /// What a file says that says nothing.
    fn default() -> Self {
        SentencePieceFile {
            pieces: Vec::new(),
            algorithm: Algorithm::Unigram,
            byte_fallback: false,
            mark_behind: false,
            charsmap: Vec::new(),
            add_dummy_prefix: true,
            remove_extra_blanks: true,
            escape_blanks: true,
        }
    }
}

impl SentencePieceFile {
    /// # Errors
    /// What is wrong with the file, and at which byte.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut file = SentencePieceFile::default();
        for field in fields(bytes) {
            match field? {
                (1, value) => file.pieces.push(piece(value.bytes("a piece")?)?),
                (2, value) => file.read_trainer(value.bytes("trainer_spec")?)?,
                (3, value) => file.read_normalizer(value.bytes("normalizer_spec")?)?,
                _ => {}
            }
        }
        if file.pieces.is_empty() {
            return Err("it has no pieces".to_owned());
        }
        Ok(file)
    }

    fn read_trainer(&mut self, bytes: &[u8]) -> Result<(), String> {
        for field in fields(bytes) {
            match field? {
                (3, value) => self.algorithm = algorithm(value.number("model_type")?)?,
                (24, value) => self.mark_behind = value.number("treat_whitespace_as_suffix")? != 0,
                (35, value) => self.byte_fallback = value.number("byte_fallback")? != 0,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_normalizer(&mut self, bytes: &[u8]) -> Result<(), String> {
        for field in fields(bytes) {
            match field? {
                (2, value) => self.charsmap = value.bytes("precompiled_charsmap")?.to_vec(),
                (3, value) => self.add_dummy_prefix = value.number("add_dummy_prefix")? != 0,
                (4, value) => self.remove_extra_blanks = value.number("remove_extra_whitespaces")? != 0,
                (5, value) => self.escape_blanks = value.number("escape_whitespaces")? != 0,
                _ => {}
            }
        }
        Ok(())
    }
}

fn algorithm(value: u64) -> Result<Algorithm, String> {
    match value {
        1 => Ok(Algorithm::Unigram),
        2 => Ok(Algorithm::Bpe),
        other => Err(format!("model_type is `{other}`, expected 1 (unigram) or 2 (BPE)")),
    }
}

fn piece(bytes: &[u8]) -> Result<Piece, String> {
    let mut piece = Piece { text: String::new(), score: 0.0, kind: PieceKind::Normal };
    for field in fields(bytes) {
        match field? {
            (1, value) => value.text("a piece")?.clone_into(&mut piece.text),
            (2, Value::Fixed32(score)) => piece.score = f32::from_le_bytes(score),
            (3, value) => piece.kind = kind(value.number("a piece's type")?)?,
            _ => {}
        }
    }
    match piece {
        Piece { ref text, .. } if text.is_empty() => Err("a piece is empty".to_owned()),
        Piece { ref text, score, .. } if !score.is_finite() => Err(format!("piece `{text}` has the score {score}")),
        piece => Ok(piece),
    }
}

fn kind(value: u64) -> Result<PieceKind, String> {
    Ok(match value {
        1 => PieceKind::Normal,
        2 => PieceKind::Unknown,
        3 => PieceKind::Control,
        4 => PieceKind::UserDefined,
        5 => PieceKind::Unused,
        6 => PieceKind::Byte,
        other => return Err(format!("a piece is of type `{other}`, expected 1 to 6")),
    })
}
