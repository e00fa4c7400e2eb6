//! Named tensors ↔ the bytes of a safetensors file, through the `safetensors` crate.

use std::collections::BTreeMap;

use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

use crate::error::ModelFault;

/// The key under which a file's header names its [`Kind`].
const KEY: &str = "glioscope";

/// What a file holds, with the version of its layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A U-Net for inference: kernels, scales and biases.
    Folded,
    /// A U-Net to fit on: kernels and batch normalisations.
    #[cfg_attr(any(not(feature = "burn"), target_arch = "wasm32"), allow(dead_code, reason = "for fitting alone"))]
    Unfolded,
    /// What the input check tells kinds of images by.
    Classifier,
}

impl Kind {
    /// The labels of this kind, that of files which are written first. Version 1 of a folded network has no tensor of bytes.
    fn labels(self) -> &'static [&'static str] {
        match self {
            Self::Folded => &["folded-unet-2", "folded-unet-1"],
            Self::Unfolded => &["unfolded-unet-1"],
            Self::Classifier => &["kind-classifier-1"],
        }
    }
}

/// The precision in which a tensor is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    /// Whole numbers from -127 to 127, each times the step of its row. A row is everything at one index of the first axis,
    /// and its step is its largest magnitude / 127. The tensor NAME.step holds the steps in single precision. Values are first
    /// rounded to half precision, so that a tensor that was stored with it gives the same bytes.
    Byte,
    /// Half precision, rounded to nearest.
    Half,
    /// Single precision.
    Single,
}

/// Named tensors, to be written or to be taken one by one.
#[derive(Debug, Default)]
pub(crate) struct Tensors(BTreeMap<String, Stored>);

