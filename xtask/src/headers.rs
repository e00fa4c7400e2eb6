//! HTTP headers: `serve` sends them, and `dist` writes them into a file for hosts that can set headers.

use anyhow::{Context as _, Result};

/// The headers of every response. The page's policy is a `meta` element in `index.html`, so that it holds on hosts that
/// cannot set headers. `frame-ancestors` works only in a header.
pub(crate) const HEADERS: [(&str, &str); 8] = [
    // Stops WebRTC and navigation to other sites, which no policy stops. Chromium 156 is the first browser to know it.
    ("Connection-Allowlist", "(response-origin)"),
    ("Content-Security-Policy", "frame-ancestors 'self'"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    (
        "Permissions-Policy",
        "accelerometer=(), autoplay=(), bluetooth=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), \
         gyroscope=(), hid=(), identity-credentials-get=(), idle-detection=(), local-fonts=(), magnetometer=(), \
         microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), \
         xr-spatial-tracking=()",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-DNS-Prefetch-Control", "off"),
];

/// The file `_headers`, as Cloudflare Pages and Netlify read it: [`HEADERS`] and the page's policy. As a header the policy
/// also holds for workers and for other files that are opened directly.
pub(crate) fn file(index: &str) -> Result<String> {
    let policy = policy(index)?;
    let mut text = String::from("/*\n");
    for (name, value) in HEADERS {
        let value = if name == "Content-Security-Policy" { format!("{policy}; {value}") } else { value.to_owned() };
        text += &format!("  {name}: {value}\n");
    }
    // These announce a new version, so browsers must not cache them. The service worker caches the others.
    for path in ["/sw.js", "/assets.json", "/index.html", "/"] {
        text += &format!("{path}\n  Cache-Control: no-cache\n");
    }
    Ok(text)
}

/// The policy of the page itself.
fn policy(index: &str) -> Result<&str> {
    let (_, rest) = index
        .split_once("http-equiv=\"Content-Security-Policy\" content=\"")
        .context("index.html has no Content-Security-Policy")?;
    Ok(rest.split_once('"').context("the policy in index.html has no end")?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_sends_the_policy_of_the_page_with_frame_ancestors() {
        let index = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'\">";
        let text = file(index).expect("a policy");
        assert!(text.contains("  Content-Security-Policy: default-src 'self'; frame-ancestors 'self'\n"), "{text}");
        assert!(text.contains("  Referrer-Policy: no-referrer\n"), "{text}");
        assert!(file("<p>").is_err());
    }

    #[test]
    fn the_policy_of_the_page_allows_the_style_of_the_report() {
        let report = include_str!("../../src/write/report.rs");
        let style = report.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).expect("a style").0;
        let policy = policy(include_str!("../../index.html")).expect("a policy");
        let hash = crate::seal::integrity(style.as_bytes());
        assert!(policy.contains(&format!("'{hash}'")), "{hash} is not in {policy}");
    }
}
