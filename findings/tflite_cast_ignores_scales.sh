#!/usr/bin/env bash
# CAST of a quantized value: LiteRT and TFLite Micro cast the codes and look at no scale.
#
# Expected: CAST of an INT8 tensor that has a scale converts what the tensor stands for: to FLOAT32 it is a
# DEQUANTIZE, to INT8 or UINT8 of another scale or zero point a QUANTIZE.
# Happens: the code itself is cast, whatever the scales on both sides say: with scale 0.5 and zero point 3 the code
# -128 becomes -128.0 in FLOAT32 (the value is -65.5), stays -128 at twice the scale, and is 128 in UINT8, where the
# same value at zero point 131 has the code 0. Reference kernel, default and TFLite Micro agree on it; TFLite Micro
# has no UINT8 result and says so only when the model runs, not when it is loaded.
# So a graph that relies on CAST for real numbers is wrong in each of them by the same amount, which no comparison
# between them shows; and CAST, ADD, GATHER is an exact table of codes.
#
# Versions: ai-edge-litert 2.3.0, tflite-micro 0.dev20261023182759, numpy 2.4.6; Python 3.11, x86-64.
# Printed:
#   ai-edge-litert 2.3.0, tflite-micro 0.dev20261023182759, numpy 2.4.6
#   codes -128 -5 3 127 are -65.5 -4.0 0.0 62.0
#   to float32: the values would be -65.5 -4.0 0.0 62.0
#     TFLM: -128.0 -5.0 3.0 127.0
#     LiteRT reference: -128.0 -5.0 3.0 127.0
#     LiteRT default: -128.0 -5.0 3.0 127.0
#   to int32: the values would be -66 -4 0 62
#     TFLM: -128 -5 3 127
#     LiteRT reference: -128 -5 3 127
#     LiteRT default: -128 -5 3 127
#   to int8 (1.0, 3): the values would be -62 -1 3 65
#     TFLM: -128 -5 3 127
#     LiteRT reference: -128 -5 3 127
#     LiteRT default: -128 -5 3 127
#   to uint8 (0.5, 131): the values would be 0 123 131 255
#     TFLM: loads, does not run
#     LiteRT reference: 128 251 3 127
#     LiteRT default: 128 251 3 127
#   as described
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps ai-edge-litert==2.3.0 \
    tflite-micro==0.dev20261023182759 flatbuffers==25.12.19 numpy==2.4.6 PyYAML==6.0.4

"$dir/venv/bin/python" - 2>/dev/null <<'PYTHON'
import sys
from importlib.metadata import version

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tfl
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tflite_micro.python.tflite_micro import runtime

KINDS = {"float32": tfl.TensorType.FLOAT32, "int32": tfl.TensorType.INT32, "int8": tfl.TensorType.INT8,
         "uint8": tfl.TensorType.UINT8}
CODES = np.array([[-128, -5, 3, 127]], np.int8)
SCALE, ZERO_POINT = 0.5, 3
VALUES = (CODES.astype(float) - ZERO_POINT) * SCALE


def tensor(kind, quantization):
    t = tfl.TensorT()
    t.shape, t.type, t.buffer, t.name = list(CODES.shape), KINDS[kind], 0, b"t"
    if quantization:
        t.quantization = tfl.QuantizationParametersT()
        t.quantization.scale, t.quantization.zeroPoint = [quantization[0]], [quantization[1]]
    return t


def cast_model(kind, quantization):
    """A TFLite file of one CAST of an INT8 value with scale and zero point."""
    code, op, graph, m = tfl.OperatorCodeT(), tfl.OperatorT(), tfl.SubGraphT(), tfl.ModelT()
    code.builtinCode = code.deprecatedBuiltinCode = tfl.BuiltinOperator.CAST
    code.version = 1
    op.inputs, op.outputs = [0], [1]
    op.builtinOptionsType, op.builtinOptions = tfl.BuiltinOptions.CastOptions, tfl.CastOptionsT()
    op.builtinOptions.inDataType, op.builtinOptions.outDataType = KINDS["int8"], KINDS[kind]
    graph.tensors = [tensor("int8", (SCALE, ZERO_POINT)), tensor(kind, quantization)]
    graph.inputs, graph.outputs, graph.operators = [0], [1], [op]
    m.version, m.operatorCodes, m.subgraphs, m.buffers = 3, [code], [graph], [tfl.BufferT()]
    builder = flatbuffers.Builder(1024)
    builder.Finish(m.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def tflite_micro(file):
    interpreter = runtime.Interpreter.from_bytes(file, arena_size=1 << 16)
    interpreter.set_input(CODES, 0)
    try:
        interpreter.invoke()
    except RuntimeError:
        return "loads, does not run"
    return " ".join(str(v) for v in interpreter.get_output(0).ravel())


def litert(resolver):
    def run(file):
        interpreter = Interpreter(model_content=file, experimental_op_resolver_type=resolver)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], CODES)
        interpreter.invoke()
        return " ".join(str(v) for v in interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).ravel())
    return run


RUNTIMES = {"TFLM": tflite_micro, "LiteRT reference": litert(OpResolverType.BUILTIN_REF),
            "LiteRT default": litert(OpResolverType.AUTO)}

print(", ".join(f"{p} {version(p)}" for p in ("ai-edge-litert", "tflite-micro", "numpy")))
print("codes", *CODES.ravel(), "are", *VALUES.ravel())
described = True
for kind, quantization in (("float32", None), ("int32", None), ("int8", (1.0, 3)), ("uint8", (0.5, 131))):
    real = VALUES / quantization[0] + quantization[1] if quantization else VALUES
    shown = real.ravel() if kind == "float32" else np.rint(real).astype(int).ravel()
    print(f"to {kind}{' ' + str(quantization) if quantization else ''}: the values would be", *shown)
    of_codes = " ".join(str(v) for v in CODES.astype(kind).ravel())
    for label, run in RUNTIMES.items():
        got = run(cast_model(kind, quantization))
        print(f"  {label}:", got)
        expected = "loads, does not run" if (label, kind) == ("TFLM", "uint8") else of_codes
        described = described and got == expected
print("as described" if described else "no longer as described")
sys.exit(not described)
PYTHON
