#!/usr/bin/env bash
# int8 SUM: LiteRT's reference kernel gives unrelated codes, the kernel beside it the right ones.
#
# Expected: OpResolverType.BUILTIN_REF is the oracle of an int8 operator, and the optimized kernels are what may be
# off by one.
# Happens: BUILTIN_REF's SUM over two axes of 12 int8 values gives 84 where the exact value is 33.0, and -1 where it
# is 297 (saturated: 127), with equal scales on both sides, too. No error, no warning. LiteRT's built-in kernels, its
# default and TFLite Micro give the right codes.
# So a comparison of an int8 model with SUM (a squeeze, an attention sum, a logsumexp) against the reference
# resolver condemns the right implementation.
#
# Versions: ai-edge-litert 2.3.0, tflite-micro 0.dev20261023182759, numpy 2.4.6; Python 3.11, x86-64.
# Printed:
#   ai-edge-litert 2.3.0, tflite-micro 0.dev20261023182759, numpy 2.4.6
#   input (0.05, 3), output (0.05, 3): exact 297.00 261.00, codes 127 127
#     TFLM: 127 127
#     LiteRT reference: -1 -1
#     LiteRT built-in: 127 127
#     LiteRT default: 127 127
#   input (0.05, 0), output (0.5, 0): exact 33.00 29.40, codes 33 29
#     TFLM: 33 29
#     LiteRT reference: 84 81
#     LiteRT built-in: 33 29
#     LiteRT default: 33 29
#   input (0.05, 3), output (0.5, -4): exact 25.40 21.80, codes 25 22
#     TFLM: 25 22
#     LiteRT reference: 77 73
#     LiteRT built-in: 25 22
#     LiteRT default: 25 22
#   as described
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps ai-edge-litert==2.3.0 \
    tflite-micro==0.dev20261023182759 flatbuffers==25.12.19 numpy==2.4.6 PyYAML==6.0.4

"$dir/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tfl
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tflite_micro.python.tflite_micro import runtime


def tensor(shape, kind, buffer, scale=None, zero_point=None):
    t = tfl.TensorT()
    t.shape, t.type, t.buffer, t.name = shape, kind, buffer, b"t"
    if scale is not None:
        t.quantization = tfl.QuantizationParametersT()
        t.quantization.scale, t.quantization.zeroPoint = [scale], [zero_point]
    return t


def sum_model(shape, s_in, z_in, s_out, z_out):
    """A TFLite file of one SUM over axes 1 and 2; the dimensions stay."""
    code, op, graph, m = tfl.OperatorCodeT(), tfl.OperatorT(), tfl.SubGraphT(), tfl.ModelT()
    code.builtinCode = code.deprecatedBuiltinCode = tfl.BuiltinOperator.SUM
    code.version = 2
    op.inputs, op.outputs = [0, 1], [2]
    op.builtinOptionsType, op.builtinOptions = tfl.BuiltinOptions.ReducerOptions, tfl.ReducerOptionsT()
    op.builtinOptions.keepDims = True
    axes = tfl.BufferT()
    axes.data = np.array([1, 2], np.int32).view(np.uint8)
    graph.tensors = [tensor(shape, tfl.TensorType.INT8, 0, s_in, z_in),
                     tensor([2], tfl.TensorType.INT32, 1),
                     tensor([1, 1, 1, shape[3]], tfl.TensorType.INT8, 0, s_out, z_out)]
    graph.inputs, graph.outputs, graph.operators = [0], [2], [op]
    m.version, m.operatorCodes, m.subgraphs, m.buffers = 3, [code], [graph], [tfl.BufferT(), axes]
    builder = flatbuffers.Builder(1024)
    builder.Finish(m.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def tflite_micro(file, x):
    interpreter = runtime.Interpreter.from_bytes(file, arena_size=1 << 16)
    interpreter.set_input(x, 0)
    interpreter.invoke()
    return interpreter.get_output(0)


def litert(resolver):
    def run(file, x):
        interpreter = Interpreter(model_content=file, experimental_op_resolver_type=resolver)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
        interpreter.invoke()
        return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return run


RUNTIMES = {
    "TFLM": tflite_micro,
    "LiteRT reference": litert(OpResolverType.BUILTIN_REF),
    "LiteRT built-in": litert(OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES),
    "LiteRT default": litert(OpResolverType.AUTO),
}

print(", ".join(f"{p} {version(p)}" for p in ("ai-edge-litert", "tflite-micro", "numpy")))
x = np.array([[5, 100], [20, -30], [7, 64], [90, 3], [-12, 25], [60, 1],
              [33, 44], [9, -8], [101, 17], [-50, 70], [28, 2], [39, 6]], np.int8).reshape(1, 3, 4, 2)
reference, described = ([-1, -1], [84, 81], [77, 73]), True
for i, (s_in, z_in, s_out, z_out) in enumerate(((0.05, 3, 0.05, 3), (0.05, 0, 0.5, 0), (0.05, 3, 0.5, -4))):
    exact = (x.astype(float) - z_in).sum(axis=(1, 2)).ravel() * s_in / s_out + z_out
    right = [int(v) for v in np.clip(np.rint(exact), -128, 127)]
    print(f"input ({s_in}, {z_in}), output ({s_out}, {z_out}): exact {exact[0]:.2f} {exact[1]:.2f}, codes", *right)
    for label, run in RUNTIMES.items():
        codes = [int(v) for v in run(sum_model([1, 3, 4, 2], s_in, z_in, s_out, z_out), x).ravel()]
        print(f"  {label}:", *codes)
        described = described and codes == (reference[i] if label == "LiteRT reference" else right)
print("as described" if described else "no longer as described")
sys.exit(not described)
PYTHON
