//! Reading `spiece.model`: the protocol buffer `ModelProto` of SentencePiece's `sentencepiece_model.proto`.

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

impl SentencePieceFile {
    /// # Errors
    /// What is wrong with the file, and at which byte.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut file = SentencePieceFile {
            pieces: Vec::new(),
            algorithm: Algorithm::Unigram,
            byte_fallback: false,
            mark_behind: false,
            charsmap: Vec::new(),
            add_dummy_prefix: true,
            remove_extra_blanks: true,
            escape_blanks: true,
        };
        for field in Fields::new(bytes) {
            let Field { number, bytes, .. } = field?;
            match number {
                1 => file.pieces.push(piece(bytes)?),
                2 => file.read_trainer(bytes)?,
                3 => file.read_normalizer(bytes)?,
                _ => {}
            }
        }
        if file.pieces.is_empty() {
            return Err("it has no pieces".to_owned());
        }
        Ok(file)
    }

    fn read_trainer(&mut self, bytes: &[u8]) -> Result<(), String> {
        for field in Fields::new(bytes) {
            let Field { number, value, .. } = field?;
            match number {
                3 => self.algorithm = algorithm(value)?,
                24 => self.mark_behind = value != 0,
                35 => self.byte_fallback = value != 0,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_normalizer(&mut self, bytes: &[u8]) -> Result<(), String> {
        for field in Fields::new(bytes) {
            let Field { number, value, bytes } = field?;
            match number {
                2 => self.charsmap = bytes.to_vec(),
                3 => self.add_dummy_prefix = value != 0,
                4 => self.remove_extra_blanks = value != 0,
                5 => self.escape_blanks = value != 0,
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
    for field in Fields::new(bytes) {
        let Field { number, value, bytes } = field?;
        match number {
            1 => {
                let text = std::str::from_utf8(bytes).map_err(|_| "a piece is not UTF-8".to_owned())?;
                piece.text = text.to_owned();
            }
            2 => piece.score = f32::from_bits(value as u32),
            3 => piece.kind = kind(value)?,
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

/// A field of a message: a number (a float as its bits), or bytes.
struct Field<'a> {
    number: u64,
    value: u64,
    bytes: &'a [u8],
}

/// The fields of a message, in order; the first that cannot be read is the last.
struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
    failed: bool,
}

impl<'a> Fields<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Fields { bytes, at: 0, failed: false }
    }

    fn read(&mut self) -> Option<Field<'a>> {
        let tag = self.varint()?;
        let number = tag >> 3;
        Some(match tag & 7 {
            0 => Field { number, value: self.varint()?, bytes: &[] },
            1 => Field { number, value: u64::from_le_bytes(self.take(8)?.try_into().ok()?), bytes: &[] },
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Field { number, value: 0, bytes: self.take(length)? }
            }
            5 => Field { number, value: u32::from_le_bytes(self.take(4)?.try_into().ok()?).into(), bytes: &[] },
            _ => return None,
        })
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.at >= self.bytes.len() {
            return None;
        }
        let start = self.at;
        let field = self.read();
        self.failed = field.is_none();
        Some(field.ok_or_else(|| format!("byte {start} of {} begins no field that ends in it", self.bytes.len())))
    }
}
