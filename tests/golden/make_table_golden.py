#!/usr/bin/env python3
"""Writes tables.txt: the 256 output codes of int8 ops that are tables, from TensorFlow Lite's kernels.

usage: make_table_golden.py    needs ai-edge-litert 2.3.0, flatbuffers and numpy

A line: operator, 1 for the approximate GELU, scale and zero point of input and output, codes in hex.
"""
import pathlib

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as s
from ai_edge_litert.interpreter import Interpreter, OpResolverType

# Its reference resolver has no int8 ELU.
KERNELS = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES


def gelu(approximate):
    options = s.GeluOptionsT()
    options.approximate = approximate
    return s.BuiltinOptions.GeluOptions, options


# operator: version, options, output scale as a multiple of the input's
OPS = {
    "ABS": (2, (s.BuiltinOptions.AbsOptions, s.AbsOptionsT()), 0.7),
    "EXP": (2, (s.BuiltinOptions.ExpOptions, s.ExpOptionsT()), 3.0),
    "LOG": (2, (0, None), 0.05),
    "SQRT": (1, (0, None), 0.06),
    "RELU_N1_TO_1": (1, (0, None), 0.7),
    "RELU_0_TO_1": (1, (0, None), 0.4),
    "RSQRT": (2, (0, None), 0.31),
    "ELU": (1, (0, None), 0.8),
    "GELU": (2, gelu(False), 0.55),
    "GELU approximate": (2, gelu(True), 0.55),
}
SCALES = (2.0**-9, 0.0123, 0.05, 0.125, 0.3, 1.7)
ZEROS = (0, -128, 3, 127, -57, 90)


def model(name, version, options, params):
    def tensor(scale, zero, buffer):
        t = s.TensorT()
        t.shape, t.type, t.buffer = [1, 256], s.TensorType.INT8, buffer
        t.quantization = s.QuantizationParametersT()
        t.quantization.scale, t.quantization.zeroPoint = [scale], [zero]
        return t

    code, op, graph, result = s.OperatorCodeT(), s.OperatorT(), s.SubGraphT(), s.ModelT()
    code.builtinCode = getattr(s.BuiltinOperator, name)
    code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), version
    op.opcodeIndex, op.inputs, op.outputs = 0, [0], [1]
    op.builtinOptionsType, op.builtinOptions = options
    graph.tensors = [tensor(*params[:2], 1), tensor(*params[2:], 2)]
    graph.inputs, graph.outputs, graph.operators = [0], [1], [op]
    result.version, result.operatorCodes, result.subgraphs = 3, [code], [graph]
    result.buffers = [s.BufferT() for _ in range(3)]
    builder = flatbuffers.Builder(1024)
    builder.Finish(result.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def codes(content, q):
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=KERNELS)
    interpreter.allocate_tensors()
    interpreter.set_tensor(0, q[None])
    interpreter.invoke()
    return interpreter.get_tensor(1)[0]


lines = ["# Written by tests/golden/make_table_golden.py; do not edit."]
for name, (version, options, ratio) in OPS.items():
    for i, scale in enumerate(SCALES):
        scale_out = scale if name == "ABS" and i == 2 else scale * ratio
        params = (float(np.float32(scale)), ZEROS[i], float(np.float32(scale_out)), ZEROS[-1 - i])
        q = np.arange(-128, 128)
        if name in ("RSQRT", "SQRT"):  # defined from the zero point on
            q = np.maximum(q, params[1])
        y = codes(model(name.split()[0], version, options, params), q.astype(np.int8))
        lines.append(f"{name.split()[0]} {int('approximate' in name)} {params[0]!r} {params[1]} "
                     f"{params[2]!r} {params[3]} {y.astype(np.int8).tobytes().hex()}")
(pathlib.Path(__file__).parent / "tables.txt").write_text("\n".join(lines) + "\n")
