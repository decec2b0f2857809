#!/usr/bin/env bash
# ONNX Runtime: a Relu behind a quantized convolution makes it a convolution of floats, unless zero is the least code.
#
# Expected: QuantizeLinear, DequantizeLinear, Conv, Relu, QuantizeLinear is the textbook form of an int8 convolution with a
# ReLU, whatever the zero point: a kernel of codes clamps at the zero point. TensorRT, whose zero points are 0, is given it.
# Happens: with a zero point beyond the first code, by one alone, the session has FusedConv between DequantizeLinear and
# QuantizeLinear: the whole product is computed with floats, and nothing says so. The Relu is fused into the convolution
# before it is looked for in front of a quantizer. With one more QuantizeLinear and DequantizeLinear pair between Conv and
# Relu, the same network has QLinearConv, and its codes are the same.
#
# Versions: onnxruntime 1.31.1, onnx 1.23.2, numpy 2.4.6; Python 3.11, x86-64.
# Printed:
#   onnxruntime 1.31.1, onnx 1.23.2, numpy 2.4.6
#   zero point 0, Conv: QLinearConv
#   zero point 0, Conv Relu: QLinearConv
#   zero point 128, Conv: QLinearConv
#   zero point 1, Conv Relu: FusedConv
#   zero point 128, Conv Relu: FusedConv
#   zero point 128, Conv, a pair, Relu: QLinearConv
#   the last two differ in 0 of 4096 codes
#   as described
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.31.1 onnx==1.23.2 numpy==2.4.6

"$dir/venv/bin/python" - "$dir/optimized.onnx" <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper


def model(zero_point, between):
    """A convolution in QuantizeLinear and DequantizeLinear; between: its output and the last quantizer."""
    constants = {
        "s": np.float32(0.05), "xz": np.uint8(128), "z": np.uint8(zero_point), "ws": np.full(4, 0.0103, np.float32),
        "wz": np.zeros(4, np.int8), "w": np.random.default_rng(1).integers(-60, 61, (4, 4, 3, 3)).astype(np.int8)}
    nodes = [helper.make_node("QuantizeLinear", ["x", "s", "xz"], ["q"]),
             helper.make_node("DequantizeLinear", ["q", "s", "xz"], ["d"]),
             helper.make_node("DequantizeLinear", ["w", "ws", "wz"], ["r"], axis=0),
             helper.make_node("Conv", ["d", "r"], ["0"], pads=[1, 1, 1, 1])]
    for i, op in enumerate(between):
        operands = [str(i)] if op == "Relu" else [str(i), "s", "z"]
        nodes.append(helper.make_node(op, operands, [str(i + 1)]))
    nodes += [helper.make_node("QuantizeLinear", [str(len(between)), "s", "z"], ["c"]),
              helper.make_node("DequantizeLinear", ["c", "s", "z"], ["y"])]
    edge = lambda name: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 4, 32, 32])
    graph = helper.make_graph(nodes, "one", [edge("x")], [edge("y")],
                              [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()])
    result = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(result, full_check=True)
    return result.SerializeToString()


def run(zero_point, between):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = sys.argv[1]
    session = onnxruntime.InferenceSession(model(zero_point, between), options, providers=["CPUExecutionProvider"])
    kernel, = [n.op_type for n in onnx.load(sys.argv[1]).graph.node if "Conv" in n.op_type]
    x = np.random.default_rng(2).uniform(-6, 6, (1, 4, 32, 32)).astype(np.float32)
    return kernel, np.rint(session.run(None, {"x": x})[0] / np.float32(0.05))


PAIR = ["QuantizeLinear", "DequantizeLinear"]
CASES = [(0, [], "Conv", "QLinearConv"), (0, ["Relu"], "Conv Relu", "QLinearConv"), (128, [], "Conv", "QLinearConv"),
         (1, ["Relu"], "Conv Relu", "FusedConv"), (128, ["Relu"], "Conv Relu", "FusedConv"),
         (128, [*PAIR, "Relu"], "Conv, a pair, Relu", "QLinearConv")]
print(", ".join(f"{p} {version(p)}" for p in ("onnxruntime", "onnx", "numpy")))
described, codes = True, []
for zero_point, between, text, expected in CASES:
    kernel, found = run(zero_point, between)
    print(f"zero point {zero_point}, {text}: {kernel}")
    described, codes = described and kernel == expected, [*codes, found]
differing = np.count_nonzero(codes[-1] != codes[-2])
print(f"the last two differ in {differing} of {codes[-1].size} codes")
print("as described" if described and not differing else "no longer as described")
sys.exit(not described or bool(differing))
PYTHON
