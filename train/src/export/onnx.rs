//! A network → an ONNX file.

use anyhow::Result;
use glioscope::network::config::INPUTS;
use glioscope::network::{FoldedUNet, Manifest, UNetConfig};
use prost::Message as _;

use super::calibration;
use super::floats::bytes;
use super::onnx_messages::{
    Attribute, Dimension, FLOAT, Graph, Model, Node, OperatorSet, Property, Shape, Size, Tensor, TensorType, Type,
    Value,
};

/// The version of the format, and of the operators: those of ONNX 1.12 (June 2022), which runtimes in use read.
const IR_VERSION: i64 = 8;
const OPERATORS: i64 = 17;

/// The name of the axis whose size is free.
const BATCH: &str = "batch";

/// The bytes of the file: the same for the same network.
///
/// # Errors
/// When the manifest cannot be written as JSON.
pub(super) fn encode(network: &FoldedUNet, manifest: &Manifest) -> Result<Vec<u8>> {
    let property = |key: &str, value: String| Property { key: key.to_owned(), value };
    let model = Model {
        ir_version: IR_VERSION,
        producer_name: "glioscope".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: Some(graph(network, manifest)),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPERATORS }],
        metadata_props: vec![
            property("network", serde_json::to_string(&manifest.network)?),
            property("threshold", manifest.decimal_threshold().to_string()),
            property("weights.sha256", manifest.weights.sha256.clone()),
        ],
    };
    Ok(model.encode_to_vec())
}

fn graph(network: &FoldedUNet, manifest: &Manifest) -> Graph {
    let (UNetConfig { widths, stem }, side) = (&manifest.network, manifest.grid);
    let mut nodes = Nodes::default();
    // Shapes are those of the default network and one slice.
    let mut x = match stem {
        1 => "input".to_owned(),
        _ => nodes.add("stem", "SpaceToDepth", &["input"], vec![integer("blocksize", *stem)]), // [1, 12, 128, 128]
    };
    let mut skips = Vec::new();
    for depth in 0..widths.len() {
        if depth > 0 {
            x = nodes.add(&format!("down.{depth}.pool"), "MaxPool", &[&x], halves()); // [1, 16, 64, 64] …
        }
        x = nodes.block(&x, &format!("down.{depth}")); // [1, 16, 128, 128], [1, 32, 64, 64], … [1, 256, 8, 8]
        skips.push(x.clone());
    }
    skips.pop();
    for (depth, skip) in skips.iter().enumerate().rev() {
        let name = format!("up.{depth}");
        let up = nodes.layer(&name, "ConvTranspose", &x, halves()); // [1, 128, 16, 16] …
        x = nodes.add(&format!("{name}.skip"), "Concat", &[skip, &up], vec![integer("axis", 1)]); // [1, 256, 16, 16] …
        x = nodes.block(&x, &format!("merge.{depth}")); // [1, 128, 16, 16], … [1, 16, 128, 128]
    }
    x = nodes.layer("head", "Conv", &x, vec![integers("kernel_shape", &[1, 1])]); // [1, 4, 128, 128]
    if *stem > 1 {
        x = nodes.add("logits", "DepthToSpace", &[&x], vec![integer("blocksize", *stem)]); // [1, 1, 256, 256]
    }
    let calibration = calibration::tensors(&manifest.calibration);
    if !calibration.is_empty() {
        x = nodes.layer("calibration.first", "Conv", &x, vec![integers("kernel_shape", &[1, 1])]); // [1, ramps, 256, 256]
        x = nodes.add("calibration.first.relu", "Relu", &[&x], Vec::new());
        x = nodes.layer("calibration.second", "Conv", &x, vec![integers("kernel_shape", &[1, 1])]); // [1, 1, 256, 256]
    }
    nodes.add("probability", "Sigmoid", &[&x], Vec::new());

    let initializer = network.tensors().into_iter().chain(calibration).map(|(name, dims, mut values)| {
        if name == "down.0.first.weight" {
            values = cells_first(&values, &dims, stem * stem);
        }
        let dims = dims.into_iter().map(|size| size as i64).collect();
        Tensor { dims, data_type: FLOAT, name, raw_data: bytes(&values) }
    });
    let input =
        "slices, normalised by the mean and the standard deviation of the head: pre-contrast, FLAIR, post-contrast";
    Graph {
        node: nodes.0,
        name: manifest.name(),
        initializer: initializer.collect(),
        input: vec![value("input", INPUTS, side, input)],
        output: vec![value("probability", 1, side, "the probability of a lesion in each pixel")],
    }
}

