//! The network on WebGPU, as a JavaScript class.

use std::sync::Once;

use burn::tensor::{Device, Tensor, TensorData};
use js_sys::Float32Array;
use wasm_bindgen::prelude::*;

use super::fault::{fault, usage};
use crate::error::Error;
use crate::network::burn::UNet;
use crate::network::config::INPUTS;
use crate::network::manifest::Manifest;

unsafe extern "C" {
    /// The linker defines it: it runs the constructors of all dependencies. CubeCL registers its operators in one.
    fn __wasm_call_ctors();
}

/// Runs the constructors, once. They take a twentieth of a second.
///
/// Unless some code calls them, the linker makes every exported function call them each time: thousands of registrations
/// whenever a value crosses to JavaScript.
fn construct() {
    static ONCE: Once = Once::new();
    // SAFETY: this relies on two facts.
    // - The linker defines the symbol, with this signature, in every wasm module.
    // - No other code of the module calls it, and `ONCE` calls it once, so nothing is constructed twice.
    ONCE.call_once(|| unsafe { __wasm_call_ctors() });
}

/// The network on WebGPU. It knows nothing of slices: it takes their input and returns logits.
#[wasm_bindgen]
#[derive(Debug)]
pub struct GpuNetwork {
    unet: UNet,
    device: Device,
    grid: usize,
}

#[wasm_bindgen]
impl GpuNetwork {
    /// Loads the model on the high-performance adapter. An instance can open WebGPU once.
    pub async fn create(
        #[wasm_bindgen(js_name = modelJson)] model_json: Vec<u8>,
        weights: Vec<u8>,
    ) -> Result<GpuNetwork, JsValue> {
        construct();
        let device = Device::wgpu_options().init_async().await.map_err(|error| refused(format!("{error}")))?;
        let manifest = Manifest::from_json(&model_json).map_err(fault)?;
        let network = manifest.load(&weights).map_err(fault)?;
        Ok(Self { unet: UNet::from_folded(&network, &device), device, grid: manifest.grid })
    }

    /// The logits of `n` slices, `[n, grid, grid]`, from their input `[n, 3, grid, grid]`. All slices go through the network at
    /// once: one submission and one read-back. Each takes some 10 MB of the GPU's memory.
    #[wasm_bindgen(unchecked_return_type = "Float32Array<ArrayBuffer>")]
    pub async fn forward(&self, input: Vec<f32>, n: usize) -> Result<Float32Array, JsValue> {
        let side = self.grid;
        if n == 0 || input.len() != n * INPUTS * side * side {
            return Err(usage(&format!(
                "expected an input of [{n}, {INPUTS}, {side}, {side}], found {} values",
                input.len()
            )));
        }
        let input = Tensor::<4>::from_data(TensorData::new(input, [n, INPUTS, side, side]), &self.device);
        let logits = self.unet.forward(input).into_data_async().await; // [n, 1, 256, 256]
        let logits = logits.map_err(|error| refused(format!("{error:?}")))?;
        let logits = logits.try_into_vec::<f32>().map_err(|error| refused(format!("{error:?}")))?;
        Ok(Float32Array::from(logits.as_slice()))
    }
}

/// A fault of the device, for a `reason` of CubeCL: the causes line by line, then a backtrace.
fn refused(reason: String) -> JsValue {
    let causes = reason.lines().map(str::trim).take_while(|line| *line != "Backtrace:");
    let mut causes: Vec<&str> = causes.filter(|line| !line.is_empty() && *line != "Caused by:").collect();
    causes.dedup();
    fault(Error::Device { device: "webgpu".to_owned(), reason: causes.join(": ") })
}
