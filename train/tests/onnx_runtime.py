"""Checks a network that `train export` wrote as NAME.safetensors and NAME.onnx: ONNX Runtime gives the probabilities of the CPU.

    python onnx_runtime.py NAME

It needs numpy, onnx, onnxruntime and safetensors from PyPI. `cargo xtask test --full` runs it for the shipped network.
"""

import sys

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

# The largest difference in probability.
TOLERANCE = 1e-4


def main(name):
    onnx.checker.check_model(f"{name}.onnx", full_check=True)
    tensors = load_file(f"{name}.safetensors")
    session = onnxruntime.InferenceSession(f"{name}.onnx", providers=["CPUExecutionProvider"])

    def run(slices):
        return session.run(["probability"], {"input": slices})[0]

    example, expected = tensors["input"], tensors["probability"]
    assert expected.max() > 0.5, "the example has a lesion"
    found = run(example)
    assert found.shape == expected.shape, f"expected the shape {expected.shape}, found {found.shape}"
    difference = np.abs(found - expected).max()
    assert difference <= TOLERANCE, f"the probabilities differ by {difference}"

    # The batch is free, and slices do not influence each other.
    batch = np.concatenate([np.zeros_like(example), example, example[..., ::-1]])
    found = run(batch)
    assert found.shape == (3, *expected.shape[1:]), f"a batch of three gives the shape {found.shape}"
    difference = max(difference, np.abs(found[1] - expected[0]).max())
    assert difference <= TOLERANCE, f"the probabilities of a batch differ by {difference}"
    print(f"{name}.onnx: the largest difference in probability is {difference:.1e}")


main(sys.argv[1])
