#!/usr/bin/env python3
"""Writes ops.txt: files of one int8 operator each, with inputs and what TensorFlow Lite computes.

usage: make_ops_golden.py    needs tflite-micro, ai-edge-litert 2.3.0, flatbuffers and numpy

A line: operator, who computed (both: TFLite Micro and LiteRT's reference kernels, which agree; tflm or
litert: one alone), the file, its inputs back to back and its outputs back to back, all in hex.
"""
import pathlib

import flatbuffers
import numpy as np
import tflite_micro
from ai_edge_litert import schema_py_generated as s
from ai_edge_litert.interpreter import Interpreter, OpResolverType

rng = np.random.default_rng(20261130)
PARAMS = [(0.05, 3), (0.0123, -128), (0.3, 127), (2.0**-4, 0), (1.7, -57)]


def params(i):
    return PARAMS[i % len(PARAMS)]


class Value:
    """An int8 value with scale and zero point, one of another type without, or a constant."""

    def __init__(self, shape, quantization=None, data=None, dtype=np.int32):
        self.shape, self.quantization, self.data = list(shape), quantization, data
        self.dtype = np.dtype(np.int8 if quantization else dtype)


def ints(values):
    data = np.array(values, np.int32)
    return Value(data.shape, None, data)


def model(name, version, options, operands, outputs):
    builder = flatbuffers.Builder(1024)
    code, op, graph, result = s.OperatorCodeT(), s.OperatorT(), s.SubGraphT(), s.ModelT()
    code.builtinCode = getattr(s.BuiltinOperator, name)
    code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), version
    result.buffers, graph.tensors = [s.BufferT()], []
    for value in operands + outputs:
        t = s.TensorT()
        t.shape, t.buffer = value.shape, len(result.buffers)
        t.type = getattr(s.TensorType, value.dtype.name.upper())
        if value.quantization:
            t.quantization = s.QuantizationParametersT()
            scale, zero = value.quantization
            t.quantization.scale, t.quantization.zeroPoint = [scale], [zero]
        buffer = s.BufferT()
        if value.data is not None:
            buffer.data = np.frombuffer(value.data.tobytes(), np.uint8)
        result.buffers.append(buffer)
        graph.tensors.append(t)
    op.opcodeIndex, op.inputs = 0, list(range(len(operands)))
    op.outputs = list(range(len(operands), len(operands) + len(outputs)))
    if options is not None:
        table = type(options).__name__[:-1]
        op.builtinOptionsType, op.builtinOptions = getattr(s.BuiltinOptions, table), options
    graph.inputs = [i for i, v in enumerate(operands) if v.data is None]
    graph.outputs, graph.operators = op.outputs, [op]
    result.version, result.operatorCodes, result.subgraphs = 3, [code], [graph]
    builder.Finish(result.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def options(table, **fields):
    result = getattr(s, table + "T")()
    for name, value in fields.items():
        assert hasattr(result, name), (table, name)
        setattr(result, name, value)
    return result


def reference(content, inputs):
    interpreter = Interpreter(model_content=content,
                              experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    for detail, value in zip(interpreter.get_input_details(), inputs):
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]).copy() for d in interpreter.get_output_details()]


def micro(content, inputs, outputs):
    interpreter = tflite_micro.runtime.Interpreter.from_bytes(content, arena_size=1 << 18)
    for i, value in enumerate(inputs):
        interpreter.set_input(value, i)
    interpreter.invoke()
    return [interpreter.get_output(i).copy() for i in range(outputs)]


def drawn(value):
    if value.dtype == np.float32:
        # Beyond the ends of the integers, too.
        return (rng.normal(0, 3, value.shape) * 10.0 ** rng.integers(-1, 20, value.shape)).astype(np.float32)
    ends = np.iinfo(value.dtype)
    return rng.integers(ends.min, ends.max, value.shape, endpoint=True).astype(value.dtype)


lines = ["# Written by tests/golden/make_ops_golden.py; do not edit."]


def case(name, version, table, operands, outputs, by="both"):
    content = model(name, version, table, operands, outputs)
    inputs = [drawn(v) for v in operands if v.data is None]
    y = reference(content, inputs) if by != "tflm" else micro(content, inputs, len(outputs))
    if by == "both":
        for a, b in zip(y, micro(content, inputs, len(y)), strict=True):
            assert np.array_equal(a, b), (name, np.argwhere(a != b)[:3], a.ravel(), b.ravel())

    def text(arrays):
        return b"".join(a.tobytes() for a in arrays).hex()

    lines.append(f"{name} {by} {content.hex()} {text(inputs)} {text(y)}")


