//! The ratios of the bench, and its table.

use serde_json::{Map, Value, json};

/// The ratios: name in `bench.json`, description, and goal (at most).
const GOALS: [(&str, &str, f64); 7] = [
    ("cpu_slice", "CPU, one thread, a slice / onnxruntime-web", 0.8),
    ("cpu_patient", "CPU, two threads, a patient / onnxruntime-web", 0.7),
    ("webgpu_slice", "WebGPU (software), a slice / onnxruntime-web", 0.25),
    ("reference_patient", "CPU, two threads, a patient / reference U-Net", 0.1),
    ("bytes", "bytes to the first mask / onnxruntime-web's runtime", 0.5),
    ("cold_start", "cold start, CPU / onnxruntime-web", 0.8),
    ("fit_step", "fit step, CPU / Keras", 1.5),
];

/// The ratio of each pair of figures; `null` if one of them is missing.
pub(super) fn ratios(raw: &Value) -> Value {
    let number = |path: &str| raw.pointer(path).and_then(Value::as_f64);
    let share = |ours: Option<f64>, theirs: Option<f64>| Some(ours? / theirs?).filter(|ratio| ratio.is_finite());
    let medians = |part: &str| {
        share(number(&format!("/browser/{part}/ours/median")), number(&format!("/browser/{part}/ort/median")))
    };
    let patient = number("/browser/patient/ours/median");
    let slices = number("/browser/patient/slices");
    let reference = number("/browser/reference/threads2/median").zip(slices).map(|(slice, count)| slice * count);
    let bytes = ["page", "module", "model"].iter().map(|part| number(&format!("/browser/bytes/{part}/brotli"))).sum();
    let found = [
        medians("slice"),
        medians("patient"),
        medians("webgpu"),
        share(patient, reference),
        share(bytes, number("/browser/bytes/ort/brotli")),
        medians("cold"),
        share(median(&raw["native"]["fit"]["step_s"]), median(&raw["native"]["fit"]["keras"]["step_s"])),
    ];
    let named = GOALS.iter().zip(found).map(|((name, _, _), ratio)| ((*name).to_owned(), json!(ratio)));
    Value::Object(Map::from_iter(named))
}

/// Prints the ratios with their goals, then all other figures.
pub(super) fn print(raw: &Value, ratios: &Value) {
    println!("\n{:<54}{:>10}{:>10}", "ratio", "found", "goal");
    for (name, text, goal) in GOALS {
        match ratios[name].as_f64() {
            Some(ratio) => {
                let result = if ratio <= goal { "reached" } else { "NOT reached" };
                println!("{text:<54}{ratio:>10.3}{goal:>10}  {result}");
            }
            None => println!("{text:<54}{:>10}{goal:>10}", "-"),
        }
    }
    let browser = &raw["browser"];
    println!(
        "\n{:<36}{:>12}{:>26}{:>12}{:>26}",
        "milliseconds", "glioscope", "(10 to 90 %)", "onnxruntime", "(10 to 90 %)"
    );
    for (part, text) in [
        ("slice", "CPU, one thread, a slice"),
        ("patient", "CPU, two threads, 35 slices"),
        ("webgpu", "WebGPU (software), a slice"),
        ("cold", "cold start, CPU, one slice"),
    ] {
        println!("{text:<36}{}{}", spread(&browser[part]["ours"]), spread(&browser[part]["ort"]));
    }
    for threads in [1, 2] {
        let found = &browser["reference"][format!("threads{threads}")];
        println!("{:<36}{:>38}{}", format!("reference U-Net, {threads} thread(s), a slice"), "", spread(found));
    }
    layers(browser, &raw["native"]);
    growth(browser, &raw["native"]["segment"]);
    weights(browser);
    native(&raw["native"]);
}

fn spread(found: &Value) -> String {
    let number = |name: &str| found[name].as_f64();
    match (number("median"), number("low"), number("high")) {
        (Some(median), Some(low), Some(high)) => format!("{median:>12.1}{:>26}", format!("{low:.1} to {high:.1}")),
        _ => format!("{:>12}{:>26}", "-", ""),
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
    println!(
        "\n{:<12}{:>16}{:>16}{:>16}{:>18}{:>16}",
        "slices", "page, ms each", "reading, ms", "page, MB", "train, ms each", "train, MB"
    );
    let rows = |found: &Value| found.as_array().cloned().unwrap_or_default();
    let natives = rows(native);
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
    println!("\n{:<36}{:>14}{:>14}", "bytes", "raw", "brotli");
    for (part, text) in [
        ("page", "the page and its scripts"),
        ("module", "the wasm module"),
        ("model", "the weights"),
        ("ort", "onnxruntime-web, WebGPU and CPU"),
        ("ortCpuAlone", "onnxruntime-web, CPU alone"),
    ] {
        let found = &browser["bytes"][part];
        println!("{text:<36}{:>14}{:>14}", found["raw"], found["brotli"]);
    }
    let memory = |name: &str| {
        browser["memory"][name].as_f64().map_or_else(|| "-".to_owned(), |bytes| format!("{:.0} MB", bytes / 1e6))
    };
    println!(
        "largest memory of the tab's process, CPU: {} glioscope, {} onnxruntime-web, {} blank page",
        memory("ours"),
        memory("ort"),
        memory("blank")
    );
}

fn native(native: &Value) {
    let train = &native["fit"]["train"];
    let per_second =
        |found: &Value| median(found).map_or_else(|| "-".to_owned(), |seconds| format!("{:.1}", 1.0 / seconds));
    println!(
        "\nnative: {} slices/s one by one, {} in batches, on {}",
        per_second(&train["slice_s"]),
        per_second(&train["slice_in_batch_s"]),
        train["device"].as_str().unwrap_or("-")
    );
    if let (Some(step), Some(batch)) = (median(&native["fit"]["step_s"]), train["fit"]["batch"].as_f64()) {
        println!("fit: {step:.2} s a step of {batch}, {:.1} slices/s", batch / step);
    }
    if let Some(step) = median(&native["fit"]["keras"]["step_s"]) {
        println!("Keras: {step:.2} s a step ({})", native["fit"]["keras"]["versions"].as_str().unwrap_or("-"));
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
                "slice": { "ours": { "median": 30.0 }, "ort": { "median": 60.0 } },
                "patient": { "slices": 35, "ours": { "median": 700.0 }, "ort": { "failed": "no threads" } },
                "reference": { "threads2": { "median": 400.0 } },
                "bytes": {
                    "page": { "brotli": 1 }, "module": { "brotli": 2 }, "model": { "brotli": 3 }, "ort": { "brotli": 12 },
                },
            },
            "native": { "fit": { "step_s": [3.0, 1.0, 2.0], "keras": { "step_s": [] } } },
        });
        let found = ratios(&raw);
        assert_eq!(found["cpu_slice"], 0.5);
        assert_eq!(found["cpu_patient"], Value::Null);
        assert_eq!(found["reference_patient"], 0.05);
        assert_eq!(found["bytes"], 0.5);
        assert_eq!(found["fit_step"], Value::Null);
        assert_eq!(found.as_object().map(Map::len), Some(GOALS.len()));
    }

    #[test]
    fn the_median_is_of_sorted_numbers() {
        assert_eq!(median(&json!([3, 1, 2])), Some(2.0));
        assert_eq!(median(&json!([])), None);
        assert_eq!(median(&Value::Null), None);
    }
}
