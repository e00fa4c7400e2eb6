//! Work over independent chunks: on all cores natively, in order in the browser.

/// Calls `work(index, chunk)` for each `size` values of `out`; the last chunk may be shorter.
pub(crate) fn for_each_chunk(out: &mut [f32], size: usize, work: impl Fn(usize, &mut [f32]) + Send + Sync) {
    #[cfg(not(target_arch = "wasm32"))]
    {
        use rayon::prelude::*;
        out.par_chunks_mut(size).enumerate().for_each(|(index, chunk)| work(index, chunk));
    }
    #[cfg(target_arch = "wasm32")]
    out.chunks_mut(size).enumerate().for_each(|(index, chunk)| work(index, chunk));
}

/// The results of `work(0..count)`, in order.
#[cfg(feature = "fit")]
pub(crate) fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Send + Sync) -> Vec<T> {
    use rayon::prelude::*;
    (0..count).into_par_iter().map(work).collect()
}

/// Calls `work(index, chunk)` for each `size` values of `out`, as [`for_each_chunk`] does: the results, in order.
#[cfg(feature = "fit")]
pub(crate) fn map_chunks<T: Send>(
    out: &mut [f32],
    size: usize,
    work: impl Fn(usize, &mut [f32]) -> T + Send + Sync,
) -> Vec<T> {
    use rayon::prelude::*;
    out.par_chunks_mut(size).enumerate().map(|(index, chunk)| work(index, chunk)).collect()
}
