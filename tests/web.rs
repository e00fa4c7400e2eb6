//! The shipped network in a real browser, in a worker, on both backends, against what it computes natively.
#![cfg(target_arch = "wasm32")]
#![allow(unsafe_code, reason = "the constructors that the linker collects are called by hand")]

use burn::tensor::{Device, Tensor, TensorData};
use glioscope::network::burn::{conv_transpose, conv3x3_relu};
use glioscope::network::segmenter::{Backend, Segmenter};
use glioscope::random::Rng;
use glioscope::web::Session;
use js_sys::{JSON, Reflect, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

unsafe extern "C" {
    /// The linker's own. The page's module calls it when it starts, which a module of tests does not do.
    fn __wasm_call_ctors();
}

/// In probability.
const TOLERANCE: f32 = 1e-3;

async fn error_on(backend: Backend) -> f32 {
    let (manifest, weights) =
        (include_bytes!("../www/model/model.json"), include_bytes!("../www/model/weights.safetensors"));
    let segmenter = Segmenter::load(manifest, weights, backend).expect("the shipped model loads");
    segmenter.known_answer_error().await.expect("the device computes")
}

#[wasm_bindgen_test]
async fn the_cpu_computes_what_is_computed_natively() {
    let error = error_on(Backend::Cpu).await;
    assert!(error <= TOLERANCE, "largest difference in probability {error}");
}

#[wasm_bindgen_test]
async fn weights_are_opened_if_they_are_those_of_the_manifest_and_refused_else() {
    let (manifest, weights) =
        (include_bytes!("../www/model/model.json"), include_bytes!("../www/model/weights.safetensors"));
    let open =
        async |weights: &[u8]| Session::create("cpu".to_owned(), manifest.to_vec(), weights.to_vec(), None).await;
    assert!(open(weights).await.is_ok(), "the shipped ones");
    let mut altered = weights.to_vec();
    altered[weights.len() / 2] ^= 1;
    let fault = open(&altered).await.err().expect("refused");
    let kind = Reflect::get(&fault, &"kind".into()).expect("a kind");
    assert_eq!(kind.as_string().as_deref(), Some("model"));
}

/// The field of a plain object.
fn get(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &key.into()).expect("a field")
}

fn text(object: &JsValue, key: &str) -> String {
    get(object, key).as_string().expect("a string")
}

/// The sample on the CPU, with the ids of its case and of its first slice.
async fn sample() -> (Session, String, String) {
    let (manifest, weights) =
        (include_bytes!("../www/model/model.json"), include_bytes!("../www/model/weights.safetensors"));
    let session = Session::create("cpu".to_owned(), manifest.to_vec(), weights.to_vec(), None).await;
    let session = session.expect("a session");
    session.sample().expect("room for the sample");
    let assembly = session.assemble().expect("cases");
    let case = Reflect::get_u32(&get(&assembly, "cases"), 0).expect("a case");
    let slice = Reflect::get_u32(&get(&case, "slices"), 0).expect("a slice");
    (session, text(&case, "id"), text(&slice, "id"))
}

