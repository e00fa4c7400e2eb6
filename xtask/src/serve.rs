//! The local web server: what a good static host does, for this machine alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use axum::Router;
use axum::body::Bytes;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::headers::HEADERS;
use crate::seal;
use crate::site;

/// A server of one site's files, in threads of its own; dropping it ends them.
pub(crate) struct Server {
    runtime: Runtime,
    serving: JoinHandle<std::io::Result<()>>,
    url: String,
}

/// A rebuilt module must never meet yesterday's page.
const NO_STORE: (&str, &str) = ("Cache-Control", "no-store");

impl Server {
    /// Serves the published files below `root` under the path `base` (which begins and ends with `/`), to this
    /// machine alone. Port 0 takes a free one.
    pub(crate) fn start(root: &Path, base: &'static str, port: u16) -> Result<Self> {
        let runtime = Runtime::new().context("cannot start the server's threads")?;
        let listener = runtime
            .block_on(TcpListener::bind(("127.0.0.1", port)))
            .map_err(|error| anyhow!("cannot listen on port {port}: {error} (choose another one with --port)"))?;
        let port = listener.local_addr()?.port();
        let root: Arc<Path> = root.into();
        let router = Router::new().fallback(async move |method: Method, uri: Uri| answer(&method, &uri, &root, base));
        let serving = runtime.spawn(axum::serve(listener, router).into_future());
        Ok(Self { runtime, serving, url: format!("http://localhost:{port}{base}") })
    }

    /// The site's address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Serves until the process ends.
    pub(crate) fn wait(self) -> Result<()> {
        Ok(self.runtime.block_on(self.serving)??)
    }
}

/// What a request gets.
enum Answer {
    File(PathBuf, &'static str),
    /// What takes an earlier service worker away.
    Retire,
    /// To the folder's own address: relative links need its final `/`.
    Moved(&'static str),
    NotFound,
    NotAllowed,
}

fn answer(method: &Method, uri: &Uri, root: &Path, base: &'static str) -> Response {
    match decide(method, uri.path(), root, base) {
        // Whole, not chunked: the page shows progress by the length that it is told.
        Answer::File(path, kind) => match fs::read(&path) {
            Ok(bytes) => dressed(StatusCode::OK, kind, bytes),
            Err(error) => {
                println!("cannot read {}: {error}", path.display());
                text(StatusCode::INTERNAL_SERVER_ERROR, "this file cannot be read")
            }
        },
        Answer::Retire => dressed(StatusCode::OK, content_type("sw.js"), seal::RETIRE),
        Answer::Moved(to) => ([(header::LOCATION, to)], text(StatusCode::PERMANENT_REDIRECT, "moved")).into_response(),
        refusal => {
            println!("refused: {method} {uri}");
            match refusal {
                Answer::NotAllowed => {
                    ([(header::ALLOW, "GET, HEAD")], text(StatusCode::METHOD_NOT_ALLOWED, "GET or HEAD"))
                        .into_response()
                }
                _ => text(StatusCode::NOT_FOUND, "not found"),
            }
        }
    }
}

fn decide(method: &Method, path: &str, root: &Path, base: &'static str) -> Answer {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Answer::NotAllowed;
    }
    if base.strip_suffix('/') == Some(path) && path.starts_with('/') {
        return Answer::Moved(base);
    }
    let Some(path) = path.strip_prefix(base).and_then(|path| percent_decode_str(path).decode_utf8().ok()) else {
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
        "jpg" => "image/jpeg",
        "ico" => "image/x-icon",
        "tif" | "tiff" => "image/tiff",
        "woff2" => "font/woff2",
        "md" | "txt" => "text/plain; charset=utf-8",
        _ if path.rsplit('/').next().is_some_and(|name| name.starts_with("LICENSE")) => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn text(status: StatusCode, message: &str) -> Response {
    dressed(status, content_type("message.txt"), format!("{message}\n"))
}

fn dressed(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response {
    (status, [(header::CONTENT_TYPE.as_str(), kind), NO_STORE], HEADERS, body.into()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;
    use std::thread;
    use std::time::Duration;

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
        assert!(head.contains("content-type: application/wasm"), "{head}");
        assert!(head.contains("content-length: 100000"), "{head}");
        assert_eq!(body.len(), 100_000);
        for (name, value) in HEADERS {
            assert!(head.contains(&format!("{}: {value}", name.to_lowercase())), "{name} in {head}");
        }
        let (head, body) = ask(&server, "HEAD", "/www/pkg/a.wasm");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(body.is_empty());
        drop(server);
        fs::remove_dir_all(root).expect("scratch");
    }

    #[test]
    fn a_browser_that_keeps_many_connections_keeps_no_one_waiting() {
        let root = site();
        for _ in 0..20 {
            let server = Server::start(&root, "/", 0).expect("start");
            let host = server.url().split('/').nth(2).expect("a URL has a host").replace("localhost", "127.0.0.1");
            // All of them at once, as two browsers open them, and none is closed before the last is answered.
            let mut streams: Vec<_> = (0..16).map(|_| TcpStream::connect(&host).expect("connect")).collect();
            for stream in streams.iter_mut().rev() {
                stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
                write!(stream, "GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").expect("send");
                let mut head = [0; 12];
                stream.read_exact(&mut head).expect("an answer");
                assert_eq!(&head, b"HTTP/1.1 200");
            }
        }
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
        assert!(head.contains("location: /below/"), "{head}");
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
