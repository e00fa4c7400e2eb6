//! The local web server: what a good static host does, for this machine alone.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use anyhow::{Result, anyhow};
use tiny_http::{Header, Method, Request, Response};

use crate::headers::HEADERS;
use crate::seal;
use crate::site;

/// A server of one site's files, in threads of its own; dropping it ends them.
pub(crate) struct Server {
    listener: Arc<tiny_http::Server>,
    threads: Vec<JoinHandle<()>>,
    url: String,
}

/// Enough for a browser's parallel requests of one page.
const THREADS: usize = 4;

/// A rebuilt module must never meet yesterday's page.
const NO_STORE: (&str, &str) = ("Cache-Control", "no-store");

impl Server {
    /// Serves the published files below `root` under the path `base` (which begins and ends with `/`), to this
    /// machine alone. Port 0 takes a free one.
    pub(crate) fn start(root: &Path, base: &'static str, port: u16) -> Result<Self> {
        let listener = tiny_http::Server::http(("127.0.0.1", port))
            .map_err(|error| anyhow!("cannot listen on port {port}: {error} (choose another one with --port)"))?;
        let port = listener.server_addr().to_ip().map_or(port, |address| address.port());
        let listener = Arc::new(listener);
        let threads = (0..THREADS)
            .map(|_| {
                let listener = Arc::clone(&listener);
                let root = root.to_path_buf();
                // `recv` fails once, when `drop` below unblocks it.
                thread::spawn(move || {
                    while let Ok(request) = listener.recv() {
                        answer(request, &root, base);
                    }
                })
            })
            .collect();
        Ok(Self { listener, threads, url: format!("http://localhost:{port}{base}") })
    }