#[wasm_bindgen_test]
async fn an_unknown_id_or_a_wrong_value_is_a_usage_error_and_no_panic() {
    let (session, case, slice) = sample().await;
    let spacing = |json: &str| JSON::parse(json).expect("JSON");
    let faults = [
        (session.measure("nowhere", 0.5, JsValue::NULL).map(drop), "\"nowhere\""),
        (session.volume("nowhere", "mask", 0.5, JsValue::NULL).map(drop), "\"nowhere\""),
        (session.segment("nothing".to_owned()).await.map(drop), "\"nothing\""),
        (session.pixels("nothing").map(drop), "\"nothing\""),
        (session.reference(&case).map(drop), &*format!("{case:?}")),
        (session.mask("nothing", 0.5).map(drop), "\"nothing\""),
        (session.network_mask("nothing", 0.5).map(drop), "\"nothing\""),
        (session.small_regions("nothing").map(drop), "\"nothing\""),
        (session.probability("nothing").map(drop), "\"nothing\""),
        (session.adopt("nothing", vec![]), "\"nothing\""),
        (session.set_edit("nothing", None), "\"nothing\""),
        (session.set_edit(&slice, Some(vec![1; 7])), "found 7"),
        (session.adopt(&slice, vec![1; 7]), "found 7"),
        (session.measure(&case, f64::NAN, JsValue::NULL).map(drop), "found NaN"),
        (session.mask(&slice, 1.5).map(drop), "found 1.5"),
        (session.measure(&case, 0.5, spacing(r#"{"x":1,"y":0,"z":1}"#)).map(drop), "found 0 mm"),
        (session.measure(&case, 0.5, spacing(r#"{"x":"a"}"#)).map(drop), "expected f64"),
        (session.volume(&case, "everything", 0.5, JsValue::NULL).map(drop), "everything"),
        (session.save_session(JsValue::UNDEFINED).map(drop), "EOF"),
    ];
    for (result, said) in faults {
        let fault = result.expect_err(said);
        assert_eq!(text(&fault, "kind"), "usage", "{said}");
        let message = text(&fault, "message");
        assert!(message.contains(said), "{message}: expected {said}");
    }
    assert!(session.measure(&case, 0.5, JsValue::NULL).is_ok(), "the session still works");
}

#[wasm_bindgen_test]
async fn a_session_is_saved_in_pieces_and_opened_with_its_ids() {
    let (session, case, slice) = sample().await;
    let pixels = get(&session.pixels(&slice).expect("a slice"), "width").as_f64().expect("a width");
    let count =
        (pixels * get(&session.pixels(&slice).expect("a slice"), "height").as_f64().expect("a height")) as usize;
    session.set_edit(&slice, Some(vec![1; count])).expect("an edit");
    let json = format!(r#"{{"threshold":0.25,"spacing":{{{case:?}:{{"x":1,"y":1,"z":5}}}},"view":{{"zoom":2}}}}"#);
    let settings = JSON::parse(&json).expect("JSON");
    let all = |mut stream: glioscope::web::ZipChunks| {
        let mut bytes = Vec::new();
        while let Some(piece) = stream.next().expect("an unchanged study") {
            bytes.extend(Uint8Array::to_vec(&piece));
        }
        bytes
    };
    let saved = all(session.save_session(settings.clone()).expect("a stream"));
    assert!(all(session.export_zip(settings.clone()).expect("a stream")).starts_with(b"PK"));

    // A change in between ends a stream.
    let mut stream = session.save_session(settings.clone()).expect("a stream");
    assert!(stream.next().is_ok_and(|piece| piece.is_some()));
    session.set_edit(&slice, None).expect("an edit");
    assert_eq!(text(&stream.next().expect_err("changed"), "kind"), "usage");

    let opened = session.open_session(&saved).expect("what was saved");
    assert_eq!(get(&opened, "threshold").as_f64(), Some(0.25));
    assert_eq!(get(&get(&opened, "view"), "zoom").as_f64(), Some(2.0));
    assert_eq!(get(&get(&get(&opened, "spacing"), &case), "z").as_f64(), Some(5.0));
    let assembly = session.assemble().expect("cases");
    let again = Reflect::get_u32(&get(&assembly, "cases"), 0).expect("a case");
    assert_eq!(text(&again, "id"), case);
    let first = Reflect::get_u32(&get(&again, "slices"), 0).expect("a slice");
    assert_eq!((text(&first, "id"), get(&first, "edited").as_bool()), (slice, Some(true)));
    assert_eq!(get(&first, "segmented").as_bool(), Some(false));
}

/// Values from -1 to 1 in that shape, which depend on the shape alone.
fn values<const D: usize>(shape: [usize; D]) -> TensorData {
    let count = shape.iter().product();
    let mut rng = Rng::new(7, count as u64);
    TensorData::new::<f32, _>((0..count).map(|_| rng.range(-1.0, 1.0)).collect(), shape)
}

/// The largest difference between what `layer` computes on `device` and, by Burn's own operations, on the CPU.
async fn difference(device: &Device, layer: impl Fn(&Device) -> Tensor<4>) -> f32 {
    let mut found = Vec::new();
    for device in [device, &Device::flex()] {
        let out = layer(device);
        let shape = out.dims();
        let data = out.into_data_async().await.expect("the device computes");
        found.push((shape, data.try_into_vec::<f32>().expect("f32")));
    }
    let [(shape, values), (expected_shape, expected)] = &found[..] else { unreachable!("two devices") };
    assert_eq!(shape, expected_shape);
    // Not `f32::max`, which would pass over a NaN; nor does a NaN give way to a number that comes after it.
    let differences = values.iter().zip(expected).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, |most: f32, value| if most.is_nan() || value <= most { most } else { value })
}

/// The layers of the project's own against Burn's: the largest difference of each, by shape.
async fn differences_on(device: &Device) -> Vec<(String, f32)> {
    let mut differences = Vec::new();
    // Odd sizes, one row, one column, widths that end within a unit's four pixels, channels in whole vectors and not.
    for (shape, outputs) in [
        ([1, 4, 1, 1], 4),
        ([2, 12, 5, 7], 16),
        ([1, 16, 8, 4], 8),
        ([3, 8, 1, 9], 12),
        ([1, 20, 9, 1], 4),
        ([8, 4, 6, 6], 4),
        ([1, 256, 3, 5], 64),
        ([1, 3, 7, 10], 4),
        ([1, 4, 6, 5], 5),
        ([2, 1, 3, 2], 1),
    ] {
        let inputs = shape[1];
        let same = async |side: usize| {
            let layer = |device: &Device| {
                let x = Tensor::<4>::from_data(values(shape), device);
                let bias = Tensor::<1>::from_data(values([outputs]), device);
                match side {
                    3 => conv3x3_relu(x, Tensor::from_data(values([outputs, inputs, 3, 3]), device), bias),
                    _ => conv_transpose(x, Tensor::from_data(values([inputs, outputs, side, side]), device), bias),
                }
            };
            difference(device, layer).await
        };
        for side in [3, 2, 1] {
            differences.push((format!("{side}x{side}, {shape:?} to {outputs}"), same(side).await));
        }
    }
    differences
}

/// One test for everything on WebGPU: an instance can open it once.
#[wasm_bindgen_test]
async fn webgpu_computes_what_is_computed_natively() {
    // SAFETY: the linker defines it in every module; what CubeCL registers there may be registered again.
    unsafe { __wasm_call_ctors() };
    let device = Device::wgpu_options().init_async().await.expect("a browser with WebGPU");
    for (shape, difference) in differences_on(&device).await {
        assert!(difference < 1e-4, "{shape}: largest difference {difference}");
    }
    let error = error_on(Backend::Burn(device)).await;
    assert!(error <= TOLERANCE, "largest difference in probability {error}");
}
