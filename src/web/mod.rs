//! The boundary to JavaScript: conversions, and nothing else. It exists on wasm32 only.
//!
//! The page uses three modules. With feature `page`, a [`Session`] is the network on the CPU together with the
//! [`Study`](crate::study::Study) of one visitor. Every method takes `&self`, because the page may ask for pictures while a slice
//! is being segmented. With feature `gpu`, a [`GpuNetwork`] is the network on WebGPU: input in, logits out. With feature
//! `formats`, `convert` decodes a rare file for the `Session` of another module.
//!
//! Errors cross as objects `{code, file, message}`. After a panic the instance is in an unknown state: [`on_panic`] reports it,
//! and the page starts another instance.

#[cfg(feature = "page")]
mod convert;
mod fault;
#[cfg(all(feature = "formats", not(feature = "page")))]
mod formats;
#[cfg(feature = "gpu")]
mod gpu_network;
#[cfg(feature = "page")]
mod info;
#[cfg(feature = "page")]
mod session;
#[cfg(feature = "page")]
mod stream;

#[cfg(all(feature = "formats", not(feature = "page")))]
pub use formats::{convert, dicom_segmentation};
#[cfg(feature = "gpu")]
pub use gpu_network::GpuNetwork;
#[cfg(feature = "page")]
pub use session::Session;
#[cfg(feature = "page")]
pub use stream::ZipChunks;

use std::cell::RefCell;

use js_sys::Function;
use wasm_bindgen::prelude::*;

#[cfg(feature = "page")]
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

thread_local! {
    static ON_PANIC: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// The version of the package.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Calls `callback` with the message of a panic, before the trap that follows. The message also goes to the console.
#[wasm_bindgen(js_name = onPanic)]
pub fn on_panic(#[wasm_bindgen(unchecked_param_type = "(message: string) => void")] callback: Function) {
    ON_PANIC.with(|slot| slot.replace(Some(callback)));
    std::panic::set_hook(Box::new(|panic| {
        let message = JsValue::from(panic.to_string());
        web_sys::console::error_1(&message);
        ON_PANIC.with(|slot| {
            if let Ok(slot) = slot.try_borrow()
                && let Some(callback) = &*slot
            {
                // An error in the callback cannot be reported any more.
                let _ = callback.call1(&JsValue::NULL, &message);
            }
        });
    }));
}
