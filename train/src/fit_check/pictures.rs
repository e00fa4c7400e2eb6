//! Generated images that show no head: noise, patterns, scenes, documents, other organs, and heads that are cut to pieces.

use std::f32::consts::TAU;

use glioscope::random::Rng;

/// After this many consecutive numbers the families of pictures repeat.
const PERIOD: usize = 9;

/// A picture, `[side, side]` from 0 to 1. Its number chooses the family: other organs twice in a period, the others once.
pub(super) fn picture(number: usize, side: usize, rng: &mut Rng) -> Vec<f32> {
    let mut canvas = Canvas::new(side, rng);
    match number % PERIOD {
        0 => canvas.noise(rng),
        1 => canvas.clouds(rng),
        2 => canvas.gradient(rng),
        3 => canvas.pattern(rng),
        4 => canvas.leaves(rng),
        5 => canvas.document(rng),
        6 => canvas.scene(rng),
        _ => canvas.body(rng),
    }
    canvas.pixels
}

/// A head that is no head any more: `tiles` x `tiles` squares of it in another order.
pub(super) fn shuffled(head: &[f32], side: usize, tiles: usize, rng: &mut Rng) -> Vec<f32> {
    let length = side / tiles;
    let mut order: Vec<usize> = (0..tiles * tiles).collect();
    rng.shuffle(&mut order);
    let mut out = vec![0.0; side * side];
    for (to, from) in order.into_iter().enumerate() {
        for y in 0..length {
            let start = |tile: usize| (tile / tiles * length + y) * side + tile % tiles * length;
            out[start(to)..][..length].copy_from_slice(&head[start(from)..][..length]);
        }
    }
    out
}

/// A contact sheet: `tiles` x `tiles` small copies of heads.
pub(super) fn sheet(heads: &[Vec<f32>], side: usize, tiles: usize) -> Vec<f32> {
    let pixel = |i: usize| {
        let (x, y) = (i % side * tiles, i / side * tiles);
        let head = &heads[(y / side * tiles + x / side) % heads.len()];
        head[y % side * side + x % side]
    };
    (0..side * side).map(pixel).collect()
}

/// The middle of a head, enlarged.
pub(super) fn excerpt(head: &[f32], side: usize, factor: f32, rng: &mut Rng) -> Vec<f32> {
    let centre = [(); 2].map(|()| side as f32 * rng.range(0.4, 0.6));
    let at = |place: usize, centre: f32| {
        let from = centre + (place as f32 - side as f32 / 2.0) / factor;
        (from.max(0.0) as usize).min(side - 1)
    };
    (0..side * side).map(|i| head[at(i / side, centre[1]) * side + at(i % side, centre[0])]).collect()
}

struct Canvas {
    side: usize,
    pixels: Vec<f32>,
}

impl Canvas {
    fn new(side: usize, rng: &mut Rng) -> Self {
        Self { side, pixels: vec![rng.range(0.0, 1.0); side * side] }
    }

    /// Sets each pixel by its place, each from -1 to 1, and its value.
    fn paint(&mut self, mut value: impl FnMut(f32, f32, f32) -> f32) {
        let (side, half) = (self.side, self.side as f32 / 2.0);
        for (i, pixel) in self.pixels.iter_mut().enumerate() {
            let [x, y] = [i % side, i / side].map(|place| place as f32 / half - 1.0);
            *pixel = value(x, y, *pixel).clamp(0.0, 1.0);
        }
    }

    fn noise(&mut self, rng: &mut Rng) {
        let (level, spread) = (rng.range(0.1, 0.9), rng.range(0.05, 0.5));
        self.paint(|_, _, _| level + spread * rng.normal_pair()[0]);
    }

    fn clouds(&mut self, rng: &mut Rng) {
        let clouds = Clouds::new(rng);
        let contrast = rng.range(0.5, 2.0);
        self.paint(|x, y, _| 0.5 + contrast * clouds.at(x, y));
    }

    fn gradient(&mut self, rng: &mut Rng) {
        let (sin, cos) = rng.range(0.0, TAU).sin_cos();
        let round = rng.chance(0.5);
        let steep = rng.range(0.3, 0.7);
        self.paint(|x, y, _| if round { 1.0 - steep * x.hypot(y) } else { 0.5 + steep * (x * cos + y * sin) });
    }

    fn pattern(&mut self, rng: &mut Rng) {
        let (sin, cos) = rng.range(0.0, TAU).sin_cos();
        let [across, down] = [(); 2].map(|()| rng.range(3.0, 60.0));
        let (sharp, chess) = (rng.chance(0.5), rng.chance(0.5));
        self.paint(|x, y, _| {
            let along = ((x * cos + y * sin) * across).sin();
            let wave = if chess { along * ((y * cos - x * sin) * down).sin() } else { along };
            0.5 + 0.5 * if sharp { wave.signum() } else { wave }
        });
    }

    /// Discs and boxes over one another, many small and few large ones, as the outlines in photographs are.
    fn leaves(&mut self, rng: &mut Rng) {
        for _ in 0..rng.below(300) + 20 {
            let size = 0.03 / rng.range(0.02, 1.0);
            let (shape, level) = (Form::new(rng, size), rng.range(0.0, 1.0));
            let (square, shade) = (rng.chance(0.3), rng.range(-0.3, 0.3));
            self.paint(|x, y, before| if shape.has(x, y, square) { level + shade * x } else { before });
        }
        self.grain(rng);
    }

