//! The shipped network in a real browser, in a worker, on both backends, against what it computes natively. Features `page`
//! and `burn` each have their tests.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::wasm_bindgen_test_configure;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// In probability.
const TOLERANCE: f32 = 1e-3;

const MODEL_JSON: &[u8] = include_bytes!("../www/model/model.json");
const WEIGHTS: &[u8] = include_bytes!("../www/model/weights.safetensors");

#[cfg(feature = "page")]
mod page {
    use glioscope::web::Session;
    use js_sys::{JSON, Reflect, Uint8Array};
    use wasm_bindgen::JsValue;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::{MODEL_JSON, TOLERANCE, WEIGHTS};

    #[wasm_bindgen_test]
    async fn the_cpu_computes_what_is_computed_natively() {
        let session = Session::create(MODEL_JSON.to_vec(), WEIGHTS.to_vec(), None).await.expect("the shipped model");
        let error = session.check().await.expect("the CPU computes");
        assert!(error <= TOLERANCE, "largest difference in probability {error}");
    }

    #[wasm_bindgen_test]
    async fn weights_are_opened_if_they_are_those_of_the_manifest_and_refused_else() {
        let open = async |weights: &[u8]| Session::create(MODEL_JSON.to_vec(), weights.to_vec(), None).await;
        assert!(open(WEIGHTS).await.is_ok(), "the shipped ones");
        let mut altered = WEIGHTS.to_vec();
        altered[WEIGHTS.len() / 2] ^= 1;
        let fault = open(&altered).await.err().expect("refused");
        let code = Reflect::get(&fault, &"code".into()).expect("a code");
        assert_eq!(code.as_string().as_deref(), Some("model"));
    }

    #[wasm_bindgen_test]
    async fn logits_of_another_device_are_checked_and_kept() {
        let (session, _, slice) = sample().await;
        let input = session.known_input().length() as usize;
        let side = 256;
        assert_eq!(input, 3 * side * side);
        assert!(session.check_logits(vec![-20.0; side * side]).expect("finite logits") > 0.5, "an empty mask is wrong");
        assert_eq!(text(&session.check_logits(vec![f32::NAN; side * side]).expect_err("no number"), "code"), "device");
        assert_eq!(session.input(vec![slice.clone(), slice.clone()]).expect("a slice").length() as usize, 2 * input);

        let kept = session.adopt_logits(&slice, vec![20.0; side * side], 1.5).expect("finite logits");
        assert_eq!((text(&kept, "backend"), text(&kept, "slice")), ("webgpu".to_owned(), slice.clone()));
        let kept = session.probability(&slice).expect("a slice").expect("kept");
        assert_eq!(kept.to_vec().iter().min(), Some(&u16::MAX));
        assert_eq!(text(&session.adopt_logits(&slice, vec![0.0; 7], 1.5).expect_err("too few"), "code"), "device");
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
        let session = Session::create(MODEL_JSON.to_vec(), WEIGHTS.to_vec(), None).await;
        let session = session.expect("a session");
        session.sample(None).expect("room for the sample");
        let assembly = session.assemble().expect("cases");
        let case = Reflect::get_u32(&get(&assembly, "cases"), 0).expect("a case");
        let slice = Reflect::get_u32(&get(&case, "slices"), 0).expect("a slice");
        (session, text(&case, "id"), text(&slice, "id"))
    }

