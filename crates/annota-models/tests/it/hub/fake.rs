//! A hub of one repository, in memory, that can be made to fail.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use super::replies::{etag, reply};

pub const REPOSITORY: &str = "org/name";
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What goes wrong.
#[derive(Clone)]
pub enum What {
    /// Only this, with these headers.
    Status(u16, &'static str),
    /// The connection ends after so many bytes of the body.
    Cut(usize),
    /// Nothing more comes after so many bytes of the body.
    Silent(usize),
    /// One byte is another.
    Wrong,
    /// The body has bytes that the file has not.
    Longer,
    /// The body lacks the last byte.
    Shorter,
    /// The range is ignored, and the connection ends after so many bytes of the body.
    NoRange(usize),
    /// The range is answered with another.
    OtherRange,
    /// This body instead.
    Body(Vec<u8>),
    /// A small file with these headers.
    Headers(&'static str),
}

struct Fault {
    request: String,
    times: usize,
    what: What,
}

/// One request that was received.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The method and the path.
    pub line: String,
    pub token: Option<String>,
    pub from: Option<usize>,
}

#[derive(Default)]
pub struct State {
    pub files: BTreeMap<String, Vec<u8>>,
    pub token: Option<String>,
    /// Where large files are.
    pub cdn: String,
    faults: Vec<Fault>,
    seen: Vec<Seen>,
}

pub struct FakeHub {
    pub url: String,
    state: Arc<Mutex<State>>,
}

/// Files as a small model has them; those that end in `.safetensors` are large ones.
pub fn files() -> Vec<(&'static str, Vec<u8>)> {
    let weights = (0..300_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    vec![("config.json", b"{}\n".to_vec()), ("model.safetensors", weights), ("onnx/a b.txt", b"nested".to_vec())]
}

impl FakeHub {
    pub fn start() -> FakeHub {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let files = files().into_iter().map(|(name, content)| (name.to_owned(), content)).collect();
        let state = State { files, cdn: url.clone(), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let shared = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                thread::spawn(move || answer(stream, &shared));
            }
        });
        FakeHub { url, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }

    /// The next so many requests that begin so fail.
    pub fn fail(&self, request: &str, times: usize, what: What) {
        self.state().faults.push(Fault { request: request.to_owned(), times, what });
    }

    pub fn heal(&self) {
        self.state().faults.clear();
    }

    pub fn require_token(&self, token: &str) {
        self.state().token = Some(token.to_owned());
    }

    /// Large files are redirected to this host.
    pub fn redirect_to(&self, url: &str) {
        url.clone_into(&mut self.state().cdn);
    }

    pub fn set(&self, file: &str, content: &[u8]) {
        self.state().files.insert(file.to_owned(), content.to_vec());
    }

    pub fn etag(&self, file: &str) -> String {
        etag(file, self.state().files.get(file).expect("a file"))
    }

    /// The requests that begin so.
    pub fn seen(&self, request: &str) -> Vec<Seen> {
        self.state().seen.iter().filter(|seen| seen.line.starts_with(request)).cloned().collect()
    }
}

fn answer(mut stream: TcpStream, shared: &Mutex<State>) {
    let Some(seen) = receive(&stream) else { return };
    let mut state = shared.lock().expect("the state");
    state.seen.push(seen.clone());
    let fault = state.faults.iter_mut().find(|fault| fault.times > 0 && seen.line.starts_with(&fault.request));
    let fault = fault.map(|fault| {
        fault.times -= 1;
        fault.what.clone()
    });
    let reply = reply(&state, &seen, fault.as_ref());
    drop(state);
    let (status, length) = (reply.status, reply.body.len());
    let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n");
    let sent = match fault {
        _ if seen.line.starts_with("HEAD") => 0,
        Some(What::Cut(bytes) | What::Silent(bytes) | What::NoRange(bytes)) => bytes.min(length),
        _ => length,
    };
    let _ = stream.write_all(format!("{head}{}\r\n", reply.headers).as_bytes());
    let _ = stream.write_all(&reply.body[..sent]);
    if matches!(fault, Some(What::Silent(_))) {
        thread::sleep(Duration::from_secs(60));
    }
}

fn receive(stream: &TcpStream) -> Option<Seen> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let (mut token, mut from) = (None, None);
    for line in lines {
        let (key, value) = line.split_once(": ")?;
        match key.to_lowercase().as_str() {
            "authorization" => token = Some(value.to_owned()),
            "range" => from = value.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok(),
            _ => {}
        }
    }
    Some(Seen { line, token, from })
}
