#!/usr/bin/env bash
# int8 TRANSPOSE_CONV in LiteRT: whether its output shape is a constant decides how its codes are rounded.
#
# Expected: the shape operand says how large the result is. A file whose shape is a constant and one that computes the
# same shape (every Keras network with an open batch does: SHAPE, STRIDED_SLICE, PACK) give the same codes.
# Happens: with a constant shape XNNPACK takes the node (also without a bias, with which alone it takes a CONV_2D) and
# requantizes by one float32 product, ties to even. With a shape that is not constant LiteRT's own kernel runs, which
# rounds twice; and there the second rounding has its ties up in the channels that vectors of eight hold and away from
# zero in the rest. Where scales are powers of two an eighth of the codes differ by one; otherwise rare ones do, and a
# network that is exported with another batch dimension no longer has the accuracy to the digit.
#
# Versions: ai-edge-litert 2.3.0, numpy 2.4.6; Python 3.11, x86-64.
# Printed:
#   ai-edge-litert 2.3.0, numpy 2.4.6
#   TRANSPOSE_CONV 3x3, stride 2, 4 to 10 channels, no bias, output scale 4 times the product of the others
#   constant shape: 0 of 1000 codes are not those of one float32 product, ties to even
#   shape as an input: 0 of 1000 codes are not those of two roundings, ties up in channels 0 to 7, away in 8 and 9
#   the two differ in 128 codes
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

CHANNELS, SIZE, OUT, SCALES = 10, 5, 10, (0.5, 0.25, 0.5)  # of input, weights and output: a factor of 1/4
rng = np.random.default_rng(3)
weights = rng.integers(-9, 10, (CHANNELS, 3, 3, 4)).astype(np.int8)
image = rng.integers(-128, 128, (1, SIZE, SIZE, 4)).astype(np.int8)
shape = np.array([1, OUT, OUT, CHANNELS], np.int32)


def file_of(constant_shape):
    """A TFLite file of the operator; the shape is a constant or an input."""
    m, graph, op, code = tfl.ModelT(), tfl.SubGraphT(), tfl.OperatorT(), tfl.OperatorCodeT()
    m.buffers, graph.tensors = [tfl.BufferT()], []

    def tensor(kind, dims, scale=None, axis=0, data=None):
        t = tfl.TensorT()
        t.shape, t.type, t.name, t.buffer = list(dims), kind, b"t", len(m.buffers)
        if scale is not None:
            t.quantization = tfl.QuantizationParametersT()
            t.quantization.scale, t.quantization.zeroPoint = [scale], [0]
            t.quantization.quantizedDimension = axis
        buffer = tfl.BufferT()
        if data is not None:
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
        m.buffers.append(buffer)
        graph.tensors.append(t)

    tensor(tfl.TensorType.INT32, [4], data=shape if constant_shape else None)
    tensor(tfl.TensorType.INT8, weights.shape, SCALES[1], data=weights)
    tensor(tfl.TensorType.INT8, image.shape, SCALES[0])
    tensor(tfl.TensorType.INT8, shape, SCALES[2])
    code.builtinCode = code.deprecatedBuiltinCode = tfl.BuiltinOperator.TRANSPOSE_CONV
    code.version = 2
    op.inputs, op.outputs = [0, 1, 2], [3]
    op.builtinOptionsType = tfl.BuiltinOptions.TransposeConvOptions
    op.builtinOptions = tfl.TransposeConvOptionsT()
    op.builtinOptions.padding, op.builtinOptions.strideH, op.builtinOptions.strideW = tfl.Padding.SAME, 2, 2
    graph.inputs, graph.outputs, graph.operators = ([2] if constant_shape else [0, 2]), [3], [op]
    m.version, m.operatorCodes, m.subgraphs = 3, [code], [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(m.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run(constant_shape):
    interpreter = Interpreter(model_content=file_of(constant_shape))
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        value = shape if detail["dtype"] == np.int32 else image
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0].astype(int)


def sums():
    """What the codes are rounded from: pixel (y, x) and tap (i, j) meet at (2 y + i, 2 x + j)."""
    acc = np.zeros((2 * SIZE + 1, 2 * SIZE + 1, CHANNELS), int)
    for y in range(SIZE):
        for x in range(SIZE):
            for i in range(3):
                for j in range(3):
                    acc[2 * y + i, 2 * x + j] += weights[:, i, j].astype(int) @ image[0, y, x].astype(int)
    return acc[:OUT, :OUT]  # SAME: one row and one column more than fit, at the end


def clamped(v):
    return np.clip(v, -128, 127).astype(int)


acc = sums()
by_float = clamped(np.rint(acc / 4))
half = (acc + 1) >> 1  # the first rounding, of acc / 2; the second halves again
up, away = (half + 1) >> 1, np.where(half >= 0, (half + 1) >> 1, -((1 - half) >> 1))
by_integers = clamped(np.concatenate([up[..., :8], away[..., 8:]], -1))
constant, computed = run(True), run(False)
print(", ".join(f"{p} {version(p)}" for p in ("ai-edge-litert", "numpy")))
print("TRANSPOSE_CONV 3x3, stride 2, 4 to 10 channels, no bias, output scale 4 times the product of the others")
first, second = int((constant != by_float).sum()), int((computed != by_integers).sum())
differ = int((constant != computed).sum())
print(f"constant shape: {first} of {acc.size} codes are not those of one float32 product, ties to even")
print(f"shape as an input: {second} of {acc.size} codes are not those of two roundings, "
      "ties up in channels 0 to 7, away in 8 and 9")
print(f"the two differ in {differ} codes")
described = first == 0 and second == 0 and differ > 0
print("as described" if described else "no longer as described")
sys.exit(not described)
PYTHON