    #[wasm_bindgen_test]
    async fn names_of_values_are_in_camel_case() {
        let (session, case, _) = sample().await;
        let measure = session.measure(&case, 0.5, JsValue::NULL).expect("a measure");
        let first = Reflect::get_u32(&get(&measure, "slices"), 0).expect("a slice");
        assert_eq!(get(&first, "removedSmallRegions").as_f64(), Some(0.0));
        let inspection = session.inspect().expect("an inspection");
        let read = Reflect::get_u32(&get(&inspection, "cases"), 0).expect("a case");
        assert_eq!(get(&get(&read, "inputCheck"), "accepted").as_bool(), Some(true));
        let text = JSON::stringify(&inspection).expect("JSON").as_string().expect("text");
        assert!(text.contains("\"passedOver\":[]") && text.contains("\"referencePixels\":"), "{text}");
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
            (session.adopt("nothing", vec![], "cpu"), "\"nothing\""),
            (session.set_edit("nothing", None), "\"nothing\""),
            (session.set_edit(&slice, Some(vec![1; 7])), "found 7"),
            (session.adopt(&slice, vec![1; 7], "webgpu"), "found 7"),
            (session.adopt(&slice, vec![1; 7], "abacus"), "abacus"),
            (session.input(vec!["nothing".to_owned()]).map(drop), "\"nothing\""),
            (session.adopt_logits("nothing", vec![], 1.0).map(drop), "\"nothing\""),
            (session.measure(&case, f64::NAN, JsValue::NULL).map(drop), "found NaN"),
            (session.mask(&slice, 1.5).map(drop), "found 1.5"),
            (session.measure(&case, 0.5, spacing(r#"{"x":1,"y":0,"z":1}"#)).map(drop), "found 0 mm"),
            (session.measure(&case, 0.5, spacing(r#"{"x":"a"}"#)).map(drop), "expected f64"),
            (session.volume(&case, "everything", 0.5, JsValue::NULL).map(drop), "everything"),
            (session.save_session(JsValue::UNDEFINED).map(drop), "EOF"),
        ];
        for (result, said) in faults {
            let fault = result.expect_err(said);
            assert_eq!(text(&fault, "code"), "usage", "{said}");
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
            while let Some(piece) = stream.next_bytes().expect("an unchanged study") {
                bytes.extend(Uint8Array::to_vec(&piece));
            }
            bytes
        };
        let saved = all(session.save_session(settings.clone()).expect("a stream"));
        assert!(all(session.export_zip(settings.clone()).expect("a stream")).starts_with(b"PK"));

        // A change in between ends a stream.
        let mut stream = session.save_session(settings.clone()).expect("a stream");
        assert!(stream.next_bytes().is_ok_and(|piece| piece.is_some()));
        session.set_edit(&slice, None).expect("an edit");
        assert_eq!(text(&stream.next_bytes().expect_err("changed"), "code"), "usage");

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
}

#[cfg(feature = "gpu")]
mod gpu {
    use burn::tensor::{Device, Tensor, TensorData};
    use glioscope::network::burn::{conv_transpose, conv3x3_relu};
    use glioscope::network::segmenter::{Backend, Segmenter};
    use glioscope::random::Rng;
    use glioscope::web::GpuNetwork;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::{MODEL_JSON, TOLERANCE, WEIGHTS};

    /// Values from -1 to 1 in that shape, which depend on the shape alone.
    fn values<const D: usize>(shape: [usize; D]) -> Vec<f32> {
        let count = shape.iter().product();
        let mut rng = Rng::new(7, count as u64);
        (0..count).map(|_| rng.range(-1.0, 1.0)).collect()
    }

    /// The convolution with a kernel of 3x3 or the transposed one with kernel and stride `side`, as their definitions say:
    /// `[n, inputs, h, w]` to `[n, outputs, h * scale, w * scale]`.
    fn naive(x: &[f32], [n, inputs, h, w]: [usize; 4], weight: &[f32], bias: &[f32], side: usize) -> Vec<f32> {
        let outputs = bias.len();
        let x = |image: usize, input: usize, row: usize, column: usize| {
            x[((image * inputs + input) * h + row) * w + column]
        };
        let mut out = Vec::new();
        let scale = if side == 3 { 1 } else { side };
        for image in 0..n {
            for output in 0..outputs {
                for (row, column) in (0..h * scale).flat_map(|row| (0..w * scale).map(move |column| (row, column))) {
                    let mut sum = bias[output];
                    for input in 0..inputs {
                        if side == 3 {
                            for (down, right) in (0..3).flat_map(|down| (0..3).map(move |right| (down, right))) {
                                let (row, column) = (row + down, column + right);
                                if (1..=h).contains(&row) && (1..=w).contains(&column) {
                                    let tap = weight[((output * inputs + input) * 3 + down) * 3 + right];
                                    sum += tap * x(image, input, row - 1, column - 1);
                                }
                            }
                        } else {
                            let tap = ((input * outputs + output) * side + row % side) * side + column % side;
                            sum += weight[tap] * x(image, input, row / side, column / side);
                        }
                    }
                    out.push(if side == 3 { sum.max(0.0) } else { sum });
                }
            }
        }
        out
    }

    /// The layers on `device` against their definitions: the largest difference of each, by shape.
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
            let differs = async |side: usize| {
                let kernel = if side == 3 { [outputs, inputs, 3, 3] } else { [inputs, outputs, side, side] };
                let (x, weight, bias) = (values(shape), values(kernel), values([outputs]));
                let expected = naive(&x, shape, &weight, &bias, side);
                let x = Tensor::<4>::from_data(TensorData::new(x, shape), device);
                let weight = Tensor::<4>::from_data(TensorData::new(weight, kernel), device);
                let bias = Tensor::<1>::from_data(TensorData::new(bias, [outputs]), device);
                let out = if side == 3 { conv3x3_relu(x, weight, bias) } else { conv_transpose(x, weight, bias) };
                let scale = if side == 3 { 1 } else { side };
                assert_eq!(out.dims(), [shape[0], outputs, shape[2] * scale, shape[3] * scale]);
                let found =
                    out.into_data_async().await.expect("the device computes").try_into_vec::<f32>().expect("f32");
                // Not `f32::max`, which would pass over a NaN; and a number after a NaN must not replace it.
                let differences = found.iter().zip(&expected).map(|(a, b)| (a - b).abs());
                differences.fold(0.0, |most: f32, value| if most.is_nan() || value <= most { most } else { value })
            };
            for side in [3, 2, 1] {
                differences.push((format!("{side}x{side}, {shape:?} to {outputs}"), differs(side).await));
            }
        }
        differences
    }

    /// One test for everything on WebGPU: an instance can open it once.
    #[wasm_bindgen_test]
    async fn webgpu_computes_what_is_computed_natively() {
        let network = GpuNetwork::create(MODEL_JSON.to_vec(), WEIGHTS.to_vec()).await.expect("a browser with WebGPU");
        // The device that `create` has opened.
        for (shape, difference) in differences_on(&Device::default()).await {
            assert!(difference < 1e-4, "{shape}: largest difference {difference}");
        }
        let cpu = Segmenter::load(MODEL_JSON, WEIGHTS, Backend::Cpu).expect("the shipped model loads");
        let input = cpu.known_input();
        let two = [input.clone(), input.clone()].concat();
        let logits = network.forward(two, 2).await.expect("the device computes").to_vec();
        for logits in logits.chunks_exact(logits.len() / 2) {
            let error = cpu.known_answer_error_of(logits.to_vec(), "webgpu").expect("finite logits");
            assert!(error <= TOLERANCE, "largest difference in probability {error}");
        }
        let refused = network.forward(input, 2).await.expect_err("one slice is not two");
        let code = js_sys::Reflect::get(&refused, &"code".into()).expect("a code");
        assert_eq!(code.as_string().as_deref(), Some("usage"));
    }
}
