#!/usr/bin/env bash
# Two reference implementations of int8 MUL and PRELU, which round alike, give different codes.
#
# Expected: LiteRT's reference kernels (OpResolverType.BUILTIN_REF) and TFLite Micro, which descend from the same
# code, give equal codes.
# Happens: LiteRT computes the multiplier in float32, f32(f32(s1 * s2) / s_out), TFLite Micro in double. The two
# 31-bit multipliers differ in their last bits. That decides products that are a tie in the first of the
# kernel's two roundings, and the second can make a whole code of it. Most scales show nothing; some ordinary
# ones (0.25 and 0.15 to 0.1) differ by one in 10 % of the codes.
# MUL's first example: 49/176 * -220 = -61.25. The kernel first rounds twice that, -122.5, to -122 (double) or
# -123 (float32), then half of it to -61 or -62.
# LiteRT's built-in kernels without the XNNPACK delegate equal its reference. A model in numpy shows that the
# precision of the multiplier is the whole difference.
#
# Versions: ai-edge-litert 2.3.0, tflite-micro 0.dev20261023182759, numpy 2.4.6; Python 3.11, x86-64.
# Printed:
#   ai-edge-litert 2.3.0, tflite-micro 0.dev20261023182759, numpy 2.4.6
#   MUL, (scale, zero point) of a, b, output: (0.02734375, -120, 1.75, -95, 0.171875, -38)
#     TFLM and LiteRT's reference differ in 64 of 65536 pairs of codes, by 1 at most
#     first: a -125, b -51: TFLM -99, LiteRT -100
#     codes not as in the numpy model: TFLM 0 (double), LiteRT 0 (float32)
#     LiteRT's built-in kernels differ from its reference in 0
#   MUL, (scale, zero point) of a, b, output: (0.15, 3, 0.25, -7, 0.05, -11)
#     TFLM and LiteRT's reference differ in 436 of 65536 pairs of codes, by 1 at most
#     first: a -127, b -6: TFLM -109, LiteRT -108
#     codes not as in the numpy model: TFLM 0 (double), LiteRT 0 (float32)
#     LiteRT's built-in kernels differ from its reference in 0
#   PRELU, (scale, zero point) of a, b, output: (0.25, 20, 0.15, -10, 0.1, 5)
#     TFLM and LiteRT's reference differ in 6374 of 65536 pairs of codes, by 1 at most
#     first: a -127, b -8: TFLM -106, LiteRT -105
#     codes not as in the numpy model: TFLM 0 (double), LiteRT 0 (float32)
#     LiteRT's built-in kernels differ from its reference in 0
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

CODES = np.arange(-128, 128, dtype=np.int8)
PAIRS_A, PAIRS_B = np.repeat(CODES, 256), np.tile(CODES, 256)


def tensor(shape, scale, zero_point, buffer=0):
    t = tfl.TensorT()
    t.shape, t.type, t.buffer, t.name = shape, tfl.TensorType.INT8, buffer, b"t"
    t.quantization = tfl.QuantizationParametersT()
    t.quantization.scale, t.quantization.zeroPoint = [scale], [zero_point]
    return t