def reductions():
    for i, (shape, axes, keep) in enumerate([([1, 5, 4, 18], [1, 2], False), ([2, 3, 7], [-1], True),
                                             ([1, 4, 3, 5], [3, 1], True), ([3, 40], [0], False),
                                             ([1, 6, 5, 3], [2, 1], False)]):
        kept = [1 if d in axes or d - len(shape) in axes else n for d, n in enumerate(shape)]
        out = kept if keep else [n for d, n in enumerate(shape)
                                 if d not in axes and d - len(shape) not in axes]
        table = options("ReducerOptions", keepDims=keep)
        p = params(i)
        for name in ("REDUCE_MAX", "REDUCE_MIN"):
            case(name, 2, table, [Value(shape, p), ints(axes)], [Value(out, p)],
                 by="both" if name == "REDUCE_MAX" else "litert")
        # LiteRT's reference kernel gives constants here.
        for ratio in (0.9, 2.7, 11.3):
            case("SUM", 2, table, [Value(shape, p), ints(axes)],
                 [Value(out, (float(np.float32(p[0] * ratio)), params(i + 1)[1]))], by="tflm")


def tiles():
    p = params(0)
    for shape, times in (([1, 2, 3, 4], [1, 3, 2, 1]), ([2, 3], [2, 5]), ([1, 3, 1, 5], [1, 1, 4, 3])):
        out = [a * b for a, b in zip(shape, times)]
        case("TILE", 2, options("TileOptions"), [Value(shape, p), ints(times)], [Value(out, p)],
             by="litert")
    for shape, to in (([1, 1, 1, 6], [1, 4, 5, 6]), ([3, 1], [2, 3, 4]), ([1, 5, 1, 1], [1, 5, 3, 2])):
        case("BROADCAST_TO", 3, options("BroadcastToOptions"), [Value(shape, p), ints(to)],
             [Value(to, p)])


def gathers():
    p = params(1)
    for shape, index, axis, dims in (([1, 3, 4, 8], [0, 4, 1, 5, 2, 6, 3, 7], 3, 0),
                                     ([1, 6, 5], [5, 4, 0, 1, 2], 1, 0),
                                     ([2, 3, 4], [[1, 2], [0, 0], [3, 1]], -1, 0),
                                     ([2, 5, 3], [[4, 0, 1], [2, 3, 2]], 1, 1),
                                     ([4, 7], 2, 0, 0)):
        where = np.array(index)
        at = axis % len(shape)
        out = shape[:at] + list(where.shape[dims:]) + shape[at + 1:]
        case("GATHER", 5, options("GatherOptions", axis=axis, batchDims=dims),
             [Value(shape, p), ints(index)], [Value(out, p)])


def args():
    for i, (shape, axis) in enumerate([([1, 5, 6, 7], 3), ([1, 5, 6, 7], 1), ([3, 40], -1)]):
        out = [n for d, n in enumerate(shape) if d != axis % len(shape)]
        for name, table in (("ARG_MAX", "ArgMaxOptions"), ("ARG_MIN", "ArgMinOptions")):
            case(name, 2, options(table, outputType=s.TensorType.INT32),
                 [Value(shape, params(i)), ints(axis)], [Value(out)])


def mirrors():
    p = params(2)
    for shape, pads, mode in (([1, 4, 5, 3], [[0, 0], [2, 3], [1, 0], [0, 0]], 0),
                              ([1, 4, 5, 3], [[0, 0], [4, 1], [2, 5], [3, 0]], 1),
                              ([2, 6], [[1, 0], [5, 2]], 0)):
        out = [n + a + b for n, (a, b) in zip(shape, pads)]
        case("MIRROR_PAD", 2, options("MirrorPadOptions", mode=mode), [Value(shape, p), ints(pads)],
             [Value(out, p)])


def norms():
    for i, shape in enumerate([[4, 16], [1, 3, 2, 5], [2, 200], [1, 1]]):
        case("L2_NORMALIZATION", 2, options("L2NormOptions"), [Value(shape, params(i))],
             [Value(shape, (1 / 128, 0))])


def slices():
    p = params(3)
    for shape, begin, size in (([1, 8, 7, 6], [0, 2, 0, 3], [1, 4, -1, 3]), ([2, 9], [1, 4], [-1, 5]),
                               ([1, 2, 3, 4, 5], [0, 1, 0, 2, 1], [1, 1, 2, -1, 3])):
        out = [n - b if k == -1 else k for n, b, k in zip(shape, begin, size)]
        case("SLICE", 5, options("SliceOptions"), [Value(shape, p), ints(begin), ints(size)],
             [Value(out, p)])


