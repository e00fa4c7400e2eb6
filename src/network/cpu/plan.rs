//! A whole U-Net on the CPU, for inference: weights packed once, maps kept from slice to slice.

use std::slice;
use std::sync::{Mutex, PoisonError};

use macerator::{Scalar, Simd, Vector, vload_unaligned, vstore_unaligned};

use super::map::{Map, WIDEST, padded};
use super::product::{self, Panels, ROWS};
use super::threads;
use super::winograd::{Convolution, Scratch};
use crate::network::folded::{FoldedUNet, Layer};

/// A network that is ready for images of one size.
pub(crate) struct Plan {
    down: Vec<[Convolution; 2]>,
    up: Vec<Rise>,
    merge: Vec<[Convolution; 2]>,
    head: Panels,
    head_bias: Vec<f32>,
    /// Outputs of the head: pixels that the stem folds into channels.
    cells: usize,
    stem: usize,
    /// Channels of the image.
    inputs: usize,
    /// Height and width of the finest maps.
    finest: [usize; 2],
    /// Maps of images that are done, for those to come.
    spare: Mutex<Vec<Maps>>,
}

/// All maps of one image, the finest first.
struct Maps {
    /// What goes into each depth.
    inputs: Vec<Map>,
    /// Between two convolutions.
    halves: Vec<Map>,
    /// The skip, and beside it what came up.
    joined: Vec<Map>,
    /// What comes out of each depth.
    outputs: Vec<Map>,
    scratch: Scratch,
}

impl Plan {
    /// Prepares `network` for images of `height` x `width`.
    ///
    /// # Panics
    /// If `height` or `width` is not a [multiple](crate::network::UNetConfig::multiple), or the parts do not fit together.
    pub(crate) fn new(network: &FoldedUNet, [height, width]: [usize; 2]) -> Self {
        let multiple = network.config.multiple();
        assert!(
            height.is_multiple_of(multiple) && width.is_multiple_of(multiple),
            "{height} x {width} for a multiple of {multiple}"
        );
        let stem = network.config.stem;
        let finest = [height / stem, width / stem];
        let size = |depth: usize| finest.map(|side| side >> depth);
        let outputs = |[_, second]: &[Layer; 2]| second.bias.len();
        let pair = |[first, second]: &[Layer; 2], channels, channel: &dyn Fn(usize) -> usize, depth| {
            let between = padded(first.bias.len());
            [
                Convolution::new(&first.weight(), &first.bias, channels, channel, size(depth)),
                Convolution::new(&second.weight(), &second.bias, between, |i| i, size(depth)),
            ]
        };
        let image = network.down[0][0].kernel.len() / (network.down[0][0].bias.len() * 9);
        let mut channels = image;
        let mut down = Vec::new();
        for (depth, block) in network.down.iter().enumerate() {
            down.push(pair(block, padded(channels), &|i| i, depth));
            channels = outputs(block);
        }
        let merge = network.merge.iter().enumerate().map(|(depth, block)| {
            let skip = outputs(&network.down[depth]);
            // What came up lies behind the skip and what pads it.
            let joined = |i| if i < skip { i } else { i - skip + padded(skip) };
            pair(block, 2 * padded(skip), &joined, depth)
        });
        let finest_outputs = outputs(&network.down[0]);
        let cells = network.head.bias.len();
        let mut head = Panels::new(cells, padded(finest_outputs));
        for (index, value) in network.head.weight().iter().enumerate() {
            head.set(index / finest_outputs, index % finest_outputs, *value);
        }
        Self {
            merge: merge.collect(),
            up: network.up.iter().map(Rise::new).collect(),
            head_bias: head.padded(&network.head.bias),
            head,
            down,
            cells,
            stem,
            inputs: image / (stem * stem),
            finest,
            spare: Mutex::default(),
        }
    }

    /// Logits of `images`, `[n, inputs, height, width]`: `[n, height, width]`.
    pub(crate) fn logits(&self, images: &[f32]) -> Vec<f32> {
        let area = self.finest[0] * self.finest[1] * self.cells;
        let mut logits = vec![0.0; images.len() / self.inputs];
        threads::for_each_chunk(&mut logits, area, |image, logits| {
            // Maps are whole whatever became of the thread that had them.
            let spare = || self.spare.lock().unwrap_or_else(PoisonError::into_inner);
            let kept = spare().pop();
            let mut maps = kept.unwrap_or_else(|| self.maps());
            self.image(&images[image * self.inputs * area..][..self.inputs * area], &mut maps, logits);
            spare().push(maps);
        });
        logits
    }