    fn document(&mut self, rng: &mut Rng) {
        let (paper, ink) = if rng.chance(0.7) { (0.95, 0.1) } else { (0.05, 0.9) };
        let (lines, margin) = (rng.range(8.0, 40.0), rng.range(0.7, 0.95));
        let (words, seed) = (rng.range(10.0, 60.0), rng.below(1000) as f32);
        self.paint(|x, y, _| {
            let line = ((y + 1.0) * lines).floor();
            let letter = ((x + 1.0) * words).floor();
            let dark = ((letter * 12.9898 + line * 78.233 + seed).sin() * 43_758.547).fract().abs() < 0.55;
            let inside = x.abs() < margin && y.abs() < margin && ((y + 1.0) * lines).fract() < 0.6;
            if dark && inside { ink } else { paper }
        });
    }

    /// Sky, ground and things on it.
    fn scene(&mut self, rng: &mut Rng) {
        let (horizon, sky, ground) = (rng.range(-0.5, 0.5), rng.range(0.5, 1.0), rng.range(0.1, 0.6));
        let clouds = Clouds::new(rng);
        self.paint(|x, y, _| {
            let edge = horizon + 0.3 * clouds.at(x, 0.0);
            let texture = clouds.at(x, y);
            if y < edge { sky + 0.2 * texture } else { ground + 0.6 * texture }
        });
        for _ in 0..rng.below(12) {
            let size = rng.range(0.05, 0.5);
            let (shape, level, square) = (Form::new(rng, size), rng.range(0.0, 1.0), rng.chance(0.5));
            self.paint(|x, y, before| if shape.has(x, y, square) { level + 0.3 * clouds.at(y, x) } else { before });
        }
        self.grain(rng);
    }

    /// One or two outlines on black, with a rim of fat and organs inside.
    fn body(&mut self, rng: &mut Rng) {
        let clouds = Clouds::new(rng);
        let pair = rng.chance(0.3);
        let (width, height) = (rng.range(0.5, 0.98), rng.range(0.35, 0.9));
        let (rim, fat, muscle) = (rng.range(0.75, 0.97), rng.range(0.2, 1.0), rng.range(0.15, 0.7));
        let organs: Vec<(Form, f32)> = (0..rng.below(16))
            .map(|_| {
                let size = rng.range(0.08, 0.4);
                (Form::new(rng, size), rng.range(0.0, 1.0))
            })
            .collect();
        let texture = rng.range(0.0, 0.8);
        self.paint(|x, y, _| {
            let x = if pair { (x.abs() - 0.5) * 2.0 } else { x };
            let depth = (x / width).hypot(y / height);
            if depth >= 1.0 {
                return 0.0;
            }
            let organ = organs.iter().rev().find(|(organ, _)| organ.has(x, y, false));
            let level = if depth > rim { fat } else { organ.map_or(muscle, |(_, level)| *level) };
            level * (1.0 + texture * clouds.at(x, y))
        });
        self.grain(rng);
    }

    fn grain(&mut self, rng: &mut Rng) {
        let amount = if rng.chance(0.5) { rng.range(0.0, 0.06) } else { 0.0 };
        self.paint(|_, _, before| before + amount * rng.normal_pair()[0]);
    }
}

/// Sums of waves whose heights fall with their frequencies.
struct Clouds(Vec<[f32; 4]>);

impl Clouds {
    fn new(rng: &mut Rng) -> Self {
        let fall = rng.range(0.7, 1.6);
        let wave = |rng: &mut Rng| {
            let frequency = rng.range(0.0, 4.0).exp();
            let (sin, cos) = rng.range(0.0, TAU).sin_cos();
            [frequency * cos, frequency * sin, rng.range(0.0, TAU), 0.5 * frequency.powf(-fall)]
        };
        Self((0..40).map(|_| wave(rng)).collect())
    }

    /// About -1 to 1.
    fn at(&self, x: f32, y: f32) -> f32 {
        self.0.iter().map(|[across, down, phase, height]| height * (across * x + down * y + phase).sin()).sum()
    }
}

/// An ellipse or a box, turned.
struct Form {
    centre: [f32; 2],
    half: [f32; 2],
    turn: [f32; 2],
}

impl Form {
    fn new(rng: &mut Rng, size: f32) -> Self {
        let centre = [(); 2].map(|()| rng.range(-0.9, 0.9));
        let half = [(); 2].map(|()| size * rng.range(0.4, 1.0));
        let (sin, cos) = rng.range(0.0, TAU).sin_cos();
        Self { centre, half, turn: [sin, cos] }
    }

    fn has(&self, x: f32, y: f32, square: bool) -> bool {
        let (x, y, [sin, cos]) = (x - self.centre[0], y - self.centre[1], self.turn);
        let (u, v) = ((x * cos + y * sin) / self.half[0], (y * cos - x * sin) / self.half[1]);
        if square { u.abs().max(v.abs()) < 1.0 } else { u.hypot(v) < 1.0 }
    }
}
