#!/usr/bin/env bash
# int8 MUL of a value by itself in LiteRT: whether somebody else reads the value decides how the square is rounded.
#
# Expected: a node's result does not depend on who else reads its operand; a tensor that is made an output, to look at
# it, leaves the others as they are.
# Happens: where the operand comes from a function of one code (here QUANTIZE) and MUL is its only reader, XNNPACK, the
# default, rounds the square's ties to even. With the operand as a second output of the graph ties go up. Scales are
# powers of two, so that every square is exact: all codes that differ are ties.
#
# Versions: ai-edge-litert 2.3.0, numpy 2.4.6; Python 3.11, x86-64.
# Printed:
#   ai-edge-litert 2.3.0, numpy 2.4.6
#   QUANTIZE (scale 1/16 to 1/4), MUL of the result by itself (to scale 1/2), all 256 codes
#   MUL its only reader: 0 codes are not those of ties to even
#   the operand an output, too: 0 codes are not those of ties up
#   the two differ in 64 codes
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
from ai_edge_litert.interpreter import Interpreter

SCALES, ZEROS = (1 / 16, 1 / 4, 1 / 2), (-4, -4, -19)  # of the input, what QUANTIZE makes, its square
NODES = ((tfl.BuiltinOperator.QUANTIZE, [0], [1]), (tfl.BuiltinOperator.MUL, [1, 1], [2]))
codes = np.arange(-128, 128).astype(np.int8)[None]


def file_of(outputs):
    model, graph = tfl.ModelT(), tfl.SubGraphT()
    graph.tensors, graph.operators, model.operatorCodes = [], [], []
    for name, scale, zero in zip((b"input", b"operand", b"square"), SCALES, ZEROS):
        t = tfl.TensorT()
        t.shape, t.type, t.name, t.buffer = [1, 256], tfl.TensorType.INT8, name, 0
        t.quantization = tfl.QuantizationParametersT()
        t.quantization.scale, t.quantization.zeroPoint = [scale], [zero]
        graph.tensors.append(t)
    for number, (kind, inputs, results) in enumerate(NODES):
        code, op = tfl.OperatorCodeT(), tfl.OperatorT()
        code.builtinCode = code.deprecatedBuiltinCode = kind
        code.version = 2
        op.opcodeIndex, op.inputs, op.outputs = number, inputs, results
        if kind == tfl.BuiltinOperator.MUL:
            op.builtinOptionsType, op.builtinOptions = tfl.BuiltinOptions.MulOptions, tfl.MulOptionsT()
        model.operatorCodes.append(code)
        graph.operators.append(op)
    graph.inputs, graph.outputs = [0], outputs
    model.version, model.subgraphs, model.buffers = 3, [graph], [tfl.BufferT()]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run(outputs):
    interpreter = Interpreter(model_content=file_of(outputs))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], codes)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0].astype(int)


operand = (codes[0].astype(int) - ZEROS[0]) / 4  # of XNNPACK's QUANTIZE ties go up
operand = np.clip(np.floor(operand + 0.5) + ZEROS[1], -128, 127) - ZEROS[1]
square = operand**2 * SCALES[1] ** 2 / SCALES[2]
even = np.clip(np.rint(square) + ZEROS[2], -128, 127).astype(int)
up = np.clip(np.floor(square + 0.5) + ZEROS[2], -128, 127).astype(int)
alone, read = run([2]), run([2, 1])
print(", ".join(f"{p} {version(p)}" for p in ("ai-edge-litert", "numpy")))
print("QUANTIZE (scale 1/16 to 1/4), MUL of the result by itself (to scale 1/2), all 256 codes")
first, second, differ = (int((a != b).sum()) for a, b in ((alone, even), (read, up), (alone, read)))
print(f"MUL its only reader: {first} codes are not those of ties to even")
print(f"the operand an output, too: {second} codes are not those of ties up")
print(f"the two differ in {differ} codes")
described = first == 0 and second == 0 and differ > 0
print("as described" if described else "no longer as described")
sys.exit(not described)
PYTHON
