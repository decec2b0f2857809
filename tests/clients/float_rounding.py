#!/usr/bin/env python3
"""Runs int8 models in octet's float rounding and in LiteRT as it runs by default: the same codes.

usage: float_rounding.py OCTET [MODEL.tflite...]

Without models: the networks of octet's zoo with seeded weights and two more (by octet-bench, beside OCTET), and those of the
folder that OCTET_WILD names. Left out: models that compute with floats, which each runtime does in its own way,
or that hold a recurrent operator. A transposed convolution is LiteRT's own, too, behind a value whose shape the
file computes, which octet does not know: there single codes may differ. LiteRT on Arm rounds some codes otherwise.
Exit codes: 0 all codes are the same, 1 not, 77 LiteRT is not here (tests/clients/setup.sh installs it).
"""
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

try:
    import numpy
    from ai_edge_litert.interpreter import Interpreter
except ImportError as missing:
    print(f"SKIPPED: {missing} (tests/clients/setup.sh installs it)")
    sys.exit(77)
if platform.machine() != "x86_64":
    print("SKIPPED: the arithmetic is that of LiteRT on x86-64")
    sys.exit(77)

NETWORKS = ("lenet resnet8 resnet18 resnet20 mobilenet_v1 mobilenet_v1_025 mobilenet_v2 mobilenet_v3_small "
            "mobilenet_v3_large squeezenet1_1 vgg11_bn ds_cnn resnet34 autoencoder").split()
TRAINED = ["mobilenet_v2_035", "unet"]  # by octet-bench golden
DIGITS = pathlib.Path(__file__).resolve().parents[2] / "data" / "digits.h5"
TYPES = {"f32": numpy.float32, "i8": numpy.int8, "u8": numpy.uint8, "i32": numpy.int32, "i64": numpy.int64}
RECURRENT = {"SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM"}
SAMPLES = 5


class LeftOut(Exception):
    pass


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise LeftOut((done.stderr.strip().splitlines() or ["failed"])[-1][:160])
    return done.stdout


def described(octet, model):
    about = json.loads(run(octet, "inspect", "--json", model))
    if RECURRENT & {op["op"] for op in about["ops"]}:
        raise LeftOut("recurrent")
    if any(op["kernel"] == "float" for op in about["ops"]):
        raise LeftOut("computes with floats")
    types = {value["type"] for value in about["inputs"] + about["outputs"]}
    if not types <= set(TYPES):
        raise LeftOut(f"values of type {' '.join(sorted(types - set(TYPES)))}")
    return about


def in_litert(model, inputs):
    try:
        interpreter = Interpreter(str(model))
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise LeftOut(f"LiteRT: {str(error).strip().splitlines()[-1][:140]}") from error
    details = interpreter.get_input_details()
    results = []
    for i in range(SAMPLES):
        for detail, values in zip(details, inputs):
            interpreter.set_tensor(detail["index"], values[i].reshape(detail["shape"]))
        interpreter.invoke()
        results.append([interpreter.get_tensor(d["index"]).ravel() for d in interpreter.get_output_details()])
    return [numpy.concatenate(parts) for parts in zip(*results)]


def in_octet(octet, model, about, inputs, folder):
    command = [octet, "run", model, "--rounding", "float"]
    for i, values in enumerate(inputs):
        values.tofile(folder / f"in{i}")
        command += ["--input", folder / f"in{i}"]
    outputs = [folder / f"out{i}" for i in range(len(about["outputs"]))]
    for path in outputs:
        command += ["--output", path]
    run(*command)
    return [numpy.fromfile(path, TYPES[value["type"]]) for path, value in zip(outputs, about["outputs"])]


def difference(octet, model, folder):
    """Codes that differ, and codes."""
    about = described(octet, model)
    rng = numpy.random.default_rng(7)
    inputs = []
    for value in about["inputs"]:
        if value["type"] == "f32":
            inputs.append(rng.standard_normal((SAMPLES, *value["shape"])).astype(numpy.float32))
            continue
        limits = numpy.iinfo(TYPES[value["type"]])
        low, high = max(limits.min, -2**31), min(limits.max, 2**31 - 1)
        shape = (SAMPLES, *value["shape"])
        inputs.append(rng.integers(low, high + 1, shape).astype(TYPES[value["type"]]))
    expected = in_litert(model, inputs)
    got = in_octet(octet, model, about, inputs, folder)
    return sum(int((a != b).sum()) for a, b in zip(got, expected)), sum(a.size for a in got)


def main(octet, *models):
    bench = pathlib.Path(octet).resolve().parents[1] / "bench" / "octet-bench"
    compared = different = 0
    with tempfile.TemporaryDirectory() as temp:
        folder = pathlib.Path(temp)
        paths = [pathlib.Path(m) for m in models]
        if not paths:
            for name in NETWORKS:
                paths.append(folder / f"{name}.tflite")
                run(bench, "export", "--net", name, "--out", paths[-1])
            golden = [word for name in TRAINED for word in ("--net", name)]
            run(bench, "golden", "--images", DIGITS, "--out", folder, *golden)
            paths += [folder / f"{name}_float.tflite" for name in TRAINED]
            if os.environ.get("OCTET_WILD"):
                paths += sorted(pathlib.Path(os.environ["OCTET_WILD"]).glob("*.tflite"))
        for path in paths:
            try:
                bad, codes = difference(octet, path, folder)
            except LeftOut as why:
                print(f"{path.stem}: left out: {why}")
                continue
            compared += 1
            different += bad > 0
            print(f"{path.stem}: {bad} of {codes} codes differ", flush=True)
    print(f"{compared} models, {different} of them different")
    return different > 0 or compared == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
