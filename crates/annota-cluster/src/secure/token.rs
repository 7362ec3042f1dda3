use std::fmt;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::{ClusterError, Result};

/// The secret that clients share with a scheduler. Neither printed nor logged.
#[derive(Clone)]
pub struct Token(Arc<str>);

impl Token {
    /// # Errors
    /// Nothing, or signs that a header cannot carry.
    pub fn new(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ClusterError::Setting {
                setting: "--token",
                value: "…".to_owned(),
                expected: "one or more visible ASCII characters without spaces".to_owned(),
            });
        }
        Ok(Token(text.into()))
    }

    /// Reads the token that a file holds.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ClusterError::File { path: path.to_owned(), reason: error.to_string() })?;
        Token::new(&text)
    }

    /// The value of `authorization` that shows it.
    pub(crate) fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// Whether that is the token. Takes as long for one that is nearly right as for any other.
    pub(crate) fn matches(&self, shown: &str) -> bool {
        let (own, shown) = (Sha256::digest(self.0.as_bytes()), Sha256::digest(shown.as_bytes()));
        own.as_slice().ct_eq(shown.as_slice()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn a_token_matches_itself_and_tells_nothing() {
        let token = Token::new(" s3cret\n").expect("a token");
        assert!(token.matches("s3cret") && !token.matches("s3cre") && !token.matches(""));
        assert!(!format!("{token:?}").contains("s3cret"));
        assert!(Token::new(" ").is_err() && Token::new("two words").is_err());
    }
}
