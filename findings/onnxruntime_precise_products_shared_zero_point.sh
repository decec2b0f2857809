#!/usr/bin/env bash
# ONNX Runtime: session.x64quantprecision=1 does not load a model whose weights share a zero point.
#
# Expected: the entry, which ONNX Runtime has against sums that saturate in 16 bits on x86 CPUs without VNNI, changes
# how products are computed. That two int8 weights name one and the same initializer of zeros as their zero point is
# nothing special: onnxslim and onnxsim merge equal initializers, and so do exporters.
# Happens: the session is not created: "AddInitializedOrtValue Attempt to replace the existing tensor". It turns the
# weights to uint8 and their zero point to 128 under a name that it makes from the zero point's, once for each weight.
# With a zero point each, or without the entry, the same model runs.
# So a simplified model runs in one's tests, and not with the entry that its users need for right results.
#
# Versions: onnxruntime 1.31.1, onnx 1.23.2, numpy 2.4.6; Python 3.11, x86-64.
# Printed:
#   onnxruntime 1.31.1, onnx 1.23.2, numpy 2.4.6
#   zero points: 2, session.x64quantprecision 0: runs, 12.7000
#   zero points: 2, session.x64quantprecision 1: runs, 12.7000
#   zero points: 1, session.x64quantprecision 0: runs, 12.7000
#   zero points: 1, session.x64quantprecision 1: fails, AddInitializedOrtValue Attempt to replace the existing tensor
#   as described
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.31.1 onnx==1.23.2 numpy==2.4.6

"$dir/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper


def model(zero_points):
    """Two convolutions one behind the other, in QuantizeLinear and DequantizeLinear."""
    constants = {"s": np.float32(0.1), "z": np.uint8(128), "ws": np.full(4, 0.01, np.float32)}
    nodes, value = [], "x"
    for i in range(2):
        zero = f"wz{i}" if zero_points == 2 else "wz"
        constants[zero] = np.zeros(4, np.int8)
        constants[f"w{i}"] = np.full((4, 4, 1, 1), 100, np.int8)
        nodes += [helper.make_node("QuantizeLinear", [value, "s", "z"], [f"q{i}"]),
                  helper.make_node("DequantizeLinear", [f"q{i}", "s", "z"], [f"d{i}"]),
                  helper.make_node("DequantizeLinear", [f"w{i}", "ws", zero], [f"r{i}"], axis=0),
                  helper.make_node("Conv", [f"d{i}", f"r{i}"], [f"c{i}"])]
        value = f"c{i}"
    nodes += [helper.make_node("QuantizeLinear", [value, "s", "z"], ["q2"]),
              helper.make_node("DequantizeLinear", ["q2", "s", "z"], ["y"])]
    edge = lambda name: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 4, 8, 8])
    graph = helper.make_graph(nodes, "two", [edge("x")], [edge("y")],
                              [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()])
    result = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(result, full_check=True)
    return result.SerializeToString()


def run(zero_points, precise):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.add_session_config_entry("session.x64quantprecision", precise)
    try:
        session = onnxruntime.InferenceSession(model(zero_points), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        return "fails, " + str(error).strip().split(" : ")[-1].partition(" ")[2]
    y, = session.run(None, {"x": np.ones((1, 4, 8, 8), np.float32)})
    return f"runs, {y.ravel()[0]:.4f}"


print(", ".join(f"{p} {version(p)}" for p in ("onnxruntime", "onnx", "numpy")))
described = True
for zero_points in (2, 1):
    for precise in ("0", "1"):
        said = run(zero_points, precise)
        print(f"zero points: {zero_points}, session.x64quantprecision {precise}: {said}")
        described = described and said.startswith("runs") == ((zero_points, precise) != (1, "1"))
print("as described" if described else "no longer as described")
sys.exit(not described)
PYTHON
