//! The ratios and figures of the bench, and its table.

use serde_json::{Map, Value, json};

/// The ratios: name in `bench.json`, description, and goal (at most).
const RATIOS: [(&str, &str, f64); 12] = [
    ("cpu_slice", "CPU, one thread, a slice / onnxruntime-web", 0.35),
    ("tfjs_slice", "CPU, one thread, a slice / TF.js", 0.35),
    ("cpu_patient", "CPU, two threads, a patient / onnxruntime-web", 0.30),
    ("tfjs_patient", "CPU, two threads, a patient / TF.js", 0.30),
    ("webgpu_slice", "WebGPU (software), a slice / onnxruntime-web", 0.12),
    ("reference_patient", "CPU, two threads, a patient / reference U-Net", 0.1),
    ("bytes", "bytes to the first mask / onnxruntime-web, WebGPU and CPU", 1.05),
    ("bytes_ort_cpu", "bytes to the first mask / onnxruntime-web, CPU alone", 1.75),
    ("cold_start", "cold start, CPU / onnxruntime-web", 0.40),
    ("tfjs_cold_start", "cold start, CPU / TF.js", 0.9),
    ("fit_step", "fit step, CPU / Keras", 0.50),
    ("fit_step_torch", "fit step, CPU / PyTorch, float32", 0.8),
];

