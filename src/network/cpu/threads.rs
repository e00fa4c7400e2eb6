//! Loops over independent chunks: on all cores natively, one after another in the browser.

/// Calls `work(index, chunk)` for each chunk of `size` values of `out`. The last chunk may be shorter.
///
/// # Panics
/// If `size` is 0.
pub(crate) fn for_each_chunk(out: &mut [f32], size: usize, work: impl Fn(usize, &mut [f32]) + Send + Sync) {
    #[cfg(not(target_arch = "wasm32"))]
    {
        use rayon::prelude::*;
        out.par_chunks_mut(size).enumerate().for_each(|(index, chunk)| work(index, chunk));
    }
    #[cfg(target_arch = "wasm32")]
    out.chunks_mut(size).enumerate().for_each(|(index, chunk)| work(index, chunk));
}

/// The results of `work(0)` to `work(count - 1)`, in order.
#[cfg(feature = "fit")]
pub(crate) fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Send + Sync) -> Vec<T> {
    use rayon::prelude::*;
    (0..count).into_par_iter().map(work).collect()
}

/// As [`for_each_chunk`]. Returns the results of the calls, in order.
#[cfg(feature = "fit")]
pub(crate) fn map_chunks<T: Send>(
    out: &mut [f32],
    size: usize,
    work: impl Fn(usize, &mut [f32]) -> T + Send + Sync,
) -> Vec<T> {
    use rayon::prelude::*;
    out.par_chunks_mut(size).enumerate().map(|(index, chunk)| work(index, chunk)).collect()
}
