"""Runs golden samples in LiteRT, by the numbers of the file alone.

usage: golden_in_litert.py MODEL.tflite FOLDER
FOLDER: inputs.bin and outputs.bin of `octet deploy`, codes. Prints how many samples are equal.
"""
import pathlib
import sys

import numpy
from ai_edge_litert.interpreter import Interpreter


def samples(path, details):
    data, result, at = path.read_bytes(), [], 0
    while at < len(data):
        result.append([])
        for detail in details:
            value = numpy.frombuffer(data, detail["dtype"], numpy.prod(detail["shape"], dtype=int), at)
            result[-1].append(value.reshape(detail["shape"]))
            at += value.nbytes
    return result


def main(model, folder):
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    outputs = interpreter.get_output_details()
    if any(numpy.issubdtype(detail["dtype"], numpy.floating) for detail in outputs):
        sys.exit("golden_in_litert.py: expected outputs of codes, got floats")
    equal = values = equal_values = apart = 0
    expected = samples(folder / "outputs.bin", outputs)
    for sample, answer in zip(samples(folder / "inputs.bin", interpreter.get_input_details()), expected):
        for detail, value in zip(interpreter.get_input_details(), sample):
            interpreter.set_tensor(detail["index"], value)
        interpreter.invoke()
        off = numpy.concatenate([
            abs(a.astype(int) - interpreter.get_tensor(detail["index"]).astype(int)).ravel()
            for a, detail in zip(answer, outputs)])
        equal += not off.any()
        values, equal_values = values + off.size, equal_values + int((off == 0).sum())
        apart = max(apart, int(off.max()))
    more = "" if equal == len(expected) else \
        f": {equal_values} of {values} values, the others at most {apart} apart"
    print(f"{equal} of {len(expected)} equal{more}")


main(sys.argv[1], pathlib.Path(sys.argv[2]))