    fn maps(&self) -> Maps {
        let depths = self.down.len();
        let size = |depth: usize| self.finest.map(|side| side >> depth);
        let channels = |depth: usize| self.down[depth][1].channels();
        let before = |depth: usize| match depth {
            0 => padded(self.inputs * self.cells),
            _ => channels(depth - 1),
        };
        Maps {
            inputs: (0..depths).map(|depth| Map::new(before(depth), size(depth))).collect(),
            halves: (0..depths).map(|depth| Map::new(channels(depth), size(depth))).collect(),
            joined: (0..depths - 1).map(|depth| Map::new(2 * channels(depth), size(depth))).collect(),
            outputs: (0..depths).map(|depth| Map::new(channels(depth), size(depth))).collect(),
            scratch: Scratch::default(),
        }
    }

    /// As `UNet::forward` does it.
    fn image(&self, image: &[f32], maps: &mut Maps, logits: &mut [f32]) {
        let Maps { inputs, halves, joined, outputs, scratch } = maps;
        let mut run = |convolution: &Convolution, x: &Map, out: &mut Map| {
            convolution.run(slice::from_ref(x), slice::from_mut(out), scratch);
        };
        self.fold(image, &mut inputs[0]);
        for (depth, [first, second]) in self.down.iter().enumerate() {
            run(first, &inputs[depth], &mut halves[depth]);
            match joined.get_mut(depth) {
                Some(joined) => {
                    run(second, &halves[depth], joined);
                    pool(joined, &mut inputs[depth + 1]);
                }
                None => run(second, &halves[depth], &mut outputs[depth]),
            }
        }
        for (depth, (up, [first, second])) in self.up.iter().zip(&self.merge).enumerate().rev() {
            let behind = joined[depth].channels() / 2;
            rise(up, &outputs[depth + 1], &mut joined[depth], behind);
            run(first, &joined[depth], &mut halves[depth]);
            run(second, &halves[depth], &mut outputs[depth]);
        }
        finish(self, &outputs[0], logits);
    }

    /// Folds squares of pixels into channels.
    fn fold(&self, image: &[f32], to: &mut Map) {
        let stem = self.stem;
        let [height, width] = self.finest;
        for (row, values) in image.chunks_exact(width * stem).enumerate() {
            let (channel, y) = (row / (height * stem), row % (height * stem));
            let first = (channel * stem + y % stem) * stem;
            let channels = to.channels();
            let to = to.at_mut(y / stem, 0);
            for (pixel, values) in to.chunks_mut(channels).zip(values.chunks_exact(stem)) {
                pixel[first..][..stem].copy_from_slice(values);
            }
        }
    }
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Plan").field("finest", &self.finest).field("depths", &self.down.len()).finish()
    }
}

/// A transposed 2x2 convolution of stride 2: every input pixel becomes a square of four.
struct Rise {
    /// For each pixel of a square, row by row.
    cells: [Panels; 4],
    bias: Vec<f32>,
}

impl Rise {
    fn new(layer: &Layer) -> Self {
        let (weight, bias) = (layer.weight(), &layer.bias);
        let outputs = bias.len();
        let inputs = weight.len() / (outputs * 4);
        let mut cells = [0; 4].map(|_| Panels::new(outputs, padded(inputs)));
        for (index, value) in weight.iter().enumerate() {
            cells[index % 4].set(index / 4 % outputs, index / 4 / outputs, *value);
        }
        Self { bias: cells[0].padded(bias), cells }
    }
}