    /// The site's address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Serves until the process ends.
    pub(crate) fn wait(mut self) {
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so itself; the others go on.
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for _ in &self.threads {
            self.listener.unblock();
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// What a request gets.
enum Answer {
    File(PathBuf, &'static str),
    /// What takes an earlier service worker away.
    Retire,
    /// To the folder's own address: relative links need its final `/`.
    Moved(String),
    NotFound,
    NotAllowed,
}

fn answer(request: Request, root: &Path, base: &str) {
    let decided = decide(request.method(), request.url(), root, base);
    if matches!(decided, Answer::NotFound | Answer::NotAllowed) {
        // Debug, because a path may hold anything.
        println!("refused: {} {:?}", request.method(), request.url());
    }
    let sent = match decided {
        Answer::File(path, kind) => match File::open(&path) {
            Ok(file) => {
                // Whole, not chunked: the page shows progress by the length that it is told.
                let response = Response::from_file(file).with_chunked_threshold(usize::MAX);
                request.respond(dressed(response, &[("Content-Type", kind)]))
            }
            Err(error) => {
                println!("cannot read {}: {error}", path.display());
                request.respond(text(500, "this file cannot be read", &[]))
            }
        },
        Answer::Retire => {
            request.respond(dressed(Response::from_string(seal::RETIRE), &[("Content-Type", content_type("sw.js"))]))
        }
        Answer::Moved(to) => request.respond(text(308, "moved", &[("Location", &to)])),
        Answer::NotFound => request.respond(text(404, "not found", &[])),
        Answer::NotAllowed => request.respond(text(405, "GET or HEAD", &[("Allow", "GET, HEAD")])),
    };
    if let Err(error) = sent {
        // The visitor has left; nothing is owed.
        println!("an answer was not taken: {error}");
    }
}

fn decide(method: &Method, url: &str, root: &Path, base: &str) -> Answer {
    if !matches!(method, Method::Get | Method::Head) {
        return Answer::NotAllowed;
    }
    let path = url.split(['?', '#']).next().unwrap_or_default();
    if base.strip_suffix('/') == Some(path) && path.starts_with('/') {
        return Answer::Moved(base.to_owned());
    }
    let Some(path) = path.strip_prefix(base).and_then(decoded) else {
        return Answer::NotFound;
    };
    let path = if path.is_empty() { site::INDEX } else { &path };
    // Decoded first, judged afterwards: `%2e%2e` is a way upwards too.
    let file = root.join(path);
    match site::publishes(path) {
        true if file.is_file() => Answer::File(file, content_type(path)),
        // Development: a browser that has been here before asks for its service worker.
        true if path == "sw.js" => Answer::Retire,
        _ => Answer::NotFound,
    }
}

/// Resolves `%XX`; nothing where an escape is broken or the result is not UTF-8.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digit = |at: usize| char::from(*tail.get(at)?).to_digit(16);
            bytes.push((digit(0)? * 16 + digit(1)?) as u8);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Browsers compile a module while it streams in only where its type is right, and with `nosniff` run a script only
/// where its type is.
fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "tif" | "tiff" => "image/tiff",
        "woff2" => "font/woff2",
        "md" | "txt" => "text/plain; charset=utf-8",
        _ if path.rsplit('/').next().is_some_and(|name| name.starts_with("LICENSE")) => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn text(status: u16, message: &str, more: &[(&str, &str)]) -> Response<std::io::Cursor<Vec<u8>>> {
    // `from_string` brings its own content type.
    dressed(Response::from_string(format!("{message}\n")).with_status_code(status), more)
}

fn dressed<R: std::io::Read>(mut response: Response<R>, more: &[(&str, &str)]) -> Response<R> {
    for (name, value) in HEADERS.iter().chain([&NO_STORE]).chain(more) {
        // All of them are ASCII, which is all that can go wrong here.
        if let Ok(header) = Header::from_bytes(*name, *value) {
            response.add_header(header);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    fn site() -> PathBuf {
        let root =
            std::env::temp_dir().join(format!("xtask-serve-{}-{:?}", std::process::id(), thread::current().id()));
        fs::create_dir_all(root.join("www/pkg")).expect("the temporary folder is writable");
        fs::write(root.join("index.html"), "<p>page").expect("scratch");
        fs::write(root.join("www/pkg/a.wasm"), vec![7; 100_000]).expect("scratch");
        fs::write(root.join("Cargo.toml"), "secret").expect("scratch");
        root
    }

    /// The whole answer to one raw request, as head and body.
    fn ask(server: &Server, method: &str, path: &str) -> (String, Vec<u8>) {
        let host = server.url().split('/').nth(2).expect("a URL has a host");
        let mut stream = TcpStream::connect(host.replace("localhost", "127.0.0.1")).expect("connect");
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("send");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("receive");
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
        (String::from_utf8_lossy(&bytes[..end]).into_owned(), bytes[end + 4..].to_vec())
    }

    #[test]
    fn sends_files_whole_with_their_type_and_the_headers() {
        let root = site();
        let server = Server::start(&root, "/", 0).expect("start");
        let (head, body) = ask(&server, "GET", "/?backend=cpu");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains("text/html; charset=utf-8"), "{head}");
        assert_eq!(body, b"<p>page");
        let (head, body) = ask(&server, "GET", "/www/pkg/a.wasm");
        assert!(head.contains("Content-Type: application/wasm"), "{head}");
        assert!(head.contains("Content-Length: 100000"), "{head}");
        assert_eq!(body.len(), 100_000);
        for (name, value) in HEADERS {
            assert!(head.contains(&format!("{name}: {value}")), "{name} in {head}");
        }
        let (head, body) = ask(&server, "HEAD", "/www/pkg/a.wasm");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(body.is_empty());
        drop(server);
        fs::remove_dir_all(root).expect("scratch");
    }

    #[test]
    fn a_service_worker_is_retired_where_there_is_none() {
        let root = site();
        let server = Server::start(&root, "/", 0).expect("start");
        let (head, body) = ask(&server, "GET", "/sw.js");
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/javascript"), "{head}");
        assert_eq!(body, seal::RETIRE.as_bytes());
        fs::write(root.join("sw.js"), "self.SITE = {}").expect("scratch");
        assert_eq!(ask(&server, "GET", "/sw.js").1, b"self.SITE = {}");
        drop(server);
        fs::remove_dir_all(root).expect("scratch");
    }

    #[test]
    fn refuses_everything_beside_the_site() {
        let root = site();
        let server = Server::start(&root, "/", 0).expect("start");
        for path in [
            "/Cargo.toml",
            "/www",
            "/www/",
            "/www/pkg",
            "/www/../Cargo.toml",
            "/www/%2e%2e/Cargo.toml",
            "/www/..%2fCargo.toml",
            "/www/%2e%2e%2fCargo.toml",
            "/www/..%5cCargo.toml",
            "//etc/passwd",
            "/%2fetc/passwd",
            "/www/%00",
            "/www/%zz",
            "/www/%",
            "/www/%ff",
        ] {
            let (head, body) = ask(&server, "GET", path);
            assert!(head.starts_with("HTTP/1.1 404"), "{path}: {head}");
            assert_eq!(body, b"not found\n", "{path}");
            assert!(head.contains("nosniff"), "{path}: {head}");
        }
        let (head, _) = ask(&server, "POST", "/");
        assert!(head.starts_with("HTTP/1.1 405"), "{head}");
        drop(server);
        fs::remove_dir_all(root).expect("scratch");
    }

    #[test]
    fn serves_below_a_path_and_leads_there() {
        let root = site();
        let server = Server::start(&root, "/below/", 0).expect("start");
        assert!(server.url().ends_with("/below/"));
        let (head, _) = ask(&server, "GET", "/below/www/pkg/a.wasm");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let (head, _) = ask(&server, "GET", "/below");
        assert!(head.starts_with("HTTP/1.1 308"), "{head}");
        assert!(head.contains("Location: /below/"), "{head}");
        let (head, _) = ask(&server, "GET", "/");
        assert!(head.starts_with("HTTP/1.1 404"), "{head}");
        drop(server);
        fs::remove_dir_all(root).expect("scratch");
    }

    #[test]
    fn a_taken_port_is_named() {
        let root = site();
        let first = Server::start(&root, "/", 0).expect("start");
        let port = first
            .url()
            .trim_end_matches('/')
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok())
            .expect("a URL has a port");
        let message = Server::start(&root, "/", port).err().expect("took a taken port").to_string();
        assert!(message.contains(&port.to_string()), "{message}");
        drop(first);
        fs::remove_dir_all(root).expect("scratch");
    }
}
