//! Progress bars on stderr; where stderr is no terminal, nothing is drawn.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `total` of `what` (a plural), with speed and time left.
pub(crate) fn bar(total: usize, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(total as u64).with_message(what);
    // The template is fixed, so that it is well formed; a plain bar would do as well.
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar
}
