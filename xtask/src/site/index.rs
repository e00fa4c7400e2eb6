//! The published `index.html`: the repository's page with one stylesheet, and with preloads of what the first mask
//! needs.

use anyhow::{Context as _, Result, ensure};

use crate::bundle;

/// What the page requests as soon as it runs, besides its scripts. The browser requests these files together with the
/// scripts.
const PRELOADS: [&str; 4] =
    ["www/pkg/glioscope_bg.wasm", "www/model/model.json", "www/model/weights.safetensors", "www/model/card.json"];

/// What is before and after the path of a stylesheet.
const SHEET: [&str; 2] = ["<link rel=\"stylesheet\" href=\"", "\">"];

/// The element with the preview image for links.
const PREVIEW: &str = "<meta property=\"og:image\" content=\"www/preview.jpg\">";

/// A page for publication.
pub(crate) struct Index {
    pub(crate) html: String,
    /// The stylesheets of the repository's page, in order.
    pub(crate) sheets: Vec<String>,
}

impl Index {
    /// Replaces the stylesheets of the repository's page, each a line of its own, and adds the preloads.
    ///
    /// With the `address` of the site, which ends with `/`, the preview image for links has its full address: most programs
    /// that show a preview read no relative one.
    pub(crate) fn of(page: &str, address: Option<&str>) -> Result<Self> {
        let page = &match address {
            Some(address) => page.replace(PREVIEW, &PREVIEW.replace("www/", &format!("{address}www/"))),
            None => page.to_owned(),
        };
        let [before, after] = SHEET;
        let mut lines = Vec::new();
        let mut sheets = Vec::new();
        for line in page.lines() {
            match line.trim().strip_prefix(before).and_then(|rest| rest.strip_suffix(after)) {
                Some(sheet) => {
                    if sheets.is_empty() {
                        lines.push(format!("  {before}{}{after}", bundle::SHEET));
                    }
                    sheets.push(sheet.to_owned());
                }
                None => lines.push(line.to_owned()),
            }
        }
        ensure!(!sheets.is_empty(), "index.html has no stylesheet");
        // After the scripts, which are small and run first.
        let end = lines.iter().position(|line| line == "</head>").context("index.html has no </head>")?;
        // A preload serves a `fetch` only in the same mode, which `crossorigin` sets.
        let preload = |path| format!("  <link rel=\"preload\" as=\"fetch\" crossorigin href=\"{path}\">");
        lines.splice(end..end, PRELOADS.map(preload));
        Ok(Self { html: lines.join("\n") + "\n", sheets })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stylesheets_become_one_and_the_preloads_are_added() {
        let page = "\
<head>
  <link rel=\"stylesheet\" href=\"www/a.css\">
  <link rel=\"stylesheet\" href=\"www/b.css\">
  <script src=\"www/startup.js\"></script>
</head>
";
        let Index { html, sheets } = Index::of(page, None).expect("a page");
        assert_eq!(sheets, ["www/a.css", "www/b.css"]);
        assert_eq!(
            html,
            "\
<head>
  <link rel=\"stylesheet\" href=\"www/styles.css\">
  <script src=\"www/startup.js\"></script>
  <link rel=\"preload\" as=\"fetch\" crossorigin href=\"www/pkg/glioscope_bg.wasm\">
  <link rel=\"preload\" as=\"fetch\" crossorigin href=\"www/model/model.json\">
  <link rel=\"preload\" as=\"fetch\" crossorigin href=\"www/model/weights.safetensors\">
  <link rel=\"preload\" as=\"fetch\" crossorigin href=\"www/model/card.json\">
</head>
"
        );
        assert!(Index::of("<head>\n</head>", None).is_err());
    }

    #[test]
    fn the_page_of_the_repository_can_be_published() {
        let page = include_str!("../../../index.html");
        let Index { html, sheets } = Index::of(page, None).expect("a page");
        assert_eq!(html.matches("rel=\"stylesheet\"").count(), 1);
        assert!(sheets.iter().all(|sheet| bundle::contains(sheet)), "{sheets:?}");
        let full = Index::of(page, Some("https://example.org/glioscope/")).expect("a page").html;
        assert!(full.contains("content=\"https://example.org/glioscope/www/preview.jpg\""));
        assert!(html.contains(&format!("<link rel=\"modulepreload\" href=\"{}\">", bundle::APP)));
    }
}
