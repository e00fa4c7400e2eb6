//! A zip in pieces, as a JavaScript class.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use super::fault::fault;
use crate::study::{Study, ZipStream};

/// A zip of what is open, made while it is read, so that saving needs the memory of one file.
#[wasm_bindgen(js_name = ZipStream)]
#[derive(Debug)]
pub struct ZipChunks {
    stream: ZipStream,
    study: Rc<RefCell<Study>>,
}

impl ZipChunks {
    pub(super) fn new(study: &Rc<RefCell<Study>>, stream: ZipStream) -> Self {
        Self { stream, study: Rc::clone(study) }
    }
}

#[wasm_bindgen(js_class = ZipStream)]
impl ZipChunks {
    /// The next bytes of the zip, `undefined` at its end. Throws if files or results have changed since the stream was made.
    #[wasm_bindgen(js_name = next, unchecked_return_type = "Uint8Array<ArrayBuffer> | undefined")]
    pub fn next_bytes(&mut self) -> Result<Option<Uint8Array>, JsValue> {
        let bytes = self.stream.next(&self.study.borrow()).map_err(fault)?;
        Ok(bytes.map(|bytes| Uint8Array::from(bytes.as_slice())))
    }
}
