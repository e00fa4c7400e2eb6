//! Slices of a case → probabilities, on the CPU or through Burn.

#[cfg(feature = "burn")]
use burn::tensor::{Device, Tensor, TensorData};

#[cfg(feature = "burn")]
use super::burn::UNet;
use super::calibration::sigmoid;
use super::config::INPUTS;
use super::cpu::Plan;
use super::folded::FoldedUNet;
use super::input_check::{InputCheck, Kind};
use super::manifest::Manifest;
use super::preprocess::CaseStatistics;
use super::preprocess::Grid;
use super::sha256::sha256;
use crate::error::{Error, ModelFault, Result};
use crate::mask::Probability;
use crate::phantom;
use crate::read::{Channels, Slice};

/// Pixels between those that [`Segmenter::known_answer`] gives.
const KNOWN_ANSWER_STEP: usize = 16;

/// The most slices of a case that the input check classifies.
const CHECKED: usize = 5;

/// The smallest fraction of a slice that a head covers. Slices with less are at the vertex or empty.
const SMALLEST_HEAD: f32 = 0.08;

/// What a network runs on.
#[derive(Clone, Debug)]
pub enum Backend {
    /// This library's own CPU kernels: the same numbers on every run, on every machine of one vector width.
    Cpu,
    /// A device of Burn.
    #[cfg(feature = "burn")]
    Burn(Device),
}

/// A network on its device, ready for slices.
#[derive(Debug)]
pub struct Segmenter {
    /// The network on the CPU. The input check uses it on every device.
    plan: Plan,
    /// The network on a device of Burn, if that is to compute the logits.
    #[cfg(feature = "burn")]
    burn: Option<(UNet, Device)>,
    manifest: Manifest,
}

impl Segmenter {
    /// Reads `model.json` and `weights.safetensors` and puts the network on a device.
    ///
    /// # Errors
    /// [`Error::Model`] unless the two are whole and belong together.
    pub fn load(model_json: &[u8], weights: &[u8], backend: Backend) -> Result<Self> {
        Self::load_hashed(model_json, weights, sha256(weights), backend)
    }

    /// As [`load`](Self::load), with the SHA-256 of the weights that the caller computed, in lower-case hexadecimal.
    pub(crate) fn load_hashed(model_json: &[u8], weights: &[u8], sha256: String, backend: Backend) -> Result<Self> {
        let manifest = Manifest::from_json(model_json)?;
        let network = manifest.load_hashed(weights, sha256)?;
        Ok(Self::new(&network, manifest, backend))
    }

    /// Puts a network on a device.
    pub fn new(network: &FoldedUNet, manifest: Manifest, backend: Backend) -> Self {
        #[cfg(feature = "burn")]
        let burn = match backend {
            Backend::Cpu => None,
            Backend::Burn(device) => Some((UNet::from_folded(network, &device), device)),
        };
        #[cfg(not(feature = "burn"))]
        let Backend::Cpu = backend;
        Self {
            plan: Plan::new(network, [manifest.grid, manifest.grid]),
            #[cfg(feature = "burn")]
            burn,
            manifest,
        }
    }

    /// What the network is.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// [`probabilities`](Self::probabilities) of one slice.
    ///
    /// # Errors
    /// [`Error::Device`] if the device fails.
    pub async fn probability(&self, slice: &Slice, statistics: &CaseStatistics) -> Result<Probability> {
        let mut maps = self.probabilities(&[slice], statistics).await?;
        maps.pop().ok_or_else(|| fault(&self.device(), "no result for the slice".to_owned()))
    }

    /// Probabilities of slices of one case, each on the slice's own grid, in their order.
    ///
    /// All slices go through the network at once. Each takes some 10 MB of memory.
    ///
    /// # Errors
    /// [`Error::Device`] if the device fails or gives a value that is not finite.
    pub async fn probabilities(&self, slices: &[&Slice], statistics: &CaseStatistics) -> Result<Vec<Probability>> {
        let maps = self.floats(slices, statistics).await?;
        slices.iter().zip(&maps).map(|(slice, map)| fixed(slice, map, &self.device())).collect()
    }

    /// The network's input for a slice: `[3, side, side]`, for a device outside of this library.
    pub fn input(&self, slice: &Slice, statistics: &CaseStatistics) -> Vec<f32> {
        statistics.normalise(slice, self.manifest.grid)
    }

