//! Values between Rust and JavaScript.

use js_sys::{JSON, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use super::fault::{fault, usage};
use crate::mask::Mask;
use crate::read::Spacing;
use crate::study::{Settings, check_threshold};

/// As plain objects, with null for `None`.
pub(super) fn to_js(value: &impl Serialize) -> Result<JsValue, JsValue> {
    value.serialize(&Serializer::json_compatible()).map_err(|error| usage(&error.to_string()))
}

/// As plain objects whose names are in camelCase, as in JavaScript. In files the same values have names in snake_case.
pub(super) fn renamed(value: &impl Serialize) -> Result<JsValue, JsValue> {
    let value = serde_json::to_value(value).map_err(|error| usage(&error.to_string()))?;
    to_js(&in_camel_case(value))
}

fn in_camel_case(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(in_camel_case).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (camel_case(&name), in_camel_case(value))).collect()
        }
        value => value,
    }
}

/// `passed_over` becomes `passedOver`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        name + &initial.to_ascii_uppercase() + rest
    })
}

/// As plain objects, by way of JSON, which may hold a [`View`](crate::study::View).
pub(super) fn parsed(value: &impl Serialize) -> Result<JsValue, JsValue> {
    let json = serde_json::to_string(value).map_err(|error| usage(&error.to_string()))?;
    JSON::parse(&json).map_err(|_| usage("expected JSON that the browser can read"))
}

/// From plain objects, by way of JSON.
pub(super) fn from_js<T: DeserializeOwned>(value: &JsValue) -> Result<T, JsValue> {
    let text = JSON::stringify(value).map_err(|_| usage("expected a value that JSON can hold"))?;
    let text = text.as_string().unwrap_or_default();
    serde_json::from_str(&text).map_err(|error| usage(&format!("{error} in {text}")))
}

pub(super) fn settings(value: &JsValue) -> Result<Settings, JsValue> {
    let settings: Settings = from_js(value)?;
    settings.check().map_err(fault)?;
    Ok(settings)
}

pub(super) fn spacing(value: &JsValue) -> Result<Option<Spacing>, JsValue> {
    let spacing: Option<Spacing> = if value.is_undefined() { None } else { from_js(value)? };
    spacing.iter().try_for_each(Spacing::check).map_err(fault)?;
    Ok(spacing)
}

pub(super) fn threshold(value: f64) -> Result<f32, JsValue> {
    check_threshold(value).map_err(fault)?;
    Ok(value as f32)
}

/// 1 inside, 0 outside.
pub(super) fn bytes_of(mask: &Mask) -> Uint8Array {
    Uint8Array::from(mask.to_bytes().as_slice())
}
