#!/usr/bin/env python3
"""Exported models in LiteRT, TFLite Micro, MediaPipe and Vela: every form gives the codes of the int8 model.

usage: export_forms.py OCTET

LiteRT as it runs by default gives octet's codes in float rounding, TFLite Micro those in double rounding; uint8 codes
are 128 more, float32 values are the codes' reals. MediaPipe's image classifier takes the uint8 and float32 forms and
returns the labels. MediaPipe and Vela are looked for in the environment `mediapipe` beside this Python's.
Exit codes: 0 all is right, 1 not, 77 the packages are not here (tests/clients/setup.sh installs them).
"""
import json
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

try:
    import numpy
    import tflite_micro
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
except ImportError as missing:
    print(f"SKIPPED: {missing} (tests/clients/setup.sh installs it)")
    sys.exit(77)

SAMPLES = 20
FORMS = ("int8", "uint8", "float32")
NETWORKS = ("resnet8", "lenet", "ds_cnn", "mobilenet_v1_025")
MEDIAPIPE = """
import sys
import numpy
import mediapipe
from mediapipe.tasks.python import BaseOptions, vision
images = numpy.load(sys.argv[2])
options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=sys.argv[1]))
with vision.ImageClassifier.create_from_options(options) as classifier:
    for image in images:
        frame = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=numpy.ascontiguousarray(image))
        best = classifier.classify(frame).classifications[0].categories[0]
        print(best.category_name)
"""


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}"
    return done.stdout


class LiteRt:
    def __init__(self, model, resolver=OpResolverType.AUTO):
        self.interpreter = Interpreter(str(model), experimental_op_resolver_type=resolver)
        self.interpreter.allocate_tensors()
        self.input, = self.interpreter.get_input_details()
        self.output, = self.interpreter.get_output_details()

    def run(self, x):
        self.interpreter.set_tensor(self.input["index"], x)
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.output["index"])


class Micro:
    def __init__(self, model):
        self.interpreter = tflite_micro.runtime.Interpreter.from_file(str(model))

    def run(self, x):
        self.interpreter.set_input(x, 0)
        self.interpreter.invoke()
        return self.interpreter.get_output(0).copy()


RUNTIMES = {
    "litert": lambda model: LiteRt(model),
    "litert builtin": lambda model: LiteRt(model, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES),
    "tflm": Micro,
}


def file_of(folder):
    """The TFLite file of a folder for TFLite Micro."""
    text = (folder / "model_data.cc").read_text()
    path = folder.with_suffix(".tflite")
    path.write_bytes(bytes(int(b, 16) for b in re.findall(r"0x(..)", text)))
    return path


def codes_in_octet(octet, model, rounding, x, folder):
    x.tofile(folder / "x.bin")
    run(octet, "run", model, "--rounding", rounding, "--input", folder / "x.bin", "--output", folder / "y.bin")
    return numpy.fromfile(folder / "y.bin", numpy.int8).reshape(len(x), -1)


def as_form(codes, details, form):
    if form == "int8":
        return codes
    if form == "uint8":
        return (codes.astype(numpy.int16) + 128).astype(numpy.uint8)
    scale, zero_point = details
    return (numpy.float32(scale) * (codes.astype(numpy.float32) - zero_point)).astype(numpy.float32)


def as_codes(values, details, form):
    if form == "int8":
        return values.astype(numpy.int16)
    if form == "uint8":
        return values.astype(numpy.int16) - 128
    scale, zero_point = details
    return numpy.rint(values.astype(numpy.float64) / scale).astype(numpy.int16) + zero_point


