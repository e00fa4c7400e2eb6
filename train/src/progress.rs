//! Progress bars on stderr. They are hidden if stderr is not a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `total` of `what` (a plural), with speed and remaining time.
pub(crate) fn bar(total: usize, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(total as u64).with_message(what);
    // The template is a valid constant. If it were not, the bar would have its default style.
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar
}
