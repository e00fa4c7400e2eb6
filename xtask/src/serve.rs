//! The local web server: what a good static host does, for this machine alone.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use axum::Router;
use axum::extract::Request;
use axum::handler::HandlerWithoutStateExt as _;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing;
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tower_http::services::ServeDir;

use crate::headers::HEADERS;
use crate::seal;
use crate::site;

/// A server of one site's files on its own threads. Dropping it stops them.
pub(crate) struct Server {
    runtime: Runtime,
    serving: JoinHandle<std::io::Result<()>>,
    url: String,
}

/// A rebuilt module must not meet an old page.
const NO_STORE: (&str, &str) = ("Cache-Control", "no-store");

impl Server {
    /// Serves the published files below `root` at the path `base` (which begins and ends with `/`), to this machine
    /// alone. Port 0 takes a free port.
    pub(crate) fn start(root: &Path, base: &'static str, port: u16) -> Result<Self> {
        let runtime = Runtime::new().context("cannot start the server's threads")?;
        let listener = runtime
            .block_on(TcpListener::bind(("127.0.0.1", port)))
            .map_err(|error| anyhow!("cannot listen on port {port}: {error} (choose another one with --port)"))?;
        let port = listener.local_addr()?.port();
        let serving = runtime.spawn(axum::serve(listener, router(root, base)).into_future());
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

fn router(root: &Path, base: &'static str) -> Router {
    let files = ServeDir::new(root).redirect_to_trailing_slash(false).fallback(missing.into_service());
    let site = Router::new().fallback_service(files).layer(middleware::from_fn(published));
    let router = match base.trim_end_matches('/') {
        "" => site,
        // Relative links need the final slash.
        folder => Router::new()
            .route(folder, routing::get(async || Redirect::permanent(base)))
            .nest_service(base, site)
            .fallback(not_found),
    };
    router.layer(middleware::from_fn(dressed))
}

/// Passes on requests for published files and answers all others with 404.
async fn published(request: Request, next: Next) -> Response {
    // Decode before the check: `%2e%2e` is `..` too.
    let path = percent_decode_str(request.uri().path()).decode_utf8().map(|path| path.into_owned()).unwrap_or_default();
    let path = match path.strip_prefix('/') {
        Some("") => site::INDEX,
        Some(path) if site::publishes(path) => path,
        _ => return not_found().await,
    };
    let text = charset(path);
    let mut response = next.run(request).await;
    if let Some(text) = text.filter(|_| response.status().is_success()) {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(text));
    }
    response
}

/// The content types of text, which `ServeDir` sends without a charset, and of licences, whose names have no ending.
fn charset(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => Some("text/html; charset=utf-8"),
        "js" | "mjs" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "md" | "txt" => Some("text/plain; charset=utf-8"),
        _ if name.starts_with("LICENSE") => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}

/// A published path without a file.
async fn missing(uri: Uri) -> Response {
    if uri.path() == "/sw.js" {
        // In development a browser that knows the site asks for its service worker. This one removes it.
        ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], seal::RETIRE).into_response()
    } else {
        not_found().await
    }
}

async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "not found\n").into_response()
}

/// Adds the headers of every answer and prints the requests that fail.
async fn dressed(request: Request, next: Next) -> Response {
    let asked = format!("{} {}", request.method(), request.uri());
    let response = next.run(request).await;
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        println!("{asked}: {status}");
    }
    ([NO_STORE], HEADERS, response).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;
    use std::time::Duration;

    use tempfile::TempDir;

    fn site() -> TempDir {
        let folder = TempDir::new().expect("the temporary folder is writable");
        let root = folder.path();
        fs::create_dir_all(root.join("www/pkg")).expect("scratch");
        fs::write(root.join("index.html"), "<p>page").expect("scratch");
        fs::write(root.join("www/pkg/a.wasm"), vec![7; 100_000]).expect("scratch");
        fs::write(root.join("www/LICENSE"), "terms").expect("scratch");
        fs::write(root.join("Cargo.toml"), "secret").expect("scratch");
        folder
    }

    /// Head and body of the answer to one raw request.
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
    fn sends_files_with_length_type_and_headers() {
        let folder = site();
        let server = Server::start(folder.path(), "/", 0).expect("start");
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
        assert!(head.contains("cache-control: no-store"), "{head}");
        let (head, _) = ask(&server, "GET", "/www/LICENSE");
        assert!(head.contains("text/plain; charset=utf-8"), "{head}");
        let (head, body) = ask(&server, "HEAD", "/www/pkg/a.wasm");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(body.is_empty());
    }

    #[test]
    fn many_open_connections_do_not_block_each_other() {
        let folder = site();
        for _ in 0..20 {
            let server = Server::start(folder.path(), "/", 0).expect("start");
            let host = server.url().split('/').nth(2).expect("a URL has a host").replace("localhost", "127.0.0.1");
            // All are open at once, as two browsers open them, and none is closed before the last is answered.
            let mut streams: Vec<_> = (0..16).map(|_| TcpStream::connect(&host).expect("connect")).collect();
            for stream in streams.iter_mut().rev() {
                stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
                write!(stream, "GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").expect("send");
                let mut head = [0; 12];
                stream.read_exact(&mut head).expect("an answer");
                assert_eq!(&head, b"HTTP/1.1 200");
            }
        }
    }

    #[test]
    fn a_site_without_a_service_worker_removes_an_old_one() {
        let folder = site();
        let server = Server::start(folder.path(), "/", 0).expect("start");
        let (head, body) = ask(&server, "GET", "/sw.js");
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/javascript"), "{head}");
        assert_eq!(body, seal::RETIRE.as_bytes());
        fs::write(folder.path().join("sw.js"), "self.SITE = {}").expect("scratch");
        assert_eq!(ask(&server, "GET", "/sw.js").1, b"self.SITE = {}");
    }

    #[test]
    fn refuses_every_path_outside_of_the_site() {
        let folder = site();
        let server = Server::start(folder.path(), "/", 0).expect("start");
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
    }

    #[test]
    fn serves_below_a_base_path_and_redirects_to_it() {
        let folder = site();
        let server = Server::start(folder.path(), "/below/", 0).expect("start");
        assert!(server.url().ends_with("/below/"));
        let (head, _) = ask(&server, "GET", "/below/www/pkg/a.wasm");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let (head, _) = ask(&server, "GET", "/below");
        assert!(head.starts_with("HTTP/1.1 308"), "{head}");
        assert!(head.contains("location: /below/"), "{head}");
        let (head, _) = ask(&server, "GET", "/");
        assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    }

    #[test]
    fn the_error_names_a_taken_port() {
        let folder = site();
        let first = Server::start(folder.path(), "/", 0).expect("start");
        let port = first
            .url()
            .trim_end_matches('/')
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok())
            .expect("a URL has a port");
        let message = Server::start(folder.path(), "/", port).err().expect("took a taken port").to_string();
        assert!(message.contains(&port.to_string()), "{message}");
    }
}
