//! The device: `--device auto|cpu|vulkan|cuda|metal|wgpu`.
//!
//! The CPU is always available. Every GPU backend is a cargo feature of the same name, so that `train` builds on a machine
//! without its toolkit. The error about a missing backend has the command that builds it.

use std::fmt;
use std::panic;

use anyhow::{Result, anyhow, bail};
use burn::tensor::{Device, Tensor};
use glioscope::network::segmenter::Backend;

/// The value of `--device`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Choice {
    /// The first of cuda, metal, vulkan and wgpu that is built in and works on a GPU, else cpu
    #[default]
    Auto,
    /// All CPU cores (Burn's flex backend); every run gives the same numbers
    Cpu,
    /// Any GPU with a Vulkan driver
    Vulkan,
    /// An NVIDIA GPU with the CUDA toolkit
    Cuda,
    /// An Apple GPU
    Metal,
    /// Any GPU, with the WGSL shaders of the page (those of vulkan or metal if they are built in too)
    Wgpu,
}

/// A device that has passed a small calculation.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    /// The device, without gradients.
    pub(crate) device: Device,
    /// Its name for messages: `cpu (flex, 8 threads)`, `cuda (NVIDIA H100 PCIe)`.
    pub(crate) name: String,
}

impl Opened {
    /// Whether it is the CPU, which is the reference for the GPUs.
    pub(crate) fn is_cpu(&self) -> bool {
        self.device == Device::flex()
    }
}

impl Opened {
    /// The back end of a [`Segmenter`](glioscope::network::Segmenter) on this device.
    pub(crate) fn backend(&self) -> Backend {
        backend(&self.device)
    }
}

/// The library's own kernels on the CPU, Burn on any other device.
pub(crate) fn backend(device: &Device) -> Backend {
    if *device == Device::flex() { Backend::Cpu } else { Backend::Burn(device.clone()) }
}

impl fmt::Display for Choice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Vulkan => "vulkan",
            Self::Cuda => "cuda",
            Self::Metal => "metal",
            Self::Wgpu => "wgpu",
        })
    }
}

/// Opens and tests the device, and prints its name on stderr.
///
/// # Errors
///
/// When the backend is not built in, finds no device or calculates wrong values. `auto` fails only if the CPU does.
pub(crate) fn open(choice: Choice) -> Result<Opened> {
    let opened = match choice {
        Choice::Auto => first_that_works()?,
        _ => open_one(choice)?,
    };
    let why = if choice == Choice::Auto { ", selected by --device auto" } else { "" };
    eprintln!("device: {}{why}", opened.name);
    Ok(opened)
}

fn first_that_works() -> Result<Opened> {
    for choice in [Choice::Cuda, Choice::Metal, Choice::Vulkan, Choice::Wgpu] {
        if !is_built_in(choice) {
            continue;
        }
        match find(choice, true).and_then(|opened| check(&opened).map(|()| opened)) {
            Ok(opened) => return Ok(opened),
            Err(error) => eprintln!("device: {choice} does not work: {error:#}"),
        }
    }
    open_one(Choice::Cpu)
}

fn open_one(choice: Choice) -> Result<Opened> {
    let opened = find(choice, false)?;
    check(&opened)?;
    Ok(opened)
}

fn is_built_in(choice: Choice) -> bool {
    match choice {
        Choice::Auto | Choice::Cpu => true,
        Choice::Vulkan => cfg!(feature = "vulkan"),
        Choice::Cuda => cfg!(feature = "cuda"),
        Choice::Metal => cfg!(feature = "metal"),
        Choice::Wgpu => cfg!(feature = "wgpu"),
    }
}

/// The first device of the backend. `real` excludes software GPUs, which are slower than the CPU.
fn find(choice: Choice, real: bool) -> Result<Opened> {
    match choice {
        Choice::Auto | Choice::Cpu => {
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            Ok(Opened { device: Device::flex(), name: format!("cpu (flex, {threads} threads)") })
        }
        #[cfg(feature = "vulkan")]
        Choice::Vulkan => first_of(choice, burn::tensor::DeviceType::Vulkan, real),
        #[cfg(feature = "cuda")]
        Choice::Cuda => first_of(choice, burn::tensor::DeviceType::Cuda, real),
        #[cfg(feature = "metal")]
        Choice::Metal => first_of(choice, burn::tensor::DeviceType::Metal, real),
        #[cfg(feature = "wgpu")]
        Choice::Wgpu => first_of(choice, burn::tensor::DeviceType::Wgpu, real),
        #[allow(unreachable_patterns, reason = "reachable unless every GPU backend is built in")]
        absent => {
            let _ = real;
            bail!(
                "--device {absent} is not built into this train; \
                 build it with `cargo run --release -p train --features {absent} -- …`"
            )
        }
    }
}

#[cfg(any(feature = "vulkan", feature = "cuda", feature = "metal", feature = "wgpu"))]
fn first_of(choice: Choice, kind: burn::tensor::DeviceType, real: bool) -> Result<Opened> {
    guarded(|| {
        for device in Device::enumerate(kind).into_vec() {
            let identity = device.identity();
            if real && identity.as_ref().is_none_or(|identity| identity.physical.is_none()) {
                continue;
            }
            let gpu = identity.map_or_else(|| String::from("unnamed"), |identity| identity.name);
            return Some(Opened { device, name: format!("{choice} ({gpu})") });
        }
        None
    })?
    .ok_or_else(|| anyhow!("--device {choice}: no device found; is its driver installed?"))
}

/// Multiplies two matrices: a driver that miscompiles gives wrong numbers and no error.
fn check(opened: &Opened) -> Result<()> {
    let product = guarded(|| {
        let left = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], &opened.device);
        let right = Tensor::<2>::from_floats([[5.0, 6.0], [7.0, 8.0]], &opened.device);
        left.matmul(right).into_data().iter::<f32>().collect::<Vec<f32>>()
    })?;
    let expected = [19.0, 22.0, 43.0, 50.0];
    if product != expected {
        bail!("device {}: a matrix product is {product:?}, expected {expected:?}", opened.name);
    }
    Ok(())
}

/// Runs `work` and returns a panic as an error: the backends panic when a driver is missing or fails.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let result = panic::catch_unwind(panic::AssertUnwindSafe(work));
    panic::set_hook(hook);
    result.map_err(|payload| {
        let message = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        anyhow!("the driver failed: {}", message.lines().next().unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn the_cpu_is_always_available() -> Result<()> {
        assert!(open(Choice::Cpu)?.name.starts_with("cpu"));
        Ok(())
    }

    #[test]
    fn the_error_about_a_missing_backend_has_the_command_that_builds_it() -> Result<()> {
        for choice in [Choice::Vulkan, Choice::Cuda, Choice::Metal, Choice::Wgpu] {
            if is_built_in(choice) {
                continue;
            }
            let message = format!("{:#}", open(choice).err().context("it opened")?);
            assert!(message.contains(&format!("--features {choice}")), "{message}");
        }
        Ok(())
    }

    #[test]
    fn a_panic_becomes_an_error_with_its_message() -> Result<()> {
        let error = guarded(|| {
            if true {
                panic!("no adapter {}", 7)
            }
        })
        .err()
        .context("it passed")?;
        assert!(format!("{error:#}").contains("no adapter 7"));
        Ok(())
    }
}
