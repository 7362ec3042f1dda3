//! The pieces by text and by id.

use std::collections::HashMap;

use super::super::trie::Trie;
use super::file::{PieceKind, SentencePieceFile};

#[derive(Debug)]
pub struct Vocabulary {
    texts: Vec<String>,
    /// Pieces that a text is cut into.
    trie: Trie,
    /// Those of the user's own among them.
    user_defined: Trie,
    /// Pieces that no text is cut into.
    reserved: HashMap<String, u32>,
    unknown: u32,
    /// The pieces of single bytes, where they serve unknown characters.
    bytes: Option<[u32; 256]>,
}

impl Vocabulary {
    pub fn new(file: &SentencePieceFile) -> Result<Self, String> {
        let of_kind = |kinds: &[PieceKind]| {
            let numbered = file.pieces.iter().zip(0_u32..).filter(|(piece, _)| kinds.contains(&piece.kind));
            numbered.map(|(piece, id)| (piece.text.as_bytes(), id)).collect::<Vec<_>>()
        };
        let unknown = of_kind(&[PieceKind::Unknown]);
        let [(_, unknown)] = unknown[..] else {
            return Err(format!("it has {} unknown pieces, expected 1", unknown.len()));
        };
        let reserved = file
            .pieces
            .iter()
            .zip(0_u32..)
            .filter(|(piece, _)| matches!(piece.kind, PieceKind::Unknown | PieceKind::Control | PieceKind::Byte));
        Ok(Vocabulary {
            texts: file.pieces.iter().map(|piece| piece.text.clone()).collect(),
            trie: trie(of_kind(&[PieceKind::Normal, PieceKind::UserDefined, PieceKind::Unused]))?,
            user_defined: trie(of_kind(&[PieceKind::UserDefined]))?,
            reserved: reserved.map(|(piece, id)| (piece.text.clone(), id)).collect(),
            unknown,
            bytes: if file.byte_fallback { Some(bytes(file)?) } else { None },
        })
    }

    pub fn trie(&self) -> &Trie {
        &self.trie
    }

    pub fn user_defined(&self) -> &Trie {
        &self.user_defined
    }

    pub fn unknown(&self) -> u32 {
        self.unknown
    }

    pub fn bytes(&self) -> Option<&[u32; 256]> {
        self.bytes.as_ref()
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn text(&self, id: u32) -> Option<&str> {
        self.texts.get(id as usize).map(String::as_str)
    }

    /// The id of a piece, of whatever kind.
    pub fn id(&self, text: &str) -> Option<u32> {
        self.reserved.get(text).copied().or_else(|| self.trie.get(text.as_bytes()))
    }
}

fn trie(mut keys: Vec<(&[u8], u32)>) -> Result<Trie, String> {
    keys.sort_unstable();
    let twice = keys.windows(2).find(|pair| pair[0].0 == pair[1].0);
    match twice {
        Some(pair) => Err(format!("piece `{}` stands in it twice", String::from_utf8_lossy(pair[0].0))),
        None => Ok(Trie::new(&keys)),
    }
}

/// The pieces `<0x00>` to `<0xFF>`.
fn bytes(file: &SentencePieceFile) -> Result<[u32; 256], String> {
    let mut ids = [None; 256];
    for (piece, id) in file.pieces.iter().zip(0_u32..).filter(|(piece, _)| piece.kind == PieceKind::Byte) {
        let hex = piece.text.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>'));
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let byte = byte.ok_or_else(|| format!("`{}` is no piece of a byte, as <0xFF> is one", piece.text))?;
        ids[usize::from(byte)] = Some(id);
    }
    let mut found = [0; 256];
    for (byte, id) in ids.iter().enumerate() {
        found[byte] = id.ok_or_else(|| format!("piece `<0x{byte:02X}>` is missing, which byte_fallback needs"))?;
    }
    Ok(found)
}