/// Writes to the channels of `out` from `first` on.
#[macerator::with_simd]
fn rise<'a, S: Simd>(up: &'a Rise, x: &'a Map, out: &'a mut Map, first: usize) {
    let lanes = f32::lanes::<S>();
    let inputs = x.channels();
    let channels = out.channels() - first;
    assert!((out.height(), out.width()) == (2 * x.height(), 2 * x.width()) && channels.is_multiple_of(lanes));
    for (cell, panels) in up.cells.iter().enumerate() {
        assert!(panels.inputs() == inputs);
        for (panel, weights) in panels.iter().enumerate() {
            for (y, left) in (0..x.height()).flat_map(|y| (0..x.width()).step_by(ROWS).map(move |left| (y, left))) {
                // The border reaches as far as the pixels that fill up the last of a row.
                let pixels = &x.at(y, left)[..ROWS * inputs];
                // SAFETY: `ROWS` pixels were cut out, and a panel is `inputs` pairs of vectors.
                let sums =
                    unsafe { product::block::<S>(pixels.as_ptr(), [inputs, 1], weights.as_ptr(), 2 * lanes, inputs) };
                for (m, sums) in sums.into_iter().enumerate().take(x.width() - left) {
                    let to = &mut out.at_mut(2 * y + cell / 2, 2 * (left + m) + cell % 2)[first..][..channels];
                    for (half, sum) in sums.into_iter().enumerate() {
                        let channel = (2 * panel + half) * lanes;
                        if channel < channels {
                            // SAFETY: whole vectors of `channels`, and the bias is padded to the panels.
                            unsafe {
                                let bias: Vector<S, f32> = vload_unaligned(up.bias[channel..].as_ptr());
                                vstore_unaligned(to[channel..].as_mut_ptr(), sum + bias);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The largest of each square of 2 x 2 pixels, in the channels that `out` has.
#[macerator::with_simd]
fn pool<'a, S: Simd>(x: &'a Map, out: &'a mut Map) {
    let lanes = f32::lanes::<S>();
    let (channels, pixel, row) = (out.channels(), x.channels(), x.row());
    assert!(x.height() >= 2 * out.height() && x.width() >= 2 * out.width() && channels <= pixel);
    assert!(channels.is_multiple_of(lanes));
    let (height, width) = (out.height(), out.width());
    for (y, left) in (0..height).flat_map(|y| (0..width).map(move |left| (y, left))) {
        let (from, to) = (&x.at(2 * y, 2 * left)[..row + 2 * pixel], &mut out.at_mut(y, left)[..channels]);
        for channel in (0..channels).step_by(lanes) {
            // SAFETY: whole vectors of the channels of four pixels, and of `to`, both cut out.
            unsafe {
                let load = |at: usize| -> Vector<S, f32> { vload_unaligned(from.as_ptr().add(at + channel)) };
                let most = load(0).max(load(pixel)).max(load(row).max(load(row + pixel)));
                vstore_unaligned(to.as_mut_ptr().add(channel), most);
            }
        }
    }
}

/// The head, and its cells unfolded into pixels.
#[macerator::with_simd]
fn finish<'a, S: Simd>(plan: &'a Plan, x: &'a Map, logits: &'a mut [f32]) {
    let lanes = f32::lanes::<S>();
    let (inputs, stem) = (x.channels(), plan.stem);
    let width = x.width() * stem;
    assert!(plan.head.inputs() == inputs);
    for (panel, weights) in plan.head.iter().enumerate().take(plan.cells.div_ceil(2 * lanes)) {
        let first = panel * 2 * lanes;
        for (y, left) in (0..x.height()).flat_map(|y| (0..x.width()).step_by(ROWS).map(move |left| (y, left))) {
            let pixels = &x.at(y, left)[..ROWS * inputs];
            // SAFETY: `ROWS` pixels were cut out, and a panel is `inputs` pairs of vectors.
            let sums =
                unsafe { product::block::<S>(pixels.as_ptr(), [inputs, 1], weights.as_ptr(), 2 * lanes, inputs) };
            for (m, sums) in sums.into_iter().enumerate().take(x.width() - left) {
                let mut values = [0.0; 2 * WIDEST];
                // SAFETY: a vector has at most `WIDEST` lanes.
                unsafe {
                    vstore_unaligned(values.as_mut_ptr(), sums[0]);
                    vstore_unaligned(values.as_mut_ptr().add(lanes), sums[1]);
                }
                for (cell, value) in (first..plan.cells).zip(&values[..2 * lanes]) {
                    let (y, x) = (y * stem + cell / stem, (left + m) * stem + cell % stem);
                    logits[y * width + x] = value + plan.head_bias[cell];
                }
            }
        }
    }
}