#[derive(Debug)]
struct Stored {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Tensors {
    /// Adds a tensor.
    ///
    /// # Panics
    /// If `values` does not have as many numbers as `shape` says.
    pub(crate) fn put(&mut self, name: String, shape: &[usize], values: &[f32], precision: Precision) {
        assert_eq!(values.len(), shape.iter().product::<usize>(), "the values of {name}");
        let (dtype, bytes) = match precision {
            Precision::Byte => {
                let values: Vec<f32> = values.iter().map(|&value| f16::from_f32(value).to_f32()).collect();
                let (steps, codes) = quantised(&values, shape[0]);
                self.put(steps_of(&name), &shape[..1], &steps, Precision::Single);
                (Dtype::I8, codes.iter().map(|code| code.cast_unsigned()).collect())
            }
            Precision::Half => {
                (Dtype::F16, values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect())
            }
            Precision::Single => (Dtype::F32, values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        };
        self.0.insert(name, Stored { dtype, shape: shape.to_vec(), bytes });
    }

    /// The bytes of a file: the same for the same tensors.
    pub(crate) fn write(&self, kind: Kind) -> Vec<u8> {
        let views = self.0.iter().map(|(name, Stored { dtype, shape, bytes })| {
            let view = TensorView::new(*dtype, shape.clone(), bytes);
            (name, view.expect("`put` checks the number of values"))
        });
        // One entry: the order of several would differ from run to run.
        let header = [(KEY.to_owned(), kind.labels()[0].to_owned())].into_iter().collect();
        serialize(views, Some(header)).expect("tensors in memory have lengths that can be written")
    }

    /// Reads a file of one kind.
    ///
    /// # Errors
    /// [`ModelFault::Record`] for bytes that are no safetensors file, another kind, or a tensor of another type than I8, F16 or F32.
    pub(crate) fn read(bytes: &[u8], kind: Kind) -> Result<Self, ModelFault> {
        let refused = |error: safetensors::SafeTensorError| fault(error.to_string());
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(refused)?;
        let found = header.metadata().as_ref().and_then(|header| header.get(KEY));
        if !found.is_some_and(|found| kind.labels().contains(&found.as_str())) {
            let found = found.map_or("a file without a kind", String::as_str);
            return Err(fault(format!("expected {}, found {found}", kind.labels().join(" or "))));
        }
        let file = SafeTensors::deserialize(bytes).map_err(refused)?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.iter() {
            if !matches!(view.dtype(), Dtype::I8 | Dtype::F16 | Dtype::F32) {
                return Err(fault(format!("{name}: expected I8, F16 or F32, found {:?}", view.dtype())));
            }
            let stored = Stored { dtype: view.dtype(), shape: view.shape().to_vec(), bytes: view.data().to_vec() };
            tensors.insert(name.to_owned(), stored);
        }
        Ok(Self(tensors))
    }

    /// The numbers in the first axis of a tensor; 0 without one.
    pub(crate) fn length(&self, name: &str) -> usize {
        self.0.get(name).and_then(|stored| stored.shape.first().copied()).unwrap_or(0)
    }

    /// Takes the tensor of this name out, in single precision, row by row.
    ///
    /// # Errors
    /// [`ModelFault::Record`] if it is missing, has another shape, or has a value that is not finite.
    pub(crate) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelFault> {
        let stored = self.0.remove(name).ok_or_else(|| fault(format!("{name} is missing")))?;
        if stored.shape != shape {
            return Err(fault(format!("{name}: expected the shape {shape:?}, found {:?}", stored.shape)));
        }
        let values: Vec<f32> = match stored.dtype {
            Dtype::I8 => {
                let steps = self.take(&steps_of(name), &shape[..1])?;
                let rows = stored.bytes.chunks_exact(row_length(stored.bytes.len(), steps.len())).zip(steps);
                rows.flat_map(|(row, step)| row.iter().map(move |code| f32::from(code.cast_signed()) * step)).collect()
            }
            Dtype::F16 => {
                stored.bytes.as_chunks::<2>().0.iter().map(|&pair| f16::from_le_bytes(pair).to_f32()).collect()
            }
            _ => stored.bytes.as_chunks::<4>().0.iter().map(|&four| f32::from_le_bytes(four)).collect(),
        };
        match values.iter().find(|value| !value.is_finite()) {
            Some(found) => Err(fault(format!("{name}: expected finite values, found {found}"))),
            None => Ok(values),
        }
    }

    /// Checks that every tensor was taken.
    ///
    /// # Errors
    /// [`ModelFault::Record`] with the name of one that was not.
    pub(crate) fn finish(self) -> Result<(), ModelFault> {
        match self.0.into_keys().next() {
            Some(name) => Err(fault(format!("{name} belongs to no layer"))),
            None => Ok(()),
        }
    }
}

/// The name of the tensor with the steps of another.
fn steps_of(name: &str) -> String {
    format!("{name}.step")
}

/// The step of each row, and the codes of all `values`.
fn quantised(values: &[f32], rows: usize) -> (Vec<f32>, Vec<i8>) {
    let rows = values.chunks_exact(row_length(values.len(), rows));
    // `f32::max` would lose a value that is not a number. As a step it is refused when the file is read.
    let larger = |most: f32, value: &f32| if value.is_nan() || value.abs() > most { value.abs() } else { most };
    let steps: Vec<f32> = rows.clone().map(|row| row.iter().fold(0.0, larger) / 127.0).collect();
    // The values of a row with the step 0 are 0. So are their codes, because 0 / 0 is cast to 0.
    let codes = rows.zip(&steps).flat_map(|(row, step)| row.iter().map(move |value| (value / step).round() as i8));
    let codes = codes.collect();
    (steps, codes)
}

/// The numbers in a row; at least one, for a tensor without rows.
fn row_length(numbers: usize, rows: usize) -> usize {
    numbers.checked_div(rows).unwrap_or_default().max(1)
}

fn fault(reason: String) -> ModelFault {
    ModelFault::Record { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Tensors {
        let mut tensors = Tensors::default();
        tensors.put("byte".to_owned(), &[3, 2], &[0.5, -0.25, 0.0, 0.0, -3.0, 0.01], Precision::Byte);
        tensors.put("half".to_owned(), &[2, 1], &[0.5, 1.0 / 3.0], Precision::Half);
        tensors.put("single".to_owned(), &[1], &[1.0 / 3.0], Precision::Single);
        tensors
    }

    #[test]
    fn tensors_round_trip_in_their_precision() {
        let bytes = file().write(Kind::Folded);
        assert_eq!(bytes, file().write(Kind::Folded));
        let mut read = Tensors::read(&bytes, Kind::Folded).expect("a file");
        let [half, three] = [0.5 / 127.0, 3.0 / 127.0_f32];
        let expected = [127.0 * half, -64.0 * half, 0.0, 0.0, -127.0 * three, 0.0];
        assert_eq!(read.take("byte", &[3, 2]).expect("byte"), expected);
        assert_eq!(read.take("half", &[2, 1]).expect("half"), [0.5, f16::from_f32(1.0 / 3.0).to_f32()]);
        assert_eq!(read.take("single", &[1]).expect("single"), [1.0 / 3.0]);
        read.finish().expect("all taken");
    }

    #[test]
    fn faults_name_the_tensor_and_the_value() {
        let bytes = file().write(Kind::Folded);
        let read = || Tensors::read(&bytes, Kind::Folded).expect("a file");
        let said = |fault: ModelFault| fault.to_string();
        assert!(said(read().take("none", &[1]).expect_err("missing")).contains("none is missing"));
        assert!(said(read().take("half", &[2]).expect_err("shape")).contains("expected the shape [2], found [2, 1]"));
        assert!(said(read().finish().expect_err("left")).contains("byte belongs to no layer"));
        let mut bytes_alone = read();
        bytes_alone.take("byte.step", &[3]).expect("steps");
        assert!(said(bytes_alone.take("byte", &[3, 2]).expect_err("no steps")).contains("byte.step is missing"));
        let other = Tensors::read(&bytes, Kind::Unfolded).expect_err("another kind");
        assert!(said(other).contains("expected unfolded-unet-1, found folded-unet-2"));
        assert!(Tensors::read(&bytes[..20], Kind::Folded).is_err());
        for wrong in [f32::NAN, f32::INFINITY] {
            let mut tensors = Tensors::default();
            tensors.put("wrong".to_owned(), &[1, 3], &[1.0, wrong, 2.0], Precision::Byte);
            let mut read = Tensors::read(&tensors.write(Kind::Folded), Kind::Folded).expect("a file");
            assert!(said(read.take("wrong", &[1, 3]).expect_err("not finite")).contains("expected finite values"));
        }
        let mut infinite = Tensors::default();
        infinite.put("large".to_owned(), &[1], &[1e6], Precision::Half);
        let mut read = Tensors::read(&infinite.write(Kind::Folded), Kind::Folded).expect("a file");
        assert!(said(read.take("large", &[1]).expect_err("infinite")).contains("found inf"));
    }
}
