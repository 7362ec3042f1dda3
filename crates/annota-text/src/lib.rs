//! Documents, sentences and tokens over &str
