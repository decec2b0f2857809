#!/usr/bin/env python3
"""Writes float_rounding.txt: files of one int8 operator each, or of a few, with inputs and what LiteRT computes.

usage: make_float_golden.py FOLDER...    needs ai-edge-litert 2.3.0 and numpy

FOLDER: model.tflite and input.bin, or input_0.bin, input_1.bin and so on, samples back to back. A line: the first
operator, "xnnpack" (LiteRT's default interpreter on x86-64, in which XNNPACK takes what it can), the file, its
samples and its outputs back to back, all in hex.
"""
import pathlib
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def line_of(folder):
    content = (folder / "model.tflite").read_bytes()
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    files = sorted(folder.glob("input*.bin"))
    assert len(files) == len(inputs), folder
    data = [np.frombuffer(f.read_bytes(), d["dtype"]).reshape(-1, *d["shape"][1:]) for f, d in zip(files, inputs)]
    samples, results = b"", b""
    for i in range(len(data[0])):
        for detail, values in zip(inputs, data):
            interpreter.set_tensor(detail["index"], values[i:i + 1])
            samples += values[i:i + 1].tobytes()
        interpreter.invoke()
        results += b"".join(interpreter.get_tensor(d["index"]).tobytes() for d in outputs)
    name = interpreter._get_ops_details()[0]["op_name"]
    return f"{name} xnnpack {content.hex()} {samples.hex()} {results.hex()}\n"


def main(folders):
    path = pathlib.Path(__file__).with_name("float_rounding.txt")
    with open(path, "w") as file:
        file.write(f"# Written by tests/golden/{pathlib.Path(__file__).name}; do not edit.\n")
        for folder in folders:
            file.write(line_of(pathlib.Path(folder)))


main(sys.argv[1:])
