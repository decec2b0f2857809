#!/usr/bin/env python3
"""Writes recurrent.txt: small models of the operators that only TensorFlow Lite's files have, with the
bytes that TFLite Micro computes step by step (rounding twice).

usage: make_recurrent_golden.py    needs tflite-micro 0.dev20261023182759, ai-edge-litert 2.3.0,
                                   flatbuffers and numpy

A line: name, model, then input and output of each step in turn, all in hex.
"""
import pathlib

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as s
from tflite_micro.python.tflite_micro import runtime

TYPES = {np.dtype(np.int8): s.TensorType.INT8, np.dtype(np.int16): s.TensorType.INT16,
         np.dtype(np.int32): s.TensorType.INT32, np.dtype(np.float32): s.TensorType.FLOAT32}
rng = np.random.default_rng(2026)


class Model:
    """One operator."""

    def __init__(self):
        self.graph, self.buffers = s.SubGraphT(), [s.BufferT()]
        self.graph.tensors, self.graph.operators = [], []

    def tensor(self, dtype, shape, scale=None, zero=0, data=None, variable=False):
        t = s.TensorT()
        t.shape, t.type, t.buffer = list(shape), TYPES[np.dtype(dtype)], 0
        t.isVariable = variable
        if scale is not None:
            t.quantization = s.QuantizationParametersT()
            t.quantization.scale, t.quantization.zeroPoint = [float(np.float32(scale))], [zero]
        if data is not None:
            t.buffer = len(self.buffers)
            self.buffers.append(s.BufferT())
            self.buffers[-1].data = np.frombuffer(data.astype(dtype).tobytes(), np.uint8)
        self.graph.tensors.append(t)
        return len(self.graph.tensors) - 1

    def weights(self, shape, scale, dtype=np.int8, least=-127, most=127):
        return self.tensor(dtype, shape, scale, 0, rng.integers(least, most, shape, endpoint=True))

    def bias(self, n, most=3000):
        return self.tensor(np.int32, [n], 1e-3, 0, rng.integers(-most, most, n))

    def bytes(self, name, version, inputs, outputs, options=(0, None), intermediates=()):
        code, op, result = s.OperatorCodeT(), s.OperatorT(), s.ModelT()
        code.builtinCode = getattr(s.BuiltinOperator, name)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), version
        op.opcodeIndex, op.inputs, op.outputs = 0, inputs, outputs
        op.builtinOptionsType, op.builtinOptions = options
        self.graph.operators = [op]
        made = [i for i in inputs if i >= 0 and self.graph.tensors[i].buffer == 0
                and not self.graph.tensors[i].isVariable]
        self.graph.inputs, self.graph.outputs = made, outputs
        result.version, result.operatorCodes, result.subgraphs = 3, [code], [self.graph]
        result.buffers = self.buffers
        builder = flatbuffers.Builder(1024)
        builder.Finish(result.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def lstm(batch, times, features, units, time_major, clip, cell_power, gain=1.0):
    m = Model()
    dims = [times, batch] if time_major else [batch, times]
    s_in, z_in, s_out, z_out = 0.02, 3, 1 / 127, -5
    x = m.tensor(np.int8, dims + [features], s_in, z_in)
    w = [m.weights([units, features], gain * (0.004 + 0.001 * i)) for i in range(4)]
    r = [m.weights([units, units], gain * (0.003 + 0.001 * i)) for i in range(4)]
    b = [m.bias(units) for _ in range(4)]
    hidden = m.tensor(np.int8, [batch, units], s_out, z_out, variable=True)
    cell = m.tensor(np.int16, [batch, units], 2.0**cell_power, 0, variable=True)
    y = m.tensor(np.int8, dims + [units], s_out, z_out)
    o = s.UnidirectionalSequenceLSTMOptionsT()
    o.fusedActivationFunction, o.cellClip, o.timeMajor = 4, clip, time_major
    inputs = [x, *w, *r, -1, -1, -1, *b, -1, -1, hidden, cell, -1, -1, -1, -1]
    return m.bytes("UNIDIRECTIONAL_SEQUENCE_LSTM", 3, inputs, [y],
                   (s.BuiltinOptions.UnidirectionalSequenceLSTMOptions, o))


def svdf(batch, features, units, rank, memory, wide, s_state, s_out, z_out):
    m = Model()
    dtype, most = (np.int16, 32767) if wide else (np.int8, 127)
    s_time = 0.9 / most
    x = m.tensor(np.int8, [batch, features], 0.05, -7)
    w = m.weights([units * rank, features], 0.01)
    t = m.weights([units * rank, memory], s_time, dtype, -most // memory, most // memory)
    b = m.tensor(np.int32, [units], s_state * s_time, 0,
                 rng.integers(-1000, 1000, units) * (100 if wide else 1))
    state = m.tensor(dtype, [batch, memory * units * rank], s_state, 0, variable=True)
    y = m.tensor(np.int8, [batch, units], s_out, z_out)
    o = s.SVDFOptionsT()
    o.rank, o.fusedActivationFunction = rank, 1
    return m.bytes("SVDF", 3 if wide else 4, [x, w, t, b, state], [y],
                   (s.BuiltinOptions.SVDFOptions, o))


def unary(name, version, shape, x, y, options=(0, None)):
    """x and y: type, scale, zero point."""
    m = Model()
    a = m.tensor(x[0], shape, *x[1:])
    return m.bytes(name, version, [a], [m.tensor(y[0], shape, *y[1:])], options)


def squared_difference(a, b, x, y, out):
    """Shapes, then scale and zero point of each."""
    m = Model()
    t = m.tensor(np.int8, a, *x), m.tensor(np.int8, b, *y)
    shape = np.broadcast_shapes(tuple(a), tuple(b))
    return m.bytes("SQUARED_DIFFERENCE", 2, list(t), [m.tensor(np.int8, shape, *out)],
                   (s.BuiltinOptions.SquaredDifferenceOptions, s.SquaredDifferenceOptionsT()))


SOFTMAX = s.SoftmaxOptionsT()
SOFTMAX.beta = 1.0
SOFTMAX = s.BuiltinOptions.SoftmaxOptions, SOFTMAX
LOG_SOFTMAX = s.BuiltinOptions.LogSoftmaxOptions, s.LogSoftmaxOptionsT()
QUANTIZE = s.BuiltinOptions.QuantizeOptions, s.QuantizeOptionsT()
i8, i16, i32 = np.int8, np.int16, np.int32

MODELS = {
    "lstm": lstm(1, 5, 6, 4, False, 0.0, -12),
    "lstm_time_major_batch": lstm(2, 3, 5, 3, True, 10.0, -11),
    "lstm_batch_clip": lstm(2, 3, 5, 3, False, 1.5, -15, 3.0),
    "lstm_large": lstm(1, 2, 7, 9, False, 0.0, -9, 12.0),
    "svdf": svdf(1, 6, 4, 2, 5, True, 0.002, 0.05, 10),
    "svdf_batch": svdf(2, 9, 3, 1, 4, True, 0.0001, 0.01, -128),
    "svdf_int8": svdf(1, 6, 4, 2, 5, False, 0.05, 0.05, 0),
    "log_softmax": unary("LOG_SOFTMAX", 2, [4, 10], (i8, 0.1, 3), (i8, 16 / 256, 127), LOG_SOFTMAX),
    "log_softmax_fine": unary("LOG_SOFTMAX", 2, [3, 40], (i8, 0.002, -9), (i8, 16 / 256, 127),
                              LOG_SOFTMAX),
    "log_softmax_coarse": unary("LOG_SOFTMAX", 2, [3, 5], (i8, 2.5, 0), (i8, 16 / 256, 127),
                                LOG_SOFTMAX),
    "squared_difference": squared_difference([2, 3, 4], [2, 3, 4], (0.02, 3), (0.05, -7),
                                             (0.13, -128)),
    "squared_difference_broadcast": squared_difference([1, 4, 4, 5], [1, 1, 1, 5], (0.3, -11),
                                                       (0.1, 20), (9.0, -128)),
    "squared_difference_fine": squared_difference([1, 64], [1, 64], (0.01, 0), (0.012, 5),
                                                  (0.001, 17)),
    "quantize_16_to_8": unary("QUANTIZE", 1, [1, 200], (i16, 0.0007, 0), (i8, 0.09, 11), QUANTIZE),
    "quantize_16_to_16": unary("QUANTIZE", 2, [1, 50], (i16, 0.0007, 0), (i16, 0.0011, 0), QUANTIZE),
    "quantize_8_to_16": unary("QUANTIZE", 1, [1, 50], (i8, 0.07, -5), (i16, 0.0006, 0), QUANTIZE),
    "quantize_16_to_32": unary("QUANTIZE", 1, [1, 50], (i16, 0.3, 0), (i32, 0.0011, 0), QUANTIZE),
    "quantize_floats_to_16": unary("QUANTIZE", 1, [1, 50], (np.float32,), (i16, 0.0007, 0),
                                   QUANTIZE),
    "dequantize_16": unary("DEQUANTIZE", 3, [1, 50], (i16, 0.0007, 0), (np.float32,),
                           (s.BuiltinOptions.DequantizeOptions, s.DequantizeOptionsT())),
    "softmax_16": unary("SOFTMAX", 2, [4, 12], (i8, 0.07, -5), (i16, 1 / 65536, -32768), SOFTMAX),
    "softmax_16_flat": unary("SOFTMAX", 2, [1, 700], (i8, 0.001, -5), (i16, 1 / 65536, -32768),
                             SOFTMAX),
}


def random_values(details):
    shape, dtype = details["shape"], np.dtype(details["dtype"])
    if dtype == np.float32:
        return rng.normal(0, 9, shape).astype(np.float32)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


lines = ["# Written by tests/golden/make_recurrent_golden.py; do not edit."]
for name, content in MODELS.items():
    interpreter = runtime.Interpreter.from_bytes(content)
    words = [name, content.hex()]
    inputs = 2 if name.startswith("squared") else 1
    for _ in range(3):
        given = b""
        for i in range(inputs):
            x = random_values(interpreter.get_input_details(i))
            interpreter.set_input(x, i)
            given += x.tobytes()
        interpreter.invoke()
        words += [given.hex(), interpreter.get_output(0).tobytes().hex()]
    lines.append(" ".join(words))
(pathlib.Path(__file__).parent / "recurrent.txt").write_text("\n".join(lines) + "\n")