/// The operations, in the order in which they run. Each has the name of its only output.
#[derive(Default)]
struct Nodes(Vec<Node>);

impl Nodes {
    fn add(&mut self, name: &str, op: &str, inputs: &[&str], attribute: Vec<Attribute>) -> String {
        self.0.push(Node {
            input: inputs.iter().map(|&name| name.to_owned()).collect(),
            output: vec![name.to_owned()],
            name: name.to_owned(),
            op_type: op.to_owned(),
            attribute,
        });
        name.to_owned()
    }

    /// An operation with the weight and the bias of the layer `name`.
    fn layer(&mut self, name: &str, op: &str, x: &str, attributes: Vec<Attribute>) -> String {
        self.add(name, op, &[x, &format!("{name}.weight"), &format!("{name}.bias")], attributes)
    }

    /// Two 3x3 convolutions, each rectified.
    fn block(&mut self, x: &str, name: &str) -> String {
        let mut x = x.to_owned();
        for part in ["first", "second"] {
            let name = format!("{name}.{part}");
            let padded = vec![integers("kernel_shape", &[3, 3]), integers("pads", &[1, 1, 1, 1])];
            x = self.layer(&name, "Conv", &x, padded);
            x = self.add(&format!("{name}.relu"), "Relu", &[&x], Vec::new());
        }
        x
    }
}

/// A kernel of 2x2 with stride 2.
fn halves() -> Vec<Attribute> {
    vec![integers("kernel_shape", &[2, 2]), integers("strides", &[2, 2])]
}