def packs():
    p = params(4)
    for shape, count, axis in (([2, 3, 4], 3, 1), ([2, 3], 2, -1), ([5], 4, 0)):
        out = list(shape)
        out.insert(axis % (len(shape) + 1), count)
        parts = [Value(shape, p) for _ in range(count)]
        case("PACK", 2, options("PackOptions", valuesCount=count, axis=axis), parts, [Value(out, p)])
        case("UNPACK", 2, options("UnpackOptions", num=count, axis=axis), [Value(out, p)], parts)


def blocks():
    p = params(0)
    for n, h, w, c, block in ((1, 3, 4, 3, 2), (2, 2, 1, 5, 3), (1, 2, 3, 1, 4)):
        deep, wide = [n, h, w, c * block * block], [n, h * block, w * block, c]
        case("DEPTH_TO_SPACE", 1, options("DepthToSpaceOptions", blockSize=block), [Value(deep, p)],
             [Value(wide, p)])
        case("SPACE_TO_DEPTH", 2, options("SpaceToDepthOptions", blockSize=block), [Value(wide, p)],
             [Value(deep, p)])


def batches():
    for i, (shape, block, pads) in enumerate([([1, 4, 6, 3], [2, 3], [[0, 0], [0, 0]]),
                                              ([2, 5, 3, 4], [3, 2], [[2, 2], [0, 1]]),
                                              ([1, 9, 5], [4], [[5, 2]]),
                                              ([1, 2, 2, 1], [4, 1], [[1, 5], [0, 0]])]):
        p = params(i)
        wide = [n + a + b for n, (a, b) in zip(shape[1:], pads)]
        inner = shape[1 + len(block):]
        out = ([shape[0] * int(np.prod(block))] + [n // b for n, b in zip(wide, block)] + inner)
        # TFLite Micro pads with another code than the zero point.
        same = not np.any(pads)
        case("SPACE_TO_BATCH_ND", 3, options("SpaceToBatchNDOptions"),
             [Value(shape, p), ints(block), ints(pads)], [Value(out, p)], by="both" if same else "litert")
        case("BATCH_TO_SPACE_ND", 3, options("BatchToSpaceNDOptions"),
             [Value(out, p), ints(block), ints(pads)], [Value(shape, p)])


def matmuls():
    # Products of scales that float32 would round: LiteRT's multipliers are others then.
    for i, (a, b, out, adj_x, adj_y) in enumerate([
            ([2, 3, 5], [2, 5, 4], [2, 3, 4], False, False), ([3, 6, 5], [3, 7, 6], [3, 5, 7], True, True),
            ([1, 2, 3, 20], [2, 1, 20, 4], [2, 2, 3, 4], False, False),
            ([9, 33], [4, 33], [9, 4], False, True), ([2, 1, 8], [8, 1], [2, 1, 1], False, False)]):
        p, q = params(i), params(i + 1)
        case("BATCH_MATMUL", 2, options("BatchMatMulOptions", adjX=adj_x, adjY=adj_y),
             [Value(a, p), Value(b, q)],
             [Value(out, (float(np.float32(p[0] * q[0] * 300)), params(i + 2)[1]))])


def softmaxes():
    for depth, scale in ((4096, 0.06), (6625, 0.12), (9000, 0.3)):
        case("SOFTMAX", 2, options("SoftmaxOptions", beta=1.0), [Value([1, depth], (scale, 5))],
             [Value([1, depth], (1 / 256, -128))])


def integers():
    for name, table in (("ARG_MAX", "ArgMaxOptions"), ("ARG_MIN", "ArgMinOptions")):
        for x, y in ((np.int8, np.int64), (np.float32, np.int32), (np.float32, np.int64)):
            p = params(0) if x == np.int8 else None
            for shape, axis in (([1, 5, 6, 7], 3), ([1, 5, 6, 7], 1)):
                out = [n for d, n in enumerate(shape) if d != axis]
                # TFLite Micro counts in INT32.
                case(name, 2, options(table, outputType=getattr(s.TensorType, np.dtype(y).name.upper())),
                     [Value(shape, p, dtype=x), ints(axis)], [Value(out, dtype=y)],
                     by="both" if y == np.int32 else "litert")
    types = np.int8, np.uint8, np.int16, np.int32, np.int64, np.float32
    for x in types:
        for y in types:
            case("CAST", 1, options("CastOptions"), [Value([1, 40], dtype=x)], [Value([1, 40], dtype=y)],
                 by="litert")


for group in (reductions, tiles, gathers, args, mirrors, norms, slices, packs, blocks, batches,
              matmuls, softmaxes, integers):
    group()
(pathlib.Path(__file__).parent / "ops.txt").write_text("\n".join(lines) + "\n")