    /// The probabilities of a slice from the logits `[side, side]` that another device has computed.
    ///
    /// # Errors
    /// [`Error::Device`] with the name `device` if there is another number of logits, or one is not finite.
    pub fn probability_of(&self, slice: &Slice, logits: Vec<f32>, device: &str) -> Result<Probability> {
        let map = self.unit(&[slice], logits, device)?.pop().unwrap_or_default();
        fixed(slice, &map, device)
    }

    /// Probabilities in floating point, 0.0 to 1.0, each map row by row on its slice's own grid.
    async fn floats(&self, slices: &[&Slice], statistics: &CaseStatistics) -> Result<Vec<Vec<f32>>> {
        let input: Vec<f32> = slices.iter().flat_map(|slice| self.input(slice, statistics)).collect(); // [n, 3, 256, 256]
        let logits = self.logits(input, slices.len()).await?; // [n, 256, 256]
        self.unit(slices, logits, &self.device())
    }

    /// Logits `[n, side, side]` to probabilities, each map row by row on its slice's own grid.
    fn unit(&self, slices: &[&Slice], logits: Vec<f32>, device: &str) -> Result<Vec<Vec<f32>>> {
        let side = self.manifest.grid;
        let expected = slices.len() * side * side;
        if logits.len() != expected {
            return Err(fault(device, format!("expected {expected} logits, found {}", logits.len())));
        }
        if let Some(found) = logits.iter().find(|logit| !logit.is_finite()) {
            return Err(fault(device, format!("it computed a logit of {found}, which is not finite")));
        }
        let calibration = &self.manifest.calibration;
        let on_own_grid = |(slice, logits): (&&Slice, &[f32])| -> Vec<f32> {
            let grid = Grid::of(slice, side);
            if grid.is_same() {
                return logits.iter().map(|&logit| sigmoid(calibration.apply(logit))).collect();
            }
            // Calibrated before it is resampled, a map would have another outline at 0.5.
            let plain: Vec<f32> = logits.iter().map(|&logit| sigmoid(logit)).collect();
            grid.restore(&plain).into_iter().map(|value| calibration.probability(value)).collect()
        };
        Ok(slices.iter().zip(logits.chunks_exact(side * side)).map(on_own_grid).collect())
    }

