#!/usr/bin/env bash
# MNN: int8 MaxPool between int8 convolutions on x86 takes -100 for the maximum of 100 and -100.
#
# Expected: an int8 maximum is the largest code: of all int8 operators it has no scale to get wrong.
# Happens: wherever a window has negative and other codes, one of the negative ones wins. Codes are kept 128 higher, as
# uint8, on x86; they are compared as int8 then, so that -100 (28) beats 100 (228, which is -28). No error, no warning;
# the same network in floats is right, and so are the int8 convolutions around the pool.
# So an int8 CNN with maximum pools, made by MNN's converter from compression parameters and tested on a PC, looks like a
# model that quantization has broken.
#
# Versions: MNN 3.6.1, onnx 1.23.2, numpy 2.4.6; Python 3.11, x86-64 with AVX2, without VNNI.
# Printed:
#   MNN 3.6.1, onnx 1.23.2, numpy 2.4.6
#   without the pool, int8: right
#   maxima: 100 80 -10 6
#     floats: 100 80 -10 6
#     int8:   -100 80 -10 -5
#   as described
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check MNN==3.6.1 onnx==1.23.2 numpy==2.4.6

"$dir/venv/bin/python" - "$dir" <<'PYTHON'
import os
import subprocess
import sys
from importlib.metadata import version

import numpy as np
import onnx
from onnx import helper, numpy_helper

CONVERT = "import sys, _tools; _tools.mnnconvert(['', *sys.argv[1:]])"
SCALE, ZERO = 1.0, 0  # of all values: codes are reals


def field(number, value):
    """Of a protobuf message: an integer, or bytes."""
    def varint(n):
        out = b""
        while n > 127:
            out, n = out + bytes([n & 127 | 128]), n >> 7
        return out + bytes([n])
    if isinstance(value, int):
        return varint(number << 3) + varint(value & (1 << 64) - 1)
    return varint(number << 3 | 2) + varint(len(value)) + value


def scales(number, value):
    return bytes([number << 3 | 5]) + np.float32(value).tobytes()


def layer(x, y):
    """MNN's compression parameters of a convolution: both values on int8 codes of scale 1, zero point 0."""
    activation = lambda name: field(1, name.encode()) + field(2, 8) + scales(3, SCALE) + field(4, ZERO)
    weights = field(1, b"w") + field(2, 8) + scales(3, 1.0)
    return field(1, activation(x)) + field(2, weights) + field(3, activation(y))


def write(pooled):
    """x -> 1x1 convolution by 1 -> [maximum of 2x2] -> 1x1 convolution by 1 -> z"""
    conv = lambda x, y: helper.make_node("Conv", [x, "w", "b"], [y])
    nodes = [conv("x", "y"), *([helper.make_node("MaxPool", ["y"], ["p"], kernel_shape=[2, 2], strides=[2, 2])]
                               if pooled else []), conv("p" if pooled else "y", "z")]
    size = 2 if pooled else 4
    edge = lambda name, n: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 1, n, n])
    constants = [numpy_helper.from_array(np.ones((1, 1, 1, 1), np.float32), "w"),
                 numpy_helper.from_array(np.zeros(1, np.float32), "b")]
    graph = helper.make_graph(nodes, "net", [edge("x", 4)], [edge("z", size)], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), "net.onnx")
    quantization = field(4, layer("x", "y")) + field(4, layer("p" if pooled else "y", "z__before_tr"))
    with open("params.bin", "wb") as file:
        file.write(field(1, b"0.0.0") + field(2, field(1, 0) + field(2, quantization)))


def run(pooled, quantized, x):
    write(pooled)
    params = ["--compressionParamsFile", "params.bin"] if quantized else []
    # The script `mnnconvert` would install a package and send usage data; this is its converter.
    subprocess.run([sys.executable, "-c", CONVERT, "-f", "ONNX", "--modelFile", "net.onnx", "--MNNModel", "net.mnn",
                    "--bizCode", "x", *params], check=True, capture_output=True)
    code = ("import sys, numpy, MNN\n"
            "x = numpy.array(eval(sys.argv[1]), numpy.float32)\n"
            "net = MNN.nn.load_module_from_file('net.mnn', ['x'], ['z'])\n"
            "x = MNN.expr.const(x.flatten().tolist(), [1, 1, 4, 4], MNN.expr.NCHW)\n"
            "z = MNN.expr.convert(net.onForward([MNN.expr.convert(x, MNN.expr.NC4HW4)])[0], MNN.expr.NCHW)\n"
            "print(*[round(v) for v in numpy.array(z.read()).ravel().tolist()])\n")
    said = subprocess.run([sys.executable, "-c", code, str(x.tolist())], check=True, capture_output=True, text=True)
    return [int(v) for v in said.stdout.splitlines()[-1].split()]


os.chdir(sys.argv[1])
x = np.array([[100, -100, 50, 60], [-100, -100, 70, 80], [-10, -20, -5, 5], [-30, -40, -6, 6]])
maxima = x.reshape(2, 2, 2, 2).max((1, 3)).ravel().tolist()
print(", ".join(f"{p} {version(p)}" for p in ("MNN", "onnx", "numpy")))
same = run(False, True, x)
print("without the pool, int8:", "right" if same == x.ravel().tolist() else f"wrong: {same}")
floats, codes = run(True, False, x), run(True, True, x)
print("maxima:", *maxima)
print("  floats:", *floats)
print("  int8:  ", *codes)
described = same == x.ravel().tolist() and floats == maxima and codes == [-100, 80, -10, -5]
print("as described" if described else "no longer as described")
sys.exit(not described)
PYTHON
