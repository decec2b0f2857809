#!/usr/bin/env bash
# int8 SQRT in LiteRT truncates towards zero; its other functions of one int8 operand round to nearest.
#
# Expected: int8 functions without a formula of their own are tables of 256 entries, each the real value rounded to
# the nearest code, as RSQRT, EXP, LOG, TANH and LOGISTIC are: a rounding that one rule describes.
# Happens: SQRT cuts the fraction off: 7.75 gives 7, 10.95 gives 10. All three resolvers do so (reference, built-in,
# default), so that none of them says that it is odd; on average the codes are half a step low, and a layer norm or an
# L2 norm written as SQRT carries that into everything behind it. A kernel that rounds (the obvious reading of the
# quantization specification) departs by one code from every LiteRT on half of its inputs.
#
# Versions: ai-edge-litert 2.3.0, numpy 2.4.6; Python 3.11, x86-64.
# Printed:
#   ai-edge-litert 2.3.0, numpy 2.4.6
#   codes 1..16, scale 0.05 on both sides
#   SQRT, exact: 4.47 6.32 7.75 8.94 10.00 10.95 11.83 12.65 13.42 14.14 14.83 15.49 16.12 16.73 17.32 17.89
#     reference: 4 6 7 8 10 10 11 12 13 14 14 15 16 16 17 17
#     built-in: 4 6 7 8 10 10 11 12 13 14 14 15 16 16 17 17
#     default: 4 6 7 8 10 10 11 12 13 14 14 15 16 16 17 17
#   RSQRT, EXP, LOG, TANH, LOGISTIC: all codes are the nearest
#   as described
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps ai-edge-litert==2.3.0 \
    flatbuffers==25.12.19 numpy==2.4.6

"$dir/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tfl
from ai_edge_litert.interpreter import Interpreter, OpResolverType

RESOLVERS = {"reference": OpResolverType.BUILTIN_REF,
             "built-in": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
             "default": OpResolverType.AUTO}


def one_operator(name, op_version, n, scale_in, scale_out, zero_out):
    """A TFLite file of one operator on [1, n] int8 codes."""
    code, op, graph, m = tfl.OperatorCodeT(), tfl.OperatorT(), tfl.SubGraphT(), tfl.ModelT()
    code.builtinCode = getattr(tfl.BuiltinOperator, name)
    code.deprecatedBuiltinCode, code.version = code.builtinCode, op_version
    op.inputs, op.outputs = [0], [1]
    for scale, zero in ((scale_in, 0), (scale_out, zero_out)):
        t = tfl.TensorT()
        t.shape, t.type, t.buffer, t.name = [1, n], tfl.TensorType.INT8, 0, b"t"
        t.quantization = tfl.QuantizationParametersT()
        t.quantization.scale, t.quantization.zeroPoint = [scale], [zero]
        graph.tensors = (graph.tensors or []) + [t]
    graph.inputs, graph.outputs, graph.operators = [0], [1], [op]
    m.version, m.operatorCodes, m.subgraphs, m.buffers = 3, [code], [graph], [tfl.BufferT()]
    builder = flatbuffers.Builder(1024)
    builder.Finish(m.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run(file, x, resolver):
    interpreter = Interpreter(model_content=file, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).ravel().astype(int)


print(", ".join(f"{p} {version(p)}" for p in ("ai-edge-litert", "numpy")))
x = np.arange(1, 17, dtype=np.int8).reshape(1, 16)
print("codes 1..16, scale 0.05 on both sides")
exact = np.sqrt(x.ravel() * 0.05) / 0.05
print("SQRT, exact:", *(f"{v:.2f}" for v in exact))
described = True
for label, resolver in RESOLVERS.items():
    y = run(one_operator("SQRT", 1, 16, 0.05, 0.05, 0), x, resolver)
    print(f"  {label}:", *y)
    described = described and (y == np.floor(exact + 1e-6)).all()
others = {"RSQRT": (2, 0.05, -10, lambda v: 1 / np.sqrt(v)), "EXP": (2, 0.05, -20, np.exp),
          "LOG": (2, 0.05, 0, np.log), "TANH": (2, 1 / 128, 0, np.tanh),
          "LOGISTIC": (2, 1 / 256, -128, lambda v: 1 / (1 + np.exp(-v)))}
nearest = True
for name, (op_version, scale, zero, function) in others.items():
    value = np.clip(function(x.ravel() * 0.05) / scale + zero, -128, 127)
    for resolver in RESOLVERS.values():
        y = run(one_operator(name, op_version, 16, 0.05, scale, zero), x, resolver)
        nearest = nearest and (np.abs(y - value) <= 0.501).all()
print(", ".join(others) + (": all codes are the nearest" if nearest else ": not all codes are the nearest"))
print("as described" if described and nearest else "no longer as described")
sys.exit(not (described and nearest))
PYTHON