    /// `[n, 3, side, side]` to `[n, side, side]`.
    #[cfg_attr(
        not(feature = "burn"),
        expect(unused_variables, reason = "a Burn tensor has a shape, the plan knows it")
    )]
    async fn logits(&self, input: Vec<f32>, n: usize) -> Result<Vec<f32>> {
        #[cfg(feature = "burn")]
        if let Some((unet, device)) = &self.burn {
            let side = self.manifest.grid;
            let input = TensorData::new(input, [n, INPUTS, side, side]);
            let data = unet.forward(Tensor::<4>::from_data(input, device)).into_data_async().await; // [n, 1, 256, 256]
            let data = data.map_err(|error| fault(&self.device(), format!("{error:?}")))?;
            return data.try_into_vec::<f32>().map_err(|error| fault(&self.device(), format!("{error:?}")));
        }
        Ok(self.plan.logits(&input))
    }

    /// The result of the [input check](super::input_check) for a case; `None` for a model without a classifier of kinds.
    ///
    /// At most five slices that show something are classified, those from the middle of the case first.
    pub fn check_input(&self, slices: &[&Slice], statistics: &CaseStatistics) -> Option<InputCheck> {
        let classifier = self.manifest.kind_classifier.as_ref()?;
        let features = middle_first(slices.len()).filter_map(|index| self.features(slices[index], statistics));
        Some(classifier.check(&features.take(CHECKED).collect::<Vec<_>>()))
    }

    /// What slices of one series show; `None` for a model without a classifier of kinds, and without a slice.
    pub fn kind(&self, slices: &[Slice]) -> Option<Kind> {
        let slices: Vec<&Slice> = slices.iter().collect();
        let statistics = CaseStatistics::of(slices.iter().copied());
        if slices.is_empty() { None } else { self.check_input(&slices, &statistics)?.kind }
    }

    /// The features of a slice's FLAIR channel for a [classifier of kinds](super::input_check::KindClassifier); `None` if less
    /// than 8 % of the grid are as bright as the head.
    pub fn features(&self, slice: &Slice, statistics: &CaseStatistics) -> Option<Vec<f32>> {
        let mut input = self.input(slice, statistics); // [3, 256, 256]
        let plane = input.len() / INPUTS;
        let from = statistics.channels[Channels::FLAIR].normalised_from() as f32;
        let flair = Channels::FLAIR * plane..(Channels::FLAIR + 1) * plane;
        let bright = input[flair.clone()].iter().filter(|value| **value >= from).count();
        if (bright as f32) < SMALLEST_HEAD * plane as f32 {
            return None;
        }
        (0..INPUTS).for_each(|channel| input.copy_within(flair.clone(), channel * plane));
        Some(self.plan.features(&input))
    }

    /// Probabilities of a slice that every build has, the middle one of the default phantom: every 16th pixel of every 16th
    /// row, 0.0 to 1.0. `train fit` writes them to [`Manifest::known_answer`], and
    /// [`known_answer_error`](Self::known_answer_error) compares a device with them.
    ///
    /// # Errors
    /// [`Error::Device`] if the device fails or gives a value that is not finite.
    pub async fn known_answer(&self) -> Result<Vec<f32>> {
        let (slice, statistics) = known_slice();
        let maps = self.floats(&[&slice], &statistics).await?;
        Ok(sparse(&maps.concat(), &slice))
    }

    /// The largest difference in probability between this device and the manifest's known answer, 0.0 to 1.0.
    ///
    /// # Errors
    /// [`Error::Device`] if the device fails or gives a value that is not finite, [`Error::Model`] if the manifest's answer is
    /// empty or has another number of values.
    pub async fn known_answer_error(&self) -> Result<f32> {
        self.difference(&self.known_answer().await?)
    }

    /// The network's input for the slice of the [known answer](Self::known_answer): `[3, side, side]`.
    pub fn known_input(&self) -> Vec<f32> {
        let (slice, statistics) = known_slice();
        self.input(&slice, &statistics)
    }

    /// As [`known_answer_error`](Self::known_answer_error), for the logits `[side, side]` that another device has computed
    /// from [`known_input`](Self::known_input).
    ///
    /// # Errors
    /// As [`known_answer_error`](Self::known_answer_error) and [`probability_of`](Self::probability_of).
    pub fn known_answer_error_of(&self, logits: Vec<f32>, device: &str) -> Result<f32> {
        let (slice, _) = known_slice();
        let maps = self.unit(&[&slice], logits, device)?;
        self.difference(&sparse(&maps.concat(), &slice))
    }

    /// The largest difference of an answer from the known one.
    fn difference(&self, found: &[f32]) -> Result<f32> {
        let expected = &self.manifest.known_answer;
        if found.len() != expected.len() {
            let reason = format!("expected a known answer of {} values, found {}", found.len(), expected.len());
            return Err(ModelFault::Config { reason }.into());
        }
        Ok(found.iter().zip(expected).map(|(found, expected)| (found - expected).abs()).fold(0.0, f32::max))
    }

    /// The name of the device for messages.
    fn device(&self) -> String {
        #[cfg(feature = "burn")]
        if let Some((_, device)) = &self.burn {
            return format!("{device:?}");
        }
        "cpu".to_owned()
    }
}

/// The places of `count` slices: five from the middle of the case, then the others.
fn middle_first(count: usize) -> impl Iterator<Item = usize> {
    let middle = [5, 4, 6, 3, 7].map(|tenth| count * tenth / 10);
    let is_first = move |place: usize| middle.iter().take(place).all(|index| *index != middle[place]);
    let chosen = (0..middle.len()).filter(move |&place| is_first(place)).map(move |place| middle[place]);
    chosen.filter(move |index| *index < count).chain((0..count).filter(move |index| !middle.contains(index)))
}

/// The middle slice of the default phantom, with the statistics of its case.
fn known_slice() -> (Slice, CaseStatistics) {
    let case = phantom::sample();
    let statistics = CaseStatistics::of(case.slices.iter().map(|entry| &entry.slice));
    (case.slices[case.slices.len() / 2].slice.clone(), statistics)
}

/// Every 16th value of every 16th row of a map.
fn sparse(map: &[f32], slice: &Slice) -> Vec<f32> {
    let rows = map.chunks_exact(slice.width()).step_by(KNOWN_ANSWER_STEP);
    rows.flat_map(|row| row.iter().copied().step_by(KNOWN_ANSWER_STEP)).collect()
}

