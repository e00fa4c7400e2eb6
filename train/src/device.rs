//! What the network runs on: `--device auto|cpu|vulkan|cuda|metal|wgpu`.
//!
//! The CPU is always there. Every GPU backend is a cargo feature of the same name, so that a machine without its
//! toolkit still builds `train`; asking for one that was left out gives the command that puts it in.

use std::fmt;
use std::panic;

use anyhow::{Result, anyhow, bail};
use burn::tensor::{Device, Tensor};
use glioscope::network::segmenter::Backend;

/// The device that a person asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Choice {
    /// The first that is compiled in and works: cuda, metal, vulkan, wgpu (a real GPU), else cpu
    #[default]
    Auto,
    /// Every core, through Burn's flex backend: always there, and the same numbers on every run
    Cpu,
    /// Any GPU with a Vulkan driver
    Vulkan,
    /// An NVIDIA GPU with the CUDA toolkit
    Cuda,
    /// An Apple GPU
    Metal,
    /// Any GPU, by the shaders that the page runs (WGSL); built with vulkan or metal as well, by theirs
    Wgpu,
}

/// A device that has answered a sum correctly.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    /// To be passed to the library; without autodiff.
    pub(crate) device: Device,
    /// What it is, for people: `cpu (flex, 8 threads)`, `cuda (NVIDIA H100 PCIe)`.
    pub(crate) name: String,
}

impl Opened {
    /// Whether it is the CPU, whose results are those that a GPU's are held against.
    pub(crate) fn is_cpu(&self) -> bool {
        self.device == Device::flex()
    }
}

impl Opened {
    /// As a [`Segmenter`](glioscope::network::Segmenter) takes it.
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

/// Opens the device that was asked for, tries it on a small product, and says on stderr what was taken.
///
/// # Errors
///
/// When the backend is not compiled in, finds no device, or miscalculates. `auto` only fails if the CPU does.
pub(crate) fn open(choice: Choice) -> Result<Opened> {
    let opened = match choice {
        Choice::Auto => first_that_works()?,
        _ => open_one(choice)?,
    };
    let why = if choice == Choice::Auto { ", chosen by --device auto" } else { "" };
    eprintln!("device: {}{why}", opened.name);
    Ok(opened)
}

fn first_that_works() -> Result<Opened> {
    for choice in [Choice::Cuda, Choice::Metal, Choice::Vulkan, Choice::Wgpu] {
        if !compiled_in(choice) {
            continue;
        }
        match find(choice, true).and_then(|opened| check(&opened).map(|()| opened)) {
            Ok(opened) => return Ok(opened),
            Err(error) => eprintln!("device: {choice} is left out: {error:#}"),
        }
    }
    open_one(Choice::Cpu)
}

fn open_one(choice: Choice) -> Result<Opened> {
    let opened = find(choice, false)?;
    check(&opened)?;
    Ok(opened)
}

fn compiled_in(choice: Choice) -> bool {
    match choice {
        Choice::Auto | Choice::Cpu => true,
        Choice::Vulkan => cfg!(feature = "vulkan"),
        Choice::Cuda => cfg!(feature = "cuda"),
        Choice::Metal => cfg!(feature = "metal"),
        Choice::Wgpu => cfg!(feature = "wgpu"),
    }
}

/// The backend's first device; with `real`, none that is a rasteriser on the CPU, which is slower than the CPU itself.
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
        #[allow(unreachable_patterns, reason = "reachable unless every GPU backend is compiled in")]
        absent => {
            let _ = real;
            bail!(
                "--device {absent} is not compiled into this train; \
                 build it in with `cargo run --release -p train --features {absent} -- …`"
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
            let part = identity.map_or_else(|| String::from("unnamed"), |identity| identity.name);
            return Some(Opened { device, name: format!("{choice} ({part})") });
        }
        None
    })?
    .ok_or_else(|| anyhow!("--device {choice}: no such device was found; is its driver installed?"))
}

/// A driver that miscompiles gives wrong numbers, not errors: what is known must come out.
fn check(opened: &Opened) -> Result<()> {
    let product = guarded(|| {
        let left = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], &opened.device);
        let right = Tensor::<2>::from_floats([[5.0, 6.0], [7.0, 8.0]], &opened.device);
        left.matmul(right).into_data().iter::<f32>().collect::<Vec<f32>>()
    })?;
    let expected = [19.0, 22.0, 43.0, 50.0];
    if product != expected {
        bail!("device {}: a product came out as {product:?}, expected {expected:?}", opened.name);
    }
    Ok(())
}

/// Runs `work`, and makes an error of a panic: the backends panic where a driver is missing or refuses.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let result = panic::catch_unwind(panic::AssertUnwindSafe(work));
    panic::set_hook(hook);
    result.map_err(|payload| {
        let said = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("no reason given");
        anyhow!("the driver failed: {}", said.lines().next().unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn the_cpu_is_always_there() -> Result<()> {
        assert!(open(Choice::Cpu)?.name.starts_with("cpu"));
        Ok(())
    }

    #[test]
    fn a_backend_that_is_left_out_names_the_command() -> Result<()> {
        for choice in [Choice::Vulkan, Choice::Cuda, Choice::Metal, Choice::Wgpu] {
            if compiled_in(choice) {
                continue;
            }
            let message = format!("{:#}", open(choice).err().context("it opened")?);
            assert!(message.contains(&format!("--features {choice}")), "{message}");
        }
        Ok(())
    }

    #[test]
    fn a_panic_becomes_an_error_with_its_words() -> Result<()> {
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
