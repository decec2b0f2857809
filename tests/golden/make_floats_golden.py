#!/usr/bin/env python3
"""Writes floats.txt: codes behind islands of floats, DEQUANTIZE - operator - QUANTIZE, of LiteRT's
reference kernels.

usage: make_floats_golden.py    needs ai-edge-litert 2.3.0, tflite-micro 0.dev20261023182759, flatbuffers
                                and numpy

A line: operator, model, input, output, in hex.
"""
import pathlib

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as s
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tflite_micro.python.tflite_micro import runtime

rng = np.random.default_rng(7)


def option(name, **fields):
    table = getattr(s, name + "T")()
    for key, value in fields.items():
        setattr(table, key, value)
    return getattr(s.BuiltinOptions, name), table


NONE = 0, None
# operator: version, options, second operand (None, or floats or integers), shape, scale, output scale
UNARY, ROWS = [1, 16, 16], [1, 16, 16]
OPS = {
    "ABS": (1, option("AbsOptions"), None, UNARY, 0.05, 0.04),
    "NEG": (1, option("NegOptions"), None, UNARY, 0.05, 0.04),
    "FLOOR": (1, NONE, None, UNARY, 0.05, 0.04),
    "CEIL": (1, NONE, None, UNARY, 0.05, 0.04),
    "ROUND": (1, NONE, None, UNARY, 0.05, 0.04),
    "SQUARE": (1, option("SquareOptions"), None, UNARY, 0.05, 0.1),
    "SQRT": (1, NONE, None, UNARY, 0.05, 0.015),
    "RSQRT": (1, NONE, None, UNARY, 0.05, 0.02),
    "LOG": (1, NONE, None, UNARY, 0.05, 0.03),
    "EXP": (1, option("ExpOptions"), None, UNARY, 0.03, 0.06),
    "LOGISTIC": (1, NONE, None, UNARY, 0.05, 0.004),
    "TANH": (1, NONE, None, UNARY, 0.03, 0.008),
    "ELU": (1, NONE, None, UNARY, 0.04, 0.03),
    "GELU": (1, option("GeluOptions", approximate=False), None, UNARY, 0.04, 0.03),
    "GELU approximate": (1, option("GeluOptions", approximate=True), None, UNARY, 0.04, 0.03),
    "HARD_SWISH": (1, option("HardSwishOptions"), None, UNARY, 0.05, 0.03),
    "LEAKY_RELU": (1, option("LeakyReluOptions", alpha=0.13), None, UNARY, 0.05, 0.04),
    "RELU6": (1, NONE, None, UNARY, 0.05, 0.025),
    "SOFTMAX": (1, option("SoftmaxOptions", beta=1.3), None, ROWS, 0.03, 0.002),
    "LOG_SOFTMAX": (1, option("LogSoftmaxOptions"), None, ROWS, 0.05, 0.07),
    "MEAN": (1, option("ReducerOptions", keepDims=True), np.array([1], np.int32), ROWS, 0.05, 0.02),
    "ADD": (1, option("AddOptions"), rng.normal(0, 2, 16).astype(np.float32), ROWS, 0.05, 0.06),
    "SUB": (1, option("SubOptions"), rng.normal(0, 2, 16).astype(np.float32), ROWS, 0.05, 0.06),
    "MUL": (1, option("MulOptions"), rng.normal(0, 1, 16).astype(np.float32), ROWS, 0.05, 0.06),
    "DIV": (1, option("DivOptions"), rng.uniform(1, 3, 16).astype(np.float32), ROWS, 0.05, 0.04),
    "POW": (1, option("PowOptions"), rng.uniform(-1, 2, 16).astype(np.float32), ROWS, 0.02, 0.04),
    "SQUARED_DIFFERENCE": (1, option("SquaredDifferenceOptions"),
                           rng.normal(0, 1, 16).astype(np.float32), ROWS, 0.03, 0.1),
    "PRELU": (1, NONE, rng.normal(0, 1, 16).astype(np.float32), ROWS, 0.05, 0.05),
}
POSITIVE = {"SQRT", "RSQRT", "LOG", "POW"}  # of codes above the zero point


