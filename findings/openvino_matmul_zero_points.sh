#!/usr/bin/env bash
# OpenVINO on CPUs: a MatMul of two quantized activations runs on codes only if zero stands at the first code of an unsigned
# first input (or the middle of a signed one) and in the middle of the second's; else it runs in floats.
#
# Expected: QuantizeLinear and DequantizeLinear around both inputs, as attention has them, make an int8 product whatever
# the zero points, as they do of a convolution.
# Happens: with a zero point of 1 in place of 0 on either side, the product is one of floats (brgemm_avx2_f32); nothing
# says so. Networks quantized with zero points of their own, as most tools do it, have attention in floats.
#
# Versions: openvino 2026.4.1, onnx 1.23.2, numpy 2.4.6; Python 3.11, x86-64 with AVX2, without VNNI.
# Printed:
#   openvino 2026.4.1, onnx 1.23.2, numpy 2.4.6
#   uint8 0 x int8 0: jit_gemm_I8
#   uint8 0 x uint8 128: jit_gemm_I8
#   int8 0 x int8 0: jit_gemm_i8
#   uint8 1 x int8 0: brgemm_avx2_f32
#   uint8 128 x int8 0: brgemm_avx2_f32
#   uint8 0 x int8 1: brgemm_avx2_f32
#   uint8 0 x uint8 0: brgemm_avx2_f32
#   as described
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check openvino==2026.4.1 onnx==1.23.2 numpy==2.4.6

"$dir/venv/bin/python" <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
import onnx
import openvino
from onnx import helper, numpy_helper


def model(zero_a, zero_b):
    """a x b [1, 64, 64], a quantizer behind each and behind the product."""
    constants, nodes = {"s": np.float32(0.05), "sy": np.float32(0.5), "zy": np.uint8(128)}, []
    for name, zero in (("a", zero_a), ("b", zero_b)):
        constants["z" + name] = zero
        nodes += [helper.make_node("QuantizeLinear", [name, "s", "z" + name], ["q" + name]),
                  helper.make_node("DequantizeLinear", ["q" + name, "s", "z" + name], ["d" + name])]
    nodes += [helper.make_node("MatMul", ["da", "db"], ["y"]),
              helper.make_node("QuantizeLinear", ["y", "sy", "zy"], ["qy"]),
              helper.make_node("DequantizeLinear", ["qy", "sy", "zy"], ["dy"])]
    edge = lambda name: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 64, 64])
    graph = helper.make_graph(nodes, "one", [edge("a"), edge("b")], [edge("dy")],
                              [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()])
    result = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(result, full_check=True)
    return result.SerializeToString()


def kernel(zero_a, zero_b):
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model(zero_a, zero_b)), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    about, = [op.get_rt_info() for op in compiled.get_runtime_model().get_ordered_ops()
              if str(op.get_rt_info()["layerType"].value) == "MatMul"]
    return str(about["primitiveType"].value)


CASES = [(np.uint8(0), np.int8(0), True), (np.uint8(0), np.uint8(128), True), (np.int8(0), np.int8(0), True),
         (np.uint8(1), np.int8(0), False), (np.uint8(128), np.int8(0), False), (np.uint8(0), np.int8(1), False),
         (np.uint8(0), np.uint8(0), False)]
print(", ".join(f"{p} {version(p)}" for p in ("openvino", "onnx", "numpy")))
described = True
for a, b, on_codes in CASES:
    name = kernel(a, b)
    print(f"{a.dtype} {a} x {b.dtype} {b}: {name}")
    described = described and name.lower().endswith("_i8") == on_codes
print("as described" if described else "no longer as described")
sys.exit(not described)
PYTHON