fn integer(name: &str, value: usize) -> Attribute {
    Attribute { name: name.to_owned(), i: value as i64, ints: Vec::new(), r#type: Attribute::INT }
}

fn integers(name: &str, values: &[i64]) -> Attribute {
    Attribute { name: name.to_owned(), i: 0, ints: values.to_vec(), r#type: Attribute::INTS }
}

/// `[batch, channels, side, side]`.
fn value(name: &str, channels: usize, side: usize, doc: &str) -> Value {
    let sizes = [channels, side, side].map(|size| Size::Fixed(size as i64));
    let sizes = [Size::Named(BATCH.to_owned())].into_iter().chain(sizes);
    let shape = Shape { dim: sizes.map(|size| Dimension { size: Some(size) }).collect() };
    let tensor = TensorType { elem_type: FLOAT, shape: Some(shape) };
    let r#type = Some(Type { tensor_type: Some(tensor) });
    Value { name: name.to_owned(), r#type, doc_string: doc.to_owned() }
}

/// The first kernel with its inputs in the order of ONNX's SpaceToDepth: by cell and then channel. The library has them by
/// channel and then cell. `shape` is `[outputs, channels * cells, 3, 3]`.
fn cells_first(values: &[f32], shape: &[usize], cells: usize) -> Vec<f32> {
    let (inputs, taps) = (shape[1], shape[2] * shape[3]);
    let channels = inputs / cells;
    let row = |output: usize| {
        let of = move |input: usize| (output * inputs + input) * taps;
        (0..inputs).map(move |place| of(place % channels * cells + place / channels))
    };
    (0..shape[0]).flat_map(row).flat_map(|start| &values[start..start + taps]).copied().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use burn::tensor::Device;
    use glioscope::network::Calibration;
    use glioscope::network::manifest::WeightsFile;

    use super::*;

    fn decoded(network: UNetConfig, grid: usize, knots: &[[f32; 2]]) -> Result<(FoldedUNet, Model)> {
        let unet = network.init(&Device::flex());
        let folded = unet.fold();
        let weights = WeightsFile::of(&folded.to_safetensors(), unet.parameters());
        let calibration = Calibration { knots: knots.to_vec() };
        let manifest = Manifest { calibration, ..Manifest::new(network, grid, 0.3, weights) };
        let bytes = encode(&folded, &manifest)?;
        assert_eq!(bytes, encode(&folded, &manifest)?);
        Ok((folded, Model::decode(&*bytes)?))
    }

    #[test]
    fn the_file_has_every_weight_and_every_operation_in_order() -> Result<()> {
        let (network, model) = decoded(UNetConfig { widths: vec![3, 5, 7], stem: 2 }, 64, &[])?;
        assert_eq!((model.ir_version, model.opset_import[0].version), (8, 17));
        let threshold = model.metadata_props.iter().find(|property| property.key == "threshold");
        assert_eq!(threshold.map(|property| property.value.as_str()), Some("0.3"));
        let graph = model.graph.expect("a graph");

        let mut known: BTreeSet<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
        let tensors = network.tensors();
        assert_eq!(known, tensors.iter().map(|(name, ..)| name.as_str()).collect());
        for (found, (name, shape, values)) in graph.initializer.iter().zip(&tensors) {
            assert_eq!(found.dims, shape.iter().map(|&size| size as i64).collect::<Vec<_>>(), "{name}");
            assert_eq!(found.raw_data == bytes(values), name != "down.0.first.weight", "{name}");
        }
        known.insert("input");
        for node in &graph.node {
            for input in &node.input {
                assert!(known.contains(input.as_str()), "{}: {input} comes later", node.name);
            }
            assert!(known.insert(&node.output[0]), "{} is there twice", node.name);
        }
        let used: BTreeSet<&str> = graph.node.iter().flat_map(|node| &node.input).map(String::as_str).collect();
        assert_eq!(known.difference(&used).copied().collect::<Vec<_>>(), ["probability"], "nothing else is unused");
        let count = |op: &str| graph.node.iter().filter(|node| node.op_type == op).count();
        let counts = ["SpaceToDepth", "Conv", "Relu", "MaxPool", "ConvTranspose", "Concat", "DepthToSpace", "Sigmoid"];
        assert_eq!(counts.map(count), [1, 11, 10, 2, 2, 2, 1, 1]);

        let shape = |value: &Value| {
            let shape = value.r#type.clone().and_then(|of| of.tensor_type).and_then(|of| of.shape).expect("a shape");
            shape.dim.into_iter().map(|dim| dim.size.expect("a size")).collect::<Vec<_>>()
        };
        let [batch, side] = [Size::Named("batch".to_owned()), Size::Fixed(64)];
        assert_eq!(shape(&graph.input[0]), [batch.clone(), Size::Fixed(3), side.clone(), side.clone()]);
        assert_eq!(shape(&graph.output[0]), [batch, Size::Fixed(1), side.clone(), side]);
        Ok(())
    }

    #[test]
    fn a_network_without_stem_has_no_folding() -> Result<()> {
        let (network, model) = decoded(UNetConfig { widths: vec![3, 5], stem: 1 }, 32, &[])?;
        let graph = model.graph.expect("a graph");
        assert!(graph.node.iter().all(|node| !node.op_type.contains("Depth")));
        assert_eq!(graph.node[0].input[0], "input");
        assert_eq!(graph.initializer[0].raw_data, bytes(&network.tensors()[0].2));
        Ok(())
    }

    #[test]
    fn a_calibration_is_two_convolutions() -> Result<()> {
        let knots = [[-2.0, -1.0], [0.0, 0.0], [2.0, 3.0]];
        let (_, model) = decoded(UNetConfig { widths: vec![3, 5], stem: 2 }, 32, &knots)?;
        let graph = model.graph.expect("a graph");
        let last: Vec<&str> = graph.node.iter().rev().take(4).map(|node| node.name.as_str()).collect();
        assert_eq!(last, ["probability", "calibration.second", "calibration.first.relu", "calibration.first"]);
        let tensor = |name: &str| {
            let found = graph.initializer.iter().find(|tensor| tensor.name == name).expect(name);
            (found.dims.clone(), found.raw_data.clone())
        };
        assert_eq!(tensor("calibration.first.weight"), (vec![2, 1, 1, 1], bytes(&[1.0, -1.0])));
        assert_eq!(tensor("calibration.second.weight"), (vec![1, 2, 1, 1], bytes(&[1.5, -0.5])));
        Ok(())
    }

    #[test]
    fn inputs_of_the_first_kernel_are_sorted_by_cell() {
        // Two outputs, three channels of four cells, one tap: the value is the place in the library's order.
        let values: Vec<f32> = (0..24).map(|value| value as f32).collect();
        let sorted = cells_first(&values, &[2, 12, 1, 1], 4);
        assert_eq!(sorted[..12], [0.0, 4.0, 8.0, 1.0, 5.0, 9.0, 2.0, 6.0, 10.0, 3.0, 7.0, 11.0]);
        assert_eq!(sorted[12..15], [12.0, 16.0, 20.0]);
    }
}
