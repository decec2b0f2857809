#!/usr/bin/env python3
"""The trainer's own model by name: octet, LiteRT and MediaPipe give the same classes for the same pictures.

usage: by_name.py OCTET

Trains a small network on colour pictures in class folders, for LiteRT. LiteRT takes its model.tflite: the codes of the
scores are those behind octet's probabilities, and the names are in the file. MediaPipe's image classifier refuses int8
inputs, grey ones and a normalization of each channel of its own; the file with float32 or uint8 at its edges, which octet
export makes without being told names or normalization again, and the run's float16 file as it is, give octet's names.
MediaPipe is looked for in the environment `mediapipe` beside this Python's.
Exit codes: 0 all is right, 1 not, 77 the packages are not here (tests/clients/setup.sh installs them).
"""
import json
import math
import pathlib
import platform
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

try:
    import numpy
    from ai_edge_litert.interpreter import Interpreter
except ImportError as missing:
    print(f"SKIPPED: {missing} (tests/clients/setup.sh installs it)")
    sys.exit(77)

SIZE, TRAIN, TEST = 24, 60, 12
CLASSES = ("green disc", "red square", "stripes")
MEDIAPIPE = """
import json
import sys
import mediapipe
from mediapipe.tasks.python import BaseOptions, vision
options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=sys.argv[1]))
with vision.ImageClassifier.create_from_options(options) as classifier:
    for path in sys.argv[2:]:
        categories = classifier.classify(mediapipe.Image.create_from_file(path)).classifications[0].categories
        print(json.dumps([[c.category_name, c.score] for c in categories]))
"""


def run(*command, code=0):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    assert done.returncode == code, f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}"
    return done.stdout if code == 0 else done.stdout + done.stderr


def write_png(path, pixels):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def picture(name, rng):
    pixels = rng.integers(0, 120, (SIZE, SIZE, 3)).astype(numpy.uint8)
    y, x = numpy.mgrid[:SIZE, :SIZE]
    cy, cx = rng.integers(8, SIZE - 8, 2)
    if name == "green disc":
        pixels[(y - cy) ** 2 + (x - cx) ** 2 < 36, 1] = 230
    elif name == "red square":
        pixels[(abs(y - cy) < 6) & (abs(x - cx) < 6), 0] = 230
    else:
        pixels[(x + cx) % 6 < 2] = rng.integers(100, 256, 3)
    return pixels


def train(trainer, folder):
    rng = numpy.random.default_rng(5)
    for split, count in (("train", TRAIN), ("test", TEST)):
        for name in CLASSES:
            (folder / "data" / split / name).mkdir(parents=True)
            for i in range(count):
                write_png(folder / "data" / split / name / f"{i}.png", picture(name, rng))
    config = {
        "name": "shapes",
        "out": str(folder / "runs"),
        "data": {"path": "data", "format": "image_folder", "normalize": {"mean": [128, 128, 128], "std": [64, 64, 64]}},
        "model": {"zoo": "resnet8", "width": 0.5},
        "train": {"epochs": 3, "batch": 16, "optimizer": {"type": "adam", "lr": 0.003}},
        "quant": {"target": "litert", "batch": 16,
                  "stages": {"train_bn": 1, "frozen_bn": 1, "frozen_observers": 0}},
        "outputs": {"fp16": True},
    }
    (folder / "shapes.json").write_text(json.dumps(config))
    run(trainer, "--config", folder / "shapes.json")
    return folder / "runs/shapes"


def by_octet(octet, model, pictures):
    """Of each picture, names and probabilities, the largest first."""
    said = json.loads(run(octet, "run", model, *pictures, "--json", "--top", len(CLASSES)))["pictures"]
    return [[(c["name"], c["probability"]) for c in p["classes"]] for p in said]


