//! What a hub answers.

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::fake::{COMMIT, REPOSITORY, Seen, State, What};

pub struct Reply {
    pub status: u16,
    pub headers: String,
    pub body: Vec<u8>,
}

impl Reply {
    fn new(status: u16, headers: impl Into<String>, body: impl Into<Vec<u8>>) -> Reply {
        Reply { status, headers: headers.into(), body: body.into() }
    }
}

pub fn etag(file: &str, content: &[u8]) -> String {
    let sum = if file.ends_with(".safetensors") {
        Sha256::digest(content).to_vec()
    } else {
        Sha1::digest([format!("blob {}\0", content.len()).as_bytes(), content].concat()).to_vec()
    };
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The answer to a request, with the fault in it.
pub fn reply(state: &State, seen: &Seen, fault: Option<&What>) -> Reply {
    let mut reply = match fault {
        Some(What::Status(status, headers)) => Reply::new(*status, *headers, "no"),
        Some(What::Body(body)) => Reply::new(200, "", body.clone()),
        Some(What::Headers(headers)) => Reply::new(200, *headers, "{}\n"),
        _ => right(state, seen, fault),
    };
    match fault {
        Some(What::Wrong) => reply.body.iter_mut().take(1).for_each(|byte| *byte ^= 1),
        Some(What::Longer) => reply.body.extend(b"more"),
        Some(What::Shorter) => drop(reply.body.pop()),
        _ => {}
    }
    reply
}

fn right(state: &State, seen: &Seen, fault: Option<&What>) -> Reply {
    let path = seen.line.split(' ').next_back().expect("a path");
    if let Some(name) = path.strip_prefix("/cdn/") {
        let sum = name.split('?').next().expect("a name");
        let file = state.files.iter().find(|(name, content)| etag(name, content) == sum);
        return file.map_or(Reply::new(404, "", ""), |(_, content)| range(content, seen.from, fault, ""));
    }
    let bearer = state.token.as_ref().map(|token| format!("Bearer {token}"));
    if bearer.is_some() && bearer != seen.token {
        return Reply::new(401, "X-Error-Code: RepoNotFound\r\n", "");
    }
    if path.contains("org/old") {
        return Reply::new(307, format!("Location: {}\r\n", path.replace("org/old", REPOSITORY)), "moved");
    }
    if path.starts_with(&format!("/api/models/{REPOSITORY}/revision/")) {
        let names: Vec<_> = state.files.keys().map(|name| serde_json::json!({ "rfilename": name })).collect();
        let listing = serde_json::json!({ "id": REPOSITORY, "sha": COMMIT, "private": false, "siblings": names });
        return Reply::new(200, "Content-Type: application/json\r\n", listing.to_string());
    }
    let name = path.strip_prefix(&format!("/{REPOSITORY}/resolve/{COMMIT}/")).map(|name| name.replace("%20", " "));
    match name.and_then(|name| state.files.get_key_value(&name)) {
        Some((name, content)) => resolve(state, seen, fault, name, content),
        None => Reply::new(404, "X-Error-Code: EntryNotFound\r\n", ""),
    }
}

fn resolve(state: &State, seen: &Seen, fault: Option<&What>, name: &str, content: &[u8]) -> Reply {
    let (etag, commit) = (etag(name, content), format!("X-Repo-Commit: {COMMIT}\r\n"));
    if name.ends_with(".safetensors") {
        let linked = format!("X-Linked-Etag: \"{etag}\"\r\nX-Linked-Size: {}\r\n", content.len());
        let location = format!("Location: {}/cdn/{etag}?Signature=x\r\n", state.cdn);
        return Reply::new(302, commit + &linked + &location, "Found. Redirecting");
    }
    range(content, seen.from, fault, &format!("{commit}ETag: \"{etag}\"\r\n"))
}

fn range(content: &[u8], from: Option<usize>, fault: Option<&What>, headers: &str) -> Reply {
    let size = content.len();
    match (from, fault) {
        (None, _) | (_, Some(What::NoRange(_))) => Reply::new(200, headers, content),
        (Some(from), _) if from >= size => Reply::new(416, format!("Content-Range: bytes */{size}\r\n"), ""),
        (Some(from), fault) => {
            let start = if matches!(fault, Some(What::OtherRange)) { from - 1 } else { from };
            let range = format!("Content-Range: bytes {start}-{}/{size}\r\n{headers}", size - 1);
            Reply::new(206, range, &content[start..])
        }
    }
}
