//! Loops over independent chunks: on all cores natively, one after another in the browser.

/// Calls `work(index, chunk)` for each chunk of `size` values of `out`. The last chunk may be shorter.
///
/// # Panics
/// If `size` is 0.
pub fn for_each_chunk(out: &mut [f32], size: usize, work: impl Fn(usize, &mut [f32]) + Send + Sync) {
    #[cfg(not(target_arch = "wasm32"))]
    {
        use rayon::prelude::*;
        out.par_chunks_mut(size).enumerate().for_each(|(index, chunk)| work(index, chunk));
    }
    #[cfg(target_arch = "wasm32")]
    out.chunks_mut(size).enumerate().for_each(|(index, chunk)| work(index, chunk));
}