def check_litert(octet, run_folder, pictures, pixels):
    model = run_folder / "model.tflite"
    with zipfile.ZipFile(model) as archive:
        labels = archive.read("labels.txt").decode().splitlines()
    assert labels == list(CLASSES) and labels == (run_folder / "labels.txt").read_text().splitlines(), labels
    about = json.loads(run(octet, "inspect", "--json", model))["inputs"][0]
    assert about["color_space"] == "RGB" and about["picture"] == [SIZE, SIZE], about
    mean, std = numpy.array(about["mean"]), numpy.array(about["std"])
    interpreter = Interpreter(str(model))
    interpreter.allocate_tensors()
    value, = interpreter.get_input_details()
    result, = interpreter.get_output_details()
    scale, zero_point = value["quantization"]
    wrong = 0
    for image, expected in zip(pixels, by_octet(octet, model, pictures)):
        real = ((image - mean) / std).astype(numpy.float32)
        codes = numpy.clip(numpy.floor(real / numpy.float32(scale) + 0.5) + zero_point, -128, 127).astype(numpy.int8)
        interpreter.set_tensor(value["index"], codes[None])
        interpreter.invoke()
        y = interpreter.get_tensor(result["index"])[0].astype(float)
        logits = (y - result["quantization"][1]) * result["quantization"][0]
        p = numpy.exp(logits - logits.max())
        p /= p.sum()
        same = all(math.isclose(p[labels.index(name)], q, abs_tol=1e-5) for name, q in expected)
        # Elsewhere LiteRT has its own kernels' rounding.
        same = same if platform.machine() == "x86_64" else labels[int(p.argmax())] == expected[0][0]
        wrong += not same
    print(f"LiteRT, model.tflite: {wrong} of {len(pictures)} pictures with other names or probabilities")
    return wrong


def check_mediapipe(octet, run_folder, pictures, python):
    def export(name, io, *more):
        run(octet, "export", run_folder, "--to", "litert", "--io", io, "--out", run_folder / name, *more)
        return run_folder / name

    grey = pathlib.Path(__file__).resolve().parents[2] / "pretrained/digits_resnet8.tflite"
    run(octet, "export", grey, "--to", "litert", "--io", "float32", "--out", run_folder / "grey.tflite")
    channels = export("channels.tflite", "float32", "--mean", "120", "128", "128", "--std", "64", "50", "64")
    for model, reason in ((run_folder / "model.tflite", "INT8"), (run_folder / "grey.tflite", "Only RGB"),
                          (channels, "Per-channel image normalization")):
        refused = run(python, "-c", MEDIAPIPE, model, pictures[0], code=1)
        assert reason in refused, refused
        print(f"MediaPipe, {model.name}: refused, as docs/deploy.md says")
    export("float32.tflite", "float32")
    export("uint8.tflite", "uint8")
    wrong = 0
    for name, own in (("float32.tflite", "model.tflite"), ("uint8.tflite", "model.tflite"), ("model_fp16.tflite", "model_fp16.tflite")):
        said = run(python, "-c", MEDIAPIPE, run_folder / name, *pictures).strip().split("\n")
        expected = by_octet(octet, run_folder / own, pictures)
        different = 0
        for line, of_octet in zip(said, expected, strict=True):
            scores = dict(json.loads(line))
            different += scores[of_octet[0][0]] != max(scores.values())  # of equals any
        wrong += different
        print(f"MediaPipe, {name}: {different} of {len(pictures)} pictures with other names")
    return wrong


def main(octet):
    trainer = pathlib.Path(octet).resolve().parents[1] / "trainer" / "trainer"
    with tempfile.TemporaryDirectory() as temp:
        run_folder = train(trainer, pathlib.Path(temp))
        pictures = sorted((pathlib.Path(temp) / "data/test").rglob("*.png"))
        rng_pixels = [read_png(p) for p in pictures]
        accuracy = json.loads(run(octet, "eval", run_folder / "model.tflite", pathlib.Path(temp) / "data", "--json"))
        summary = json.loads((run_folder / "summary.json").read_text())
        assert accuracy["accuracy"] == summary["int8"]["accuracy"], (accuracy["accuracy"], summary["int8"])
        print(f"octet eval: {accuracy['accuracy']}, as summary.json says")
        wrong = check_litert(octet, run_folder, pictures, rng_pixels)
        python = pathlib.Path(sys.prefix).parent / "mediapipe" / "bin" / "python3"
        if python.exists():
            wrong += check_mediapipe(octet, run_folder, pictures, python)
        else:
            print("left out: check_mediapipe: its packages are not here")
    return wrong > 0


def read_png(path):
    """Of those that write_png wrote."""
    data = path.read_bytes()
    start = data.index(b"IDAT")
    length, = struct.unpack(">I", data[start - 4:start])
    rows = zlib.decompress(data[start + 4:start + 4 + length])
    return numpy.frombuffer(rows, numpy.uint8).reshape(SIZE, 1 + 3 * SIZE)[:, 1:].reshape(SIZE, SIZE, 3)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
