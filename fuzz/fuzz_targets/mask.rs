#![no_main]
//! Masks of any shape: their components, outline and file match the pixels.

use glioscope::mask::{Mask, components, largest_component};
use glioscope::read;
use glioscope::write::mask_tiff;
use glioscope_fuzz::LIMITS;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [width, height, slices, bits @ ..] = bytes else { return };
    let (width, height, slices) =
        (1 + usize::from(width % 40), 1 + usize::from(height % 40), 1 + usize::from(slices % 4));
    let bit = |at: usize| bits.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1);
    let plane = width * height;
    let stack: Vec<Mask> =
        (0..slices).map(|z| Mask::new(width, height, (0..plane).map(|i| bit(z * plane + i)).collect())).collect();
    let area: usize = stack.iter().map(Mask::area).sum();

    let found = components(&stack);
    assert_eq!(found.sizes().iter().sum::<usize>(), area);
    assert_eq!(found.keep(|_| true), stack);
    let largest: usize = largest_component(&stack).iter().map(Mask::area).sum();
    assert_eq!(largest, found.sizes().iter().copied().max().unwrap_or(0));

    for mask in &stack {
        assert_eq!(filled(mask), mask.inside(), "the filled outline is the mask");
        let slices = read::read("mask.tif", &mask_tiff(mask), &LIMITS).expect("a written mask is read");
        assert_eq!(Mask::from_slice(&slices[0]), *mask);
    }
});

/// Even-odd filling: a pixel is inside if an odd number of vertical sides lie to its left.
fn filled(mask: &Mask) -> Vec<bool> {
    let (width, height) = (mask.width(), mask.height());
    let mut sides = vec![0_u32; (width + 1) * height];
    for corners in mask.outline() {
        for (i, &[x, y]) in corners.iter().enumerate() {
            let [next, below] = corners[(i + 1) % corners.len()];
            assert!((x == next) != (y == below), "sides are vertical or horizontal");
            for row in y.min(below)..y.max(below) {
                sides[row * (width + 1) + x] += 1;
            }
        }
    }
    (0..height)
        .flat_map(|y| {
            let sides = &sides[y * (width + 1)..][..width];
            sides.iter().scan(0, |count, &side| {
                *count += side;
                Some(*count % 2 == 1)
            })
        })
        .collect()
}