/// A figure with a unit.
struct Figure {
    /// Its name in `bench.json`.
    name: &'static str,
    text: &'static str,
    /// Where it is in the raw figures.
    path: &'static str,
    /// The unit of the table, and how many units of `bench.json` it has.
    unit: (&'static str, f64),
    /// At most, in the unit of the table.
    goal: Option<f64>,
}

const MEGABYTE: (&str, f64) = ("MB", 1e6);

const FIGURES: [Figure; 5] = [
    Figure {
        name: "cpu_module_bytes",
        text: "wasm module for the CPU, brotli",
        path: "/browser/bytes/cpuModule/brotli",
        unit: MEGABYTE,
        goal: Some(0.40),
    },
    Figure {
        name: "slice_memory",
        text: "largest memory of the tab's process, one slice",
        path: "/browser/memory/ours",
        unit: MEGABYTE,
        goal: Some(180.0),
    },
    Figure {
        name: "worker_memory",
        text: "wasm memory of the first worker after 35 slices",
        path: "/browser/workers/primary",
        unit: MEGABYTE,
        goal: None,
    },
    Figure {
        name: "drag_ms",
        text: "longest task of a threshold drag, 4096x4096",
        path: "/browser/drag/milliseconds",
        unit: ("ms", 1.0),
        goal: Some(50.0),
    },
    Figure {
        name: "first_page_s",
        text: "fresh clone to a page that segments",
        path: "/firstPage/seconds",
        unit: ("s", 1.0),
        goal: Some(240.0),
    },
];

/// The ratio of each pair of figures; `null` if one of them is missing.
pub(super) fn ratios(raw: &Value) -> Value {
    let number = |path: &str| raw.pointer(path).and_then(Value::as_f64);
    let ratio = |ours: Option<f64>, theirs: Option<f64>| Some(ours? / theirs?).filter(|ratio| ratio.is_finite());
    let medians = |part: &str, other: &str| {
        ratio(number(&format!("/browser/{part}/ours/median")), number(&format!("/browser/{part}/{other}/median")))
    };
    let patient = number("/browser/patient/ours/median");
    let slices = number("/browser/patient/slices");
    let reference = number("/browser/reference/threads2/median").zip(slices).map(|(slice, count)| slice * count);
    let bytes = ["page", "module", "model"].iter().map(|part| number(&format!("/browser/bytes/{part}/brotli"))).sum();
    let step = |path: &str| raw.pointer(&format!("/native/fit{path}/step_s")).and_then(median);
    let found = [
        medians("slice", "ort"),
        medians("slice", "tfjs"),
        medians("patient", "ort"),
        medians("patient", "tfjs"),
        medians("webgpu", "ort"),
        ratio(patient, reference),
        ratio(bytes, number("/browser/bytes/ort/brotli")),
        ratio(bytes, number("/browser/bytes/ortCpuAlone/brotli")),
        medians("cold", "ort"),
        medians("cold", "tfjs"),
        ratio(step(""), step("/keras")),
        ratio(step(""), step("/torch/float32")),
    ];
    let named = RATIOS.iter().zip(found).map(|((name, _, _), ratio)| ((*name).to_owned(), json!(ratio)));
    Value::Object(Map::from_iter(named))
}

/// The figures that are no ratios, in bytes, milliseconds and seconds; `null` where one is missing.
pub(super) fn figures(raw: &Value) -> Value {
    let named = FIGURES.iter().map(|figure| {
        let found = raw.pointer(figure.path).and_then(Value::as_f64);
        (figure.name.to_owned(), json!(found))
    });
    Value::Object(Map::from_iter(named))
}

/// Prints ratios and figures with their goals, then all others.
pub(super) fn print(raw: &Value, ratios: &Value, figures: &Value) {
    println!("\n{:<60}{:>10}{:>10}", "ratio", "found", "goal");
    for (name, text, goal) in RATIOS {
        goal_line(text, ratios[name].as_f64(), Some(goal), "");
    }
    println!("\n{:<60}{:>10}{:>10}", "figure", "found", "goal");
    for Figure { name, text, unit: (unit, size), goal, .. } in FIGURES {
        goal_line(text, figures[name].as_f64().map(|found| found / size), goal, unit);
    }
    let browser = &raw["browser"];
    println!("\n{:<30}{:>31}{:>31}{:>31}", "milliseconds (10 to 90 %)", "glioscope", "onnxruntime-web", "TF.js");
    for (part, text) in [
        ("slice", "CPU, one thread, a slice"),
        ("patient", "CPU, two threads, 35 slices"),
        ("webgpu", "WebGPU (software), a slice"),
        ("cold", "cold start, CPU, one slice"),
    ] {
        let [ours, ort, tfjs] = ["ours", "ort", "tfjs"].map(|kind| spread(&browser[part][kind]));
        println!("{text:<30}{ours:>31}{ort:>31}{tfjs:>31}");
    }
    for threads in [1, 2] {
        let found = spread(&browser["reference"][format!("threads{threads}")]);
        println!("{:<30}{:>31}{found:>31}", format!("reference U-Net, {threads} thread(s)"), "");
    }
    layers(browser, &raw["native"]);
    growth(browser, &raw["native"]["segment"]);
    weights(browser);
    native(&raw["native"]);
}

fn goal_line(text: &str, found: Option<f64>, goal: Option<f64>, unit: &str) {
    let shown = found.map_or_else(|| "-".to_owned(), |found| format!("{found:.3}"));
    let result = match (found, goal) {
        (Some(found), Some(goal)) if found <= goal => "reached",
        (Some(_), Some(_)) => "NOT reached",
        _ => "",
    };
    let goal = goal.map_or_else(|| "-".to_owned(), |goal| goal.to_string());
    println!("{text:<60}{shown:>10}{goal:>10} {unit:<3} {result}");
}

fn spread(found: &Value) -> String {
    let number = |name: &str| found[name].as_f64();
    match (number("median"), number("low"), number("high")) {
        (Some(median), Some(low), Some(high)) => format!("{median:.1} ({low:.1} to {high:.1})"),
        _ => "-".to_owned(),
    }
}

/// The work of each layer, and the fraction of the machine's ceiling that the network reaches.
fn layers(browser: &Value, native: &Value) {
    let Some(layers) = browser["network"]["layers"].as_array() else { return };
    println!("\n{:<20}{:>8}{:>8}{:>8}{:>12}{:>12}", "layer", "in", "out", "side", "MMAC", "MB moved");
    let (mut macs, mut bytes) = (0.0, 0.0);
    for layer in layers {
        let number = |name: &str| layer[name].as_f64().unwrap_or(f64::NAN);
        macs += number("macs");
        bytes += number("bytes");
        let name = layer["name"].as_str().unwrap_or_default();
        println!(
            "{name:<20}{:>8}{:>8}{:>8}{:>12.2}{:>12.2}",
            number("inputs"),
            number("outputs"),
            number("side"),
            number("macs") / 1e6,
            number("bytes") / 1e6
        );
    }
    println!("{:<44}{:>12.2}{:>12.2}", "all", macs / 1e6, bytes / 1e6);
    println!("\n{:<36}{:>12}{:>14}{:>14}{:>14}", "one thread", "GMAC/s", "ceiling", "fraction", "GB/s ceiling");
    let native_slice = median(&native["fit"]["train"]["slice_s"]).map(|seconds| seconds * 1e3);
    for (text, milliseconds, ceiling) in [
        ("wasm, glioscope", browser["slice"]["ours"]["median"].as_f64(), &browser["ceiling"]),
        ("wasm, onnxruntime-web", browser["slice"]["ort"]["median"].as_f64(), &browser["ceiling"]),
        ("wasm, TF.js", browser["slice"]["tfjs"]["median"].as_f64(), &browser["ceiling"]),
        ("native, glioscope", native_slice, &native["ceiling"]),
    ] {
        let (Some(milliseconds), Some(most)) = (milliseconds, ceiling["macs"].as_f64()) else { continue };
        let rate = macs / (milliseconds / 1e3);
        println!(
            "{text:<36}{:>12.2}{:>14.2}{:>13.0}%{:>14.2}",
            rate / 1e9,
            most / 1e9,
            100.0 * rate / most,
            ceiling["bytes"].as_f64().unwrap_or(f64::NAN) / 1e9
        );
    }
    println!(
        "Multiply-adds of direct convolutions. Winograd's algorithm needs a quarter of them, so a fraction can exceed 100 %."
    );
}

fn growth(browser: &Value, native: &Value) {
    let rows = |found: &Value| found.as_array().cloned().unwrap_or_default();
    let natives = rows(native);
    if browser["growth"].is_array() {
        println!(
            "\n{:<12}{:>16}{:>16}{:>16}{:>18}{:>16}",
            "slices", "page, ms each", "reading, ms", "page, MB", "train, ms each", "train, MB"
        );
    }
    for row in rows(&browser["growth"]) {
        let number = |row: &Value, name: &str| row[name].as_f64().unwrap_or(f64::NAN);
        let slices = number(&row, "slices");
        let other = natives.iter().find(|other| other["slices"] == row["slices"]).cloned().unwrap_or_default();
        println!(
            "{slices:<12}{:>16.1}{:>16.1}{:>16.1}{:>18.1}{:>16.1}",
            number(&row, "each") + number(&row, "read") / slices,
            number(&row, "read") / slices,
            number(&row, "memory") / 1e6,
            number(&other, "seconds") * 1e3 / slices,
            number(&other, "memory") / 1e6
        );
    }
}

fn weights(browser: &Value) {
    let megabytes =
        |found: &Value| found.as_f64().map_or_else(|| "-".to_owned(), |found| format!("{:.0} MB", found / 1e6));
    if browser["bytes"].is_object() {
        println!("\n{:<36}{:>14}{:>14}", "bytes", "raw", "brotli");
    }
    for (part, text) in [
        ("page", "the page and its scripts"),
        ("module", "the wasm module"),
        ("model", "the weights"),
        ("viewer", "the volume viewer, not counted"),
        ("ort", "onnxruntime-web, WebGPU and CPU"),
        ("ortCpuAlone", "onnxruntime-web, CPU alone"),
        ("tfjsCpuAlone", "TF.js, CPU alone"),
    ] {
        let found = &browser["bytes"][part];
        if let (Some(raw), Some(brotli)) = (found["raw"].as_u64(), found["brotli"].as_u64()) {
            println!("{text:<36}{raw:>14}{brotli:>14}");
        }
    }
    let memory = &browser["memory"];
    if memory.is_object() {
        let [ours, ort, tfjs, blank] = ["ours", "ort", "tfjs", "blank"].map(|name| megabytes(&memory[name]));
        println!(
            "\nlargest memory of the tab's process, CPU: {ours} glioscope, {ort} onnxruntime-web, {tfjs} TF.js, {blank} blank page"
        );
    }
    let workers = &browser["workers"];
    if workers.is_object() {
        let [primary, helper] = ["primary", "helper"].map(|name| megabytes(&workers[name]));
        println!("wasm memory after 35 slices: {primary} primary worker, {helper} helper");
    }
}

fn native(native: &Value) {
    let train = &native["fit"]["train"];
    let per_second =
        |found: &Value| median(found).map_or_else(|| "-".to_owned(), |seconds| format!("{:.1}", 1.0 / seconds));
    if let Some(device) = train["device"].as_str() {
        let [one, batch] = ["slice_s", "slice_in_batch_s"].map(|name| per_second(&train[name]));
        println!("\nnative: {one} slices/s one by one, {batch} in batches, on {device}");
    }
    if let (Some(step), Some(batch)) = (median(&native["fit"]["step_s"]), train["fit"]["batch"].as_f64()) {
        println!("fit: {step:.2} s a step of {batch}, {:.1} slices/s", batch / step);
    }
    for (name, path, versions) in [
        ("Keras", "/fit/keras/step_s", "/fit/keras/versions"),
        ("PyTorch, float32", "/fit/torch/float32/step_s", "/fit/torch/versions"),
        ("PyTorch, bfloat16", "/fit/torch/bfloat16/step_s", "/fit/torch/versions"),
    ] {
        if let Some(step) = native.pointer(path).and_then(median) {
            let versions = native.pointer(versions).and_then(Value::as_str).unwrap_or("-");
            println!("{name}: {step:.2} s a step ({versions})");
        }
    }
    let gpu = &native["vulkan"];
    if !gpu.is_null() {
        println!(
            "{}: {} slices/s one by one, {} in batches; fit step {:.3} s",
            gpu["device"].as_str().unwrap_or("-"),
            per_second(&gpu["slice_s"]),
            per_second(&gpu["slice_in_batch_s"]),
            median(&gpu["fit"]["step_s"]).unwrap_or(f64::NAN)
        );
    }
}

/// The median of an array of numbers.
fn median(values: &Value) -> Option<f64> {
    let mut values: Vec<f64> = values.as_array()?.iter().filter_map(Value::as_f64).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_medians_and_null_if_a_figure_is_missing() {
        let raw = json!({
            "browser": {
                "slice": { "ours": { "median": 30.0 }, "ort": { "median": 60.0 }, "tfjs": { "median": 40.0 } },
                "patient": { "slices": 35, "ours": { "median": 700.0 }, "ort": { "failed": "no threads" } },
                "reference": { "threads2": { "median": 400.0 } },
                "bytes": {
                    "page": { "brotli": 1 }, "module": { "brotli": 2 }, "model": { "brotli": 3 }, "viewer": { "brotli": 9 },
                    "ort": { "brotli": 12 }, "ortCpuAlone": { "brotli": 4 },
                },
            },
            "native": {
                "fit": {
                    "step_s": [3.0, 1.0, 2.0],
                    "keras": { "step_s": [] },
                    "torch": { "float32": { "step_s": [4.0] }, "bfloat16": { "step_s": [1.0] } },
                },
            },
        });
        let found = ratios(&raw);
        for (name, expected) in [
            ("cpu_slice", Some(0.5)),
            ("tfjs_slice", Some(0.75)),
            ("cpu_patient", None),
            ("reference_patient", Some(0.05)),
            ("bytes", Some(0.5)),
            ("bytes_ort_cpu", Some(1.5)),
            ("fit_step", None),
            ("fit_step_torch", Some(0.5)),
        ] {
            assert_eq!(found[name].as_f64(), expected, "{name}");
        }
        assert_eq!(found.as_object().map(Map::len), Some(RATIOS.len()));
    }

    #[test]
    fn figures_are_in_units_without_a_prefix_and_null_if_missing() {
        let raw = json!({
            "browser": { "bytes": { "cpuModule": { "brotli": 400_000 } }, "drag": { "skipped": "no script" } },
            "firstPage": { "seconds": 230.5 },
        });
        let found = figures(&raw);
        assert_eq!(found["cpu_module_bytes"], 400_000.0);
        assert_eq!(found["drag_ms"], Value::Null);
        assert_eq!(found["first_page_s"], 230.5);
        assert_eq!(found.as_object().map(Map::len), Some(FIGURES.len()));
    }

    #[test]
    fn the_median_is_of_sorted_numbers() {
        assert_eq!(median(&json!([3, 1, 2])), Some(2.0));
        assert_eq!(median(&json!([])), None);
        assert_eq!(median(&Value::Null), None);
    }
}
