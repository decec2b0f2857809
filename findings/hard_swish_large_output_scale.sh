#!/usr/bin/env bash
# int8 HARD_SWISH is one off for every input when the output's scale is more than 512 times the input's.
#
# Expected: |hard_swish(x)| <= |x| <= 255 s_in is then less than half of s_out: every output is the output's
# zero point.
# Happens: TFLite Micro and LiteRT (reference, built-in and default kernels) all give the zero point - 1 where
# the function is negative and the zero point + 1 elsewhere, for x = 0 too (the clamp to int8 hides one of the
# two at a zero point of -128 or 127). No error, no warning, and four implementations agree.
# Why: the last step is gemmlowp's RoundingDivideByPOT on int16, whose assertion allows shifts up to 31. From a
# ratio just over 512 on the shift is 16; its mask (1 << 16) - 1 is -1 as int16, and the comparison that rounds
# is wrong for every value. At exactly 512 (a shift of 15) all is well.
# A converter that fits the scale to the output does not get there; one scale forced on several tensors can.
#
# Versions: ai-edge-litert 2.3.0, tflite-micro 0.dev20261023182759, numpy 2.4.6; Python 3.11, x86-64.
# Printed:
#   ai-edge-litert 2.3.0, tflite-micro 0.dev20261023182759, numpy 2.4.6
#   s_in 0.001, z_in 29, s_out 0.6 (600 times), z_out 110
#     real function: 110 for -128..127
#     TFLM, LiteRT reference, LiteRT built-in, LiteRT default: 109 for -128..28, 111 for 29..127
#   s_in 0.0625, z_in 3, s_out 31.25 (500 times), z_out -7
#     real function: -7 for -128..127
#     TFLM, LiteRT reference, LiteRT built-in, LiteRT default: -7 for -128..127
#   s_in 0.0625, z_in 3, s_out 32.0 (512 times), z_out -7
#     real function: -7 for -128..127
#     TFLM, LiteRT reference, LiteRT built-in, LiteRT default: -7 for -128..127
#   s_in 0.0625, z_in 3, s_out 32.00625 (512.1 times), z_out -7
#     real function: -7 for -128..127
#     TFLM, LiteRT reference, LiteRT built-in, LiteRT default: -6 for -128..-45, -8 for -44..2, -6 for 3..127
#   s_in 0.0625, z_in 3, s_out 64.0 (1024 times), z_out -7
#     real function: -7 for -128..127
#     TFLM, LiteRT reference, LiteRT built-in, LiteRT default: -6 for -128..-45, -8 for -44..2, -6 for 3..127
#   s_in 0.0625, z_in 3, s_out 32.0625 (513 times), z_out -128
#     real function: -128 for -128..127
#     TFLM, LiteRT reference, LiteRT built-in, LiteRT default: -127 for -128..-45, -128 for -44..2, -127 for 3..127
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


def tensor(scale, zero_point):
    t = tfl.TensorT()
    t.shape, t.type, t.name = [CODES.size], tfl.TensorType.INT8, b"t"
    t.quantization = tfl.QuantizationParametersT()
    t.quantization.scale, t.quantization.zeroPoint = [scale], [zero_point]
    return t


def hard_swish_model(s_in, z_in, s_out, z_out):
    """A TFLite file of one HARD_SWISH."""
    code, op, graph, m = tfl.OperatorCodeT(), tfl.OperatorT(), tfl.SubGraphT(), tfl.ModelT()
    code.builtinCode = code.deprecatedBuiltinCode = tfl.BuiltinOperator.HARD_SWISH
    op.inputs, op.outputs = [0], [1]
    op.builtinOptionsType, op.builtinOptions = tfl.BuiltinOptions.HardSwishOptions, tfl.HardSwishOptionsT()
    graph.tensors = [tensor(s_in, z_in), tensor(s_out, z_out)]
    graph.inputs, graph.outputs, graph.operators = [0], [1], [op]
    m.version, m.operatorCodes, m.subgraphs, m.buffers = 3, [code], [graph], [tfl.BufferT()]
    builder = flatbuffers.Builder(1024)
    builder.Finish(m.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def tflite_micro(file):
    interpreter = runtime.Interpreter.from_bytes(file, arena_size=1 << 16)
    interpreter.set_input(CODES, 0)
    interpreter.invoke()
    return interpreter.get_output(0)


def litert(resolver):
    def run(file):
        interpreter = Interpreter(model_content=file, experimental_op_resolver_type=resolver)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], CODES)
        interpreter.invoke()
        return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return run


def real_function(s_in, z_in, s_out, z_out):
    x = (CODES.astype(float) - z_in) * s_in
    y = x * np.clip(x + 3, 0, 6) / 6
    return np.clip(np.rint(y / s_out) + z_out, -128, 127).astype(np.int8)


def text(codes):
    """The output by runs of equal codes: which input codes give it."""
    starts = [0, *(np.flatnonzero(np.diff(codes)) + 1), codes.size]
    return ", ".join(f"{codes[a]} for {CODES[a]}..{CODES[b - 1]}" for a, b in zip(starts, starts[1:]))


RUNTIMES = {
    "TFLM": tflite_micro,
    "LiteRT reference": litert(OpResolverType.BUILTIN_REF),
    "LiteRT built-in": litert(OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES),
    "LiteRT default": litert(OpResolverType.AUTO),
}


def compare(s_in, z_in, s_out, z_out):
    file, right = hard_swish_model(s_in, z_in, s_out, z_out), real_function(s_in, z_in, s_out, z_out)
    negative = (CODES < z_in) & ((CODES.astype(float) - z_in) * s_in > -3)
    one_off = np.clip(np.where(negative, z_out - 1, z_out + 1), -128, 127)
    described = one_off if s_out > 512 * s_in else right
    outputs = {name: run(file) for name, run in RUNTIMES.items()}
    print(f"s_in {s_in}, z_in {z_in}, s_out {s_out} ({s_out / s_in:.6g} times), z_out {z_out}")
    print(f"  real function: {text(right)}")
    by_text = {}
    for name, codes in outputs.items():
        by_text.setdefault(text(codes), []).append(name)
    for codes, names in by_text.items():
        print(f"  {', '.join(names)}: {codes}")
    return all(np.array_equal(codes, described) for codes in outputs.values())


print(", ".join(f"{p} {version(p)}" for p in ("ai-edge-litert", "tflite-micro", "numpy")))
as_described = [compare(0.001, 29, 0.6, 110)]
for ratio in (500, 512, 512.1, 1024):
    as_described.append(compare(0.0625, 3, 0.0625 * ratio, -7))
as_described.append(compare(0.0625, 3, 0.0625 * 513, -128))
print("as described" if all(as_described) else "NO LONGER as described")
sys.exit(not all(as_described))
PYTHON