def check_forms(octet, model, folder):
    about = json.loads(run(octet, "inspect", "--json", model))
    value, = about["inputs"]
    result, = about["outputs"]
    params = [(v["scale"], v["zero_point"]) for v in (value, result)]
    rng = numpy.random.default_rng(3)
    x = rng.integers(-128, 128, (SAMPLES, *value["shape"]), numpy.int8)
    wrong = 0
    for target, rounding in (("litert", "float"), ("tflm", "double")):
        expected = {}
        for form in FORMS:
            out = folder / f"{model.stem}_{target}_{form}"
            if target == "litert":
                out = out.with_suffix(".tflite")
            run(octet, "export", model, "--to", target, "--io", form, "--out", out)
            path = out if target == "litert" else file_of(out)
            for name in ("litert", "litert builtin") if target == "litert" else ("tflm",):
                client = RUNTIMES[name](path)
                y = numpy.concatenate([as_codes(client.run(as_form(s, params[0], form)), params[1], form).reshape(1, -1)
                                       for s in x])
                if form == "int8":
                    # The built-in kernels' arithmetic is not octet's: its own int8 form is what counts.
                    own = name == "litert builtin" or (name == "litert" and platform.machine() != "x86_64")
                    expected[name] = y if own else codes_in_octet(octet, model, rounding, x, folder)
                different = int((y != expected[name]).sum())
                wrong += different
                print(f"{model.stem}: {name}, {form}: {different} of {y.size} codes differ", flush=True)
    return wrong


def other_python():
    path = pathlib.Path(sys.prefix).parent / "mediapipe" / "bin" / "python3"
    return path if path.exists() else None


def check_mediapipe(octet, model, folder, python):
    """The labels that MediaPipe returns are those of the largest of octet's codes."""
    labels = [f"label {i}" for i in range(10)]
    (folder / "labels.txt").write_text("\n".join(labels) + "\n")
    about = json.loads(run(octet, "inspect", "--json", model))
    scale, zero_point = about["inputs"][0]["scale"], about["inputs"][0]["zero_point"]
    mean, std = float(zero_point + 128), 1 / scale  # for which pixels are the codes
    images = numpy.random.default_rng(4).integers(0, 256, (SAMPLES, *about["inputs"][0]["shape"][1:]), numpy.uint8)
    numpy.save(folder / "images.npy", images)
    codes = codes_in_octet(octet, model, "float", (images.astype(numpy.int16) - 128).astype(numpy.int8), folder)
    wrong = 0
    for form in ("uint8", "float32"):
        out = folder / f"mediapipe_{form}.tflite"
        run(octet, "export", model, "--to", "litert", "--io", form, "--out", out, "--labels", folder / "labels.txt",
            "--mean", repr(mean), "--std", repr(std))
        names = run(python, "-c", MEDIAPIPE, out, folder / "images.npy").split("\n")[:SAMPLES]
        bad = sum(row[labels.index(name)] != row.max() for name, row in zip(names, codes))
        wrong += bad
        print(f"MediaPipe, {form}: {bad} of {len(names)} labels are not of the largest code")
    return wrong


def check_vela(octet, model, folder, python):
    vela = python.parent / "vela"
    for form in FORMS:
        out = folder / f"vela_{form}.tflite"
        run(octet, "export", model, "--to", "litert", "--io", form, "--out", out)
        said = run(vela, out, "--accelerator-config", "ethos-u55-128", "--output-dir", folder / "vela")
        cpu = re.search(r"CPU operators = (\d+)", said)
        print(f"Vela, {form}: {cpu.group(0) if cpu else 'compiled'}")
        if form == "int8" and cpu and int(cpu.group(1)):
            return 1
    return 0


def main(octet):
    bench = pathlib.Path(octet).resolve().parents[1] / "bench" / "octet-bench"
    root = pathlib.Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as temp:
        folder = pathlib.Path(temp)
        models = sorted((root / "pretrained").glob("*.tflite"))
        for name in NETWORKS if bench.exists() else ():
            models.append(folder / f"{name}.tflite")
            run(bench, "export", "--net", name, "--out", models[-1])
        wrong = sum(check_forms(octet, model, folder) for model in models)
        python = other_python()
        for check in (check_mediapipe, check_vela):
            if python and bench.exists():
                wrong += check(octet, folder / "resnet8.tflite", folder, python)
            else:
                print(f"left out: {check.__name__}: its packages are not here")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
