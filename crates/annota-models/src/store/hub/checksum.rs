use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// What the etag of this file would be, if the etag is a checksum: SHA-256 for large files, git's SHA-1 for others.
pub fn of(path: &Path, etag: &str) -> io::Result<Option<String>> {
    if !etag.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let mut file = File::open(path)?;
    match etag.len() {
        64 => digest(Sha256::new(), &mut file).map(Some),
        40 => {
            let length = file.metadata()?.len();
            digest(Sha1::new_with_prefix(format!("blob {length}\0")), &mut file).map(Some)
        }
        _ => Ok(None),
    }
}

fn digest(mut hash: impl Digest, file: &mut File) -> io::Result<String> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hash.finalize())),
            read => hash.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn checksums_are_those_of_git() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        std::fs::write(&path, "hello\n").expect("written");
        let found = |etag: &str| of(&path, etag).expect("read");
        assert_eq!(found(&"0".repeat(40)).as_deref(), Some("ce013625030ba8dba906f756967f9e9ca394464a"));
        let sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        assert_eq!(found(&"F".repeat(64)).as_deref(), Some(sha256));
        assert_eq!((found("abc"), found(&"x".repeat(40))), (None, None));
    }
}