/// A map of probabilities in floating point as one in fixed point.
fn fixed(slice: &Slice, map: &[f32], device: &str) -> Result<Probability> {
    let fixed = Probability::from_unit(slice.width(), slice.height(), map);
    fixed.map_err(|error| fault(device, format!("{}: {error}", slice.name())))
}

fn fault(device: &str, reason: String) -> Error {
    Error::Device { device: device.to_owned(), reason }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::network::folded::Layer;

    /// The shipped network with another bias of the head.
    fn segmenter(bias: f32) -> Segmenter {
        let json = include_bytes!("../../www/model/model.json");
        let manifest = Manifest::from_json(json).expect("the shipped model.json");
        let weights = include_bytes!("../../www/model/weights.safetensors");
        let network = manifest.load(weights).expect("the shipped weights");
        let head = Layer { bias: vec![bias; network.head.bias.len()], ..network.head.clone() };
        Segmenter::new(&FoldedUNet { head, ..network }, manifest, Backend::Cpu)
    }

    #[test]
    fn a_value_that_is_not_finite_is_a_device_fault_and_never_an_empty_mask() {
        for bias in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let segmenter = segmenter(bias);
            let case = phantom::sample();
            let statistics = CaseStatistics::of(case.slices.iter().map(|entry| &entry.slice));
            let found = pollster::block_on(segmenter.probability(&case.slices[0].slice, &statistics));
            let fault = found.expect_err("a value that is not finite");
            assert!(matches!(fault, Error::Device { .. }), "{fault}");
            assert!(matches!(pollster::block_on(segmenter.known_answer_error()), Err(Error::Device { .. })));
        }
    }

    #[test]
    fn logits_of_another_device_give_the_same_probabilities() {
        let segmenter = segmenter(-2.0);
        let case = phantom::sample();
        let statistics = CaseStatistics::of(case.slices.iter().map(|entry| &entry.slice));
        let slice = &case.slices[3].slice;
        let plan = &segmenter.plan;
        let logits = plan.logits(&segmenter.input(slice, &statistics));
        let found = segmenter.probability_of(slice, logits.clone(), "webgpu").expect("logits");
        assert_eq!(found, pollster::block_on(segmenter.probability(slice, &statistics)).expect("the CPU computes"));

        let error = segmenter.known_answer_error_of(plan.logits(&segmenter.known_input()), "webgpu").expect("logits");
        assert_eq!(error, pollster::block_on(segmenter.known_answer_error()).expect("the CPU computes"));

        for logits in [logits[1..].to_vec(), vec![f32::NAN; logits.len()]] {
            let error = segmenter.probability_of(slice, logits, "webgpu").expect_err("a fault of the device");
            assert!(matches!(&error, Error::Device { device, .. } if device == "webgpu"), "{error}");
        }
    }

    #[test]
    fn calibration_changes_probabilities_and_no_mask_at_a_half() {
        let case = phantom::sample();
        let whole = &case.slices[case.slices.len() / 2].slice;
        // Half of the rows, so that the slice is not on the grid.
        let (width, height) = (whole.width(), whole.height() / 2);
        let samples: Vec<u16> = whole.samples().iter().take(3 * width * height).collect();
        let half = Slice::new("half", width, height, whole.channels(), crate::read::Samples::U16(samples));
        let half = half.expect("a slice");
        for slice in [whole, &half] {
            let statistics = CaseStatistics::of([slice]);
            let mut segmenter = segmenter(-2.0);
            let calibrated = pollster::block_on(segmenter.probability(slice, &statistics)).expect("the CPU computes");
            assert!(!segmenter.manifest.calibration.knots.is_empty());
            segmenter.manifest.calibration = crate::network::Calibration::default();
            let plain = pollster::block_on(segmenter.probability(slice, &statistics)).expect("the CPU computes");
            assert_ne!(calibrated, plain);
            assert!(plain.area(0.5) > 0);
            let mask = |map| crate::mask::Mask::from_probability(map, 0.5);
            assert_eq!(mask(&calibrated), mask(&plain));
        }
    }

    #[test]
    fn a_known_answer_of_another_length_is_refused() {
        for length in [0, 3] {
            let mut segmenter = segmenter(0.0);
            segmenter.manifest.known_answer.truncate(length);
            let error = pollster::block_on(segmenter.known_answer_error()).expect_err("too short");
            assert!(matches!(error, Error::Model(_)), "{error}");
        }
    }
}