def model(name, version, options, second, shape, params, params_out):
    graph, result = s.SubGraphT(), s.ModelT()
    graph.tensors, graph.operators, result.operatorCodes = [], [], []
    result.buffers = [s.BufferT()]

    def tensor(kind, dims, q=None, data=None):
        t = s.TensorT()
        t.shape, t.type, t.buffer = list(dims), kind, 0
        if q:
            t.quantization = s.QuantizationParametersT()
            t.quantization.scale, t.quantization.zeroPoint = [q[0]], [q[1]]
        if data is not None:
            t.buffer = len(result.buffers)
            result.buffers.append(s.BufferT())
            result.buffers[-1].data = np.frombuffer(data.tobytes(), np.uint8)
        graph.tensors.append(t)
        return len(graph.tensors) - 1

    def op(kind, version, options, inputs, output):
        code, o = s.OperatorCodeT(), s.OperatorT()
        code.builtinCode = getattr(s.BuiltinOperator, kind)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), version
        o.opcodeIndex, o.inputs, o.outputs = len(result.operatorCodes), inputs, [output]
        o.builtinOptionsType, o.builtinOptions = options
        result.operatorCodes.append(code)
        graph.operators.append(o)

    f32, i8 = s.TensorType.FLOAT32, s.TensorType.INT8
    after = shape[:1] + [1] + shape[2:] if name == "MEAN" else shape
    q, x, y, z = tensor(i8, shape, params), tensor(f32, shape), tensor(f32, after), tensor(
        i8, after, params_out)
    inputs = [x]
    if second is not None:
        kind = s.TensorType.INT32 if second.dtype == np.int32 else f32
        inputs.append(tensor(kind, second.shape, None, second))
    op("DEQUANTIZE", 2, option("DequantizeOptions"), [q], x)
    op(name, version, options, inputs, y)
    op("QUANTIZE", 1, option("QuantizeOptions"), [y], z)
    graph.inputs, graph.outputs = [q], [z]
    result.version, result.subgraphs = 3, [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(result.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run(content, x):
    """By the reference kernels, or where they lack an operator by TFLite Micro, or by the built-in ones
    (whose DEQUANTIZE rounds otherwise)."""
    def litert(kernels):
        interpreter = Interpreter(model_content=content, experimental_op_resolver_type=kernels)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
        interpreter.invoke()
        return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])

    def micro():
        interpreter = runtime.Interpreter.from_bytes(content)
        interpreter.set_input(x, 0)
        interpreter.invoke()
        return interpreter.get_output(0)

    for way in (lambda: litert(OpResolverType.BUILTIN_REF), micro,
                lambda: litert(OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)):
        try:
            return way()
        except (ValueError, RuntimeError) as e:
            error = e
    raise error


lines = ["# Written by tests/golden/make_floats_golden.py; do not edit."]
for name, (version, options, second, shape, scale, scale_out) in OPS.items():
    for i, factor in enumerate((1.0, 0.43, 1.9)):
        zero, zero_out = (-3, 20, -77)[i], (5, -60, -9)[i]
        if name in POSITIVE:
            zero, zero_out = -128, -128 if name != "LOG" else 0
        params = float(np.float32(scale * factor)), zero
        content = model(name.split()[0], version, options, second, shape, params,
                        (float(np.float32(scale_out * factor)), zero_out))
        x = np.arange(-128, 128)
        if name in POSITIVE:
            x = np.maximum(x, -127)
        x = rng.permutation(x).astype(np.int8).reshape(shape)
        y = run(content, x)
        lines.append(f"{name.split()[0]} {content.hex()} {x.tobytes().hex()} {y.tobytes().hex()}")
(pathlib.Path(__file__).parent / "floats.txt").write_text("\n".join(lines) + "\n")