def model(operator, op_version, tensors, inputs, options=None, data=()):
    """A TFLite file of one operator; the last tensor is its output, the others are its operands."""
    code, op, graph, m = tfl.OperatorCodeT(), tfl.OperatorT(), tfl.SubGraphT(), tfl.ModelT()
    code.builtinCode = code.deprecatedBuiltinCode = operator
    code.version = op_version
    op.inputs, op.outputs = list(range(len(tensors) - 1)), [len(tensors) - 1]
    if options:
        op.builtinOptionsType, op.builtinOptions = options
    graph.tensors, graph.inputs, graph.outputs, graph.operators = tensors, inputs, op.outputs, [op]
    m.version, m.operatorCodes, m.subgraphs, m.buffers = 3, [code], [graph], [tfl.BufferT()]
    for values in data:
        m.buffers.append(tfl.BufferT())
        m.buffers[-1].data = values.view(np.uint8)
    builder = flatbuffers.Builder(1024)
    builder.Finish(m.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def tflite_micro(file, *inputs):
    interpreter = runtime.Interpreter.from_bytes(file, arena_size=1 << 20)
    for i, values in enumerate(inputs):
        interpreter.set_input(values, i)
    interpreter.invoke()
    return interpreter.get_output(0).ravel().astype(int)


def litert(resolver, file, *inputs):
    interpreter = Interpreter(model_content=file, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    for detail, values in zip(interpreter.get_input_details(), inputs):
        interpreter.set_tensor(detail["index"], values)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).ravel().astype(int)


def requantize(v, multiplier):
    """MultiplyByQuantizedMultiplier with two roundings: to 31 bits, ties up; by the shift, ties away from zero."""
    fraction, exponent = np.frexp(np.float64(multiplier))
    left, right = max(int(exponent), 0), max(-int(exponent), 0)
    high = ((v.astype(np.int64) << left) * round(float(fraction) * 2**31) + 2**30) >> 31
    return np.sign(high) * ((np.abs(high) + (1 << right >> 1)) >> right)


def model_of_mul(real, s1, z1, s2, z2, so, zo):
    s1, s2, so = (real(np.float32(s)) for s in (s1, s2, so))
    product = (PAIRS_A.astype(int) - z1) * (PAIRS_B.astype(int) - z2)
    return np.clip(requantize(product, s1 * s2 / so) + zo, -128, 127)


def model_of_prelu(real, si, zi, sa, za, so, zo):
    s, a, o = (real(np.float32(x)) for x in (si, sa, so))
    v, alpha = PAIRS_A.astype(int) - zi, PAIRS_B.astype(int) - za
    y = np.where(v >= 0, requantize(v, s / o), requantize(v * alpha, s * a / o))
    return np.clip(y + zo, -128, 127)


def mul(s1, z1, s2, z2, so, zo):
    n = [65536]
    tensors = [tensor(n, s1, z1), tensor(n, s2, z2), tensor(n, so, zo)]
    options = tfl.BuiltinOptions.MulOptions, tfl.MulOptionsT()
    return model(tfl.BuiltinOperator.MUL, 2, tensors, [0, 1], options), PAIRS_A, PAIRS_B


def prelu(si, zi, sa, za, so, zo):
    n = [1, 256, 1, 256]
    tensors = [tensor(n, si, zi), tensor([1, 1, 256], sa, za, buffer=1), tensor(n, so, zo)]
    return model(tfl.BuiltinOperator.PRELU, 1, tensors, [0], data=[CODES]), PAIRS_A.reshape(n)


def compare(name, build, numpy_model, parameters, expected_differences):
    file_and_inputs = build(*parameters)
    micro = tflite_micro(*file_and_inputs)
    reference = litert(OpResolverType.BUILTIN_REF, *file_and_inputs)
    builtin = litert(OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, *file_and_inputs)
    differ = np.flatnonzero(micro != reference)
    print(f"{name}, (scale, zero point) of a, b, output: {parameters}")
    print(f"  TFLM and LiteRT's reference differ in {len(differ)} of {micro.size} pairs of codes, "
          f"by {np.abs(micro - reference).max()} at most")
    for k in differ[:1]:
        print(f"  first: a {PAIRS_A[k]}, b {PAIRS_B[k]}: TFLM {micro[k]}, LiteRT {reference[k]}")
    models = [np.count_nonzero(numpy_model(real, *parameters) != codes)
              for real, codes in ((float, micro), (np.float32, reference))]
    print(f"  codes not as in the numpy model: TFLM {models[0]} (double), LiteRT {models[1]} (float32)")
    others = np.count_nonzero(builtin != reference)
    print(f"  LiteRT's built-in kernels differ from its reference in {others}")
    return len(differ) == expected_differences and models == [0, 0] and others == 0


print(", ".join(f"{p} {version(p)}" for p in ("ai-edge-litert", "tflite-micro", "numpy")))
as_described = [
    compare("MUL", mul, model_of_mul, (0.02734375, -120, 1.75, -95, 0.171875, -38), 64),
    compare("MUL", mul, model_of_mul, (0.15, 3, 0.25, -7, 0.05, -11), 436),
    compare("PRELU", prelu, model_of_prelu, (0.25, 20, 0.15, -10, 0.1, 5), 6374),
]
print("as described" if all(as_described) else "NO LONGER as described")
sys.exit(not all(as_described))
PYTHON
