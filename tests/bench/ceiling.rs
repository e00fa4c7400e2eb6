//! Measures the peak rates of one thread: multiply-adds in registers, and a triad over arrays that are larger than any
//! cache. `rustc` alone compiles this file, natively and for wasm32.
#![cfg_attr(target_arch = "wasm32", allow(missing_docs))]

use std::hint::black_box;

/// Independent sums: enough to hide the latency of a multiply-add, few enough for the registers.
#[cfg(target_arch = "wasm32")]
const SUMS: usize = 48;
#[cfg(all(not(target_arch = "wasm32"), target_feature = "avx512f"))]
const SUMS: usize = 192;
#[cfg(all(not(target_arch = "wasm32"), not(target_feature = "avx512f")))]
const SUMS: usize = 96;

/// Elements of each of the triad's three arrays, 96 MB in total.
const LENGTH: usize = 8 << 20;

#[inline(always)]
fn fused(a: f32, b: f32, c: f32) -> f32 {
    // The published wasm has no fused multiply-add. Nor has a native build without this feature.
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) { a.mul_add(b, c) } else { a * b + c }
}

/// Runs `rounds` rounds and returns the number of multiply-adds.
#[cfg(not(target_arch = "wasm32"))]
#[unsafe(no_mangle)]
pub extern "C" fn multiply_add(rounds: u32) -> f64 {
    let (factor, term) = (black_box(0.999_9f32), black_box(1e-4f32));
    let mut sums = [black_box(1f32); SUMS];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = fused(*sum, factor, term);
        }
    }
    black_box(sums);
    f64::from(rounds) * SUMS as f64
}

/// The same with explicit vectors: the compiler does not vectorise the loop for wasm32.
#[cfg(target_arch = "wasm32")]
#[unsafe(no_mangle)]
pub extern "C" fn multiply_add(rounds: u32) -> f64 {
    use std::arch::wasm32::{f32x4_add, f32x4_mul, f32x4_splat};
    let (factor, term) = (f32x4_splat(black_box(0.999_9)), f32x4_splat(black_box(1e-4)));
    let mut sums = [f32x4_splat(black_box(1.0)); SUMS / 4];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = f32x4_add(f32x4_mul(*sum, factor), term);
        }
    }
    black_box(sums);
    f64::from(rounds) * SUMS as f64
}

/// Runs `rounds` rounds of `a = b + s * c` and returns the number of bytes moved.
#[unsafe(no_mangle)]
pub extern "C" fn triad(rounds: u32) -> f64 {
    let mut a = vec![0f32; LENGTH];
    let (b, c) = (vec![1f32; LENGTH], vec![2f32; LENGTH]);
    let factor = black_box(0.5f32);
    for _ in 0..rounds {
        for ((a, b), c) in a.iter_mut().zip(&b).zip(&c) {
            *a = fused(*c, factor, *b);
        }
        black_box(&mut a);
    }
    f64::from(rounds) * (3 * 4 * LENGTH) as f64
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    let best = |work: extern "C" fn(u32) -> f64, rounds: u32| {
        let rate = |_| {
            let start = std::time::Instant::now();
            work(rounds) / start.elapsed().as_secs_f64()
        };
        (0..5).map(rate).fold(0f64, f64::max)
    };
    println!("{{ \"macs\": {:.0}, \"bytes\": {:.0} }}", best(multiply_add, 2_000_000), best(triad, 24));
}
