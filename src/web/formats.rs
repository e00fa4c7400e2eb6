//! Rare files for the page, as a JavaScript function.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use super::fault::fault;
use crate::read::{self, Limits};

/// Decodes a file that `addFile` has refused with a fault with code `formats`. `addFile` takes the result in its place, with the
/// same name.
#[wasm_bindgen(unchecked_return_type = "Uint8Array<ArrayBuffer>")]
pub fn convert(name: &str, bytes: &[u8]) -> Result<Uint8Array, JsValue> {
    let converted = read::convert(name, bytes, &Limits::default()).map_err(fault)?;
    Ok(Uint8Array::from(converted.as_slice()))
}
