//! Errors as JavaScript sees them.

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use crate::error::{Error, FileFault};

#[derive(Serialize)]
struct Fault<'a> {
    code: &'a str,
    file: Option<&'a str>,
    message: &'a str,
}

/// The error as JavaScript sees it.
pub(super) fn fault(error: impl Into<Error>) -> JsValue {
    let error = error.into();
    match &error {
        Error::File { file, fault: fault @ FileFault::SavedSession } => {
            thrown("session", Some(file), &fault.to_string())
        }
        Error::File { file, fault } if fault.needs_formats() => thrown("formats", Some(file), &fault.to_string()),
        Error::File { file, fault } => thrown("file", Some(file), &fault.to_string()),
        Error::Volume { .. } | Error::Segmentation { .. } => thrown("volume", None, &error.to_string()),
        Error::Model(_) => thrown("model", None, &error.to_string()),
        Error::Device { .. } => thrown("device", None, &error.to_string()),
        Error::Usage(_) => usage(&error.to_string()),
    }
}

/// A mistake of the caller.
pub(super) fn usage(message: &str) -> JsValue {
    thrown("usage", None, message)
}

fn thrown(code: &str, file: Option<&str>, message: &str) -> JsValue {
    let fault = Fault { code, file, message };
    fault.serialize(&Serializer::json_compatible()).unwrap_or_else(|error| error.into())
}
