#!/usr/bin/env python3
"""Runs float16 models in octet's engine and in LiteRT: the same numbers, but for the order of sums.

usage: float16.py OCTET [NETWORK...]

The networks of `octet-bench golden` (beside OCTET), all or those named, on its ten pictures; without names also the
ONNX network of the shared data, by `octet import --fp16`. A value may differ by 1e-4 of the largest output.
Exit codes: 0 all are near, 1 not, 77 LiteRT is not here (tests/clients/setup.sh installs it).
"""
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy
    from ai_edge_litert.interpreter import Interpreter
except ImportError as missing:
    print(f"SKIPPED: {missing} (tests/clients/setup.sh installs it)")
    sys.exit(77)

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("OCTET_SHARED") or SOURCE.parent / "shared")
TOLERANCE = 1e-4


def run(*command):
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)


def in_litert(model, samples):
    interpreter = Interpreter(str(model))
    interpreter.allocate_tensors()
    detail, = interpreter.get_input_details()
    results = []
    for sample in samples.reshape((-1, *detail["shape"])):
        interpreter.set_tensor(detail["index"], sample)
        interpreter.invoke()
        results.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).ravel())
    return numpy.concatenate(results)


def halves_in(model):
    return sum(detail["dtype"] is numpy.float16 for detail in Interpreter(str(model)).get_tensor_details())


def is_near(name, model, inputs, outputs):
    samples, expected = numpy.fromfile(inputs, numpy.float32), numpy.fromfile(outputs, numpy.float32)
    got = in_litert(model, samples)
    error = float(numpy.abs(got - expected).max() / numpy.abs(expected).max())
    halves = halves_in(model)
    good = numpy.isfinite(got).all() and error <= TOLERANCE and halves > 0
    print(f"{name}: {halves} constants in float16, {error:.1e} of the largest output{'' if good else ': TOO FAR'}",
          flush=True)
    return good


def main(octet, *names):
    bench = pathlib.Path(octet).resolve().parents[1] / "bench" / "octet-bench"
    good = []
    with tempfile.TemporaryDirectory() as temp:
        folder = pathlib.Path(temp)
        chosen = [word for name in names for word in ("--net", name)]
        run(bench, "golden", "--images", SOURCE / "data" / "digits.h5", "--out", folder, *chosen)
        for model in sorted(folder.glob("*_fp16.tflite")):
            good.append(is_near(model.stem, model, model.with_suffix(".inputs"), model.with_suffix(".outputs")))
        shared = [] if names else sorted((SHARED / "models").glob("resnet20*/*.onnx"))
        for network in shared:
            model, inputs, outputs = folder / "imported.tflite", folder / "in", folder / "out"
            run(octet, "import", network, "--fp16", model)
            shape = Interpreter(str(model)).get_input_details()[0]["shape"]
            numpy.random.default_rng(3).standard_normal((10, *shape)).astype(numpy.float32).tofile(inputs)
            run(octet, "run", model, "--input", inputs, "--output", outputs)
            good.append(is_near(network.stem, model, inputs, outputs))
    print(f"{len(good)} models, {len(good) - sum(good)} of them too far")
    return not good or not all(good)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
