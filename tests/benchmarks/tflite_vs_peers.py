#!/usr/bin/env python3
"""Times octet and another runtime in turns on the same int8 models, one thread.

    tests/benchmarks/tflite_vs_peers.py [--peer litert|onnxruntime|openvino] [--python PYTHON]
        [--exported] [--rounds 3] [--seconds 0.2] [--build build/release] [--worst 5] [--agree 0.2] [--json FILE] [MODEL...]

MODEL: a .tflite file, a folder of them (default: $OCTET_WILD), or FILE.tflite=FILE.onnx for
onnxruntime. PYTHON has the peer's package: ai-edge-litert 2.3, onnxruntime 1.32 or openvino 2026.4.
With --exported the peer runs what `octet export --to` onnxruntime or openvino makes of MODEL, and both have float32
inputs and outputs: octet of rank 4 as NHWC, the peer as NCHW.
First the outputs are compared on random inputs: peers round otherwise than TFLite's reference, so that a
code may differ here and there, but a model whose results differ by more than --agree of their range is left
out.
A figure is the least of the rounds' medians of CPU time, which counts no work of others; the ratio is the
peer's over octet's. All-int8 CNNs are the models with a convolution and without floats, SVDF, LSTM and BATCH_MATMUL.
"""
import argparse
import array
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEER = ROOT / "tests/benchmarks/peer_runtimes.py"
TYPES = {"i8": "b", "u8": "B", "i16": "h", "i32": "i", "i64": "q", "f32": "f"}
RECURRENT = {"SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM", "BATCH_MATMUL"}


class Refused(Exception):
    pass


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        lines = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()
        raise Refused(lines[-1][:200])
    return done.stdout


def read(path, kind):
    values = array.array(TYPES[kind])
    values.frombytes(path.read_bytes())
    return values


def channels_first(path, shape):
    """The file of floats [N, H, W, C] as another one [N, C, H, W]; of other ranks the same."""
    if len(shape) != 4:
        return path
    values, channels = read(path, "f32"), shape[3]
    image = len(values) // shape[0]
    moved = array.array("f")
    for sample in range(shape[0]):
        for channel in range(channels):
            moved += values[sample * image + channel:(sample + 1) * image:channels]
    other = path.with_name(path.name + ".nchw")
    other.write_bytes(moved.tobytes())
    return other


class Case:
    def __init__(self, argument, options, work):
        model, _, other = str(argument).partition("=")
        self.name = pathlib.Path(model).stem
        self.model, self.peer_model = pathlib.Path(model), pathlib.Path(other or model)
        self.options, self.octet = options, options.build / "apps/octet/octet"
        if options.exported:
            self.export(work)
        self.about = json.loads(run(self.octet, "inspect", "--json", self.model))
        self.files = {key: [work / f"{self.name}.{key}{i}" for i in range(len(self.about[kind]))]
                      for key, kind in (("in", "inputs"), ("ours", "outputs"), ("theirs", "outputs"))}
        rng = random.Random(11)
        for path, value in zip(self.files["in"], self.about["inputs"]):
            data = rng.randbytes(value["bytes"])
            if value["type"] == "f32":
                data = array.array("f", (b / 128 - 1 for b in data[::4])).tobytes()
            path.write_bytes(data)
        self.peer_files = self.files["in"]
        if options.exported:
            self.peer_files = [channels_first(path, value["shape"])
                               for path, value in zip(self.files["in"], self.about["inputs"])]
        self.ours, self.theirs = [], []

    def export(self, work):
        """The two files; octet's of single rounding, which it has the fastest kernels of."""
        source, self.model, self.peer_model = self.model, work / "model.tflite", work / "model.onnx"
        run(self.octet, "export", source, "--to", "tflite", "--io", "float32", "--out", self.model)
        run(self.octet, "export", source, "--to", self.options.peer, "--out", self.peer_model)

    def cnn(self):
        kinds = {op["op"] for op in self.about["ops"]}
        return not any(op["kernel"] == "float" for op in self.about["ops"]) and not kinds & RECURRENT \
            and bool(kinds & {"CONV_2D", "DEPTHWISE_CONV_2D"})

    def time_peer(self, seconds):
        return json.loads(run(self.options.python, PEER, self.options.peer, self.peer_model,
                              *self.peer_files, "--", *self.files["theirs"], "--", seconds))

    def compare(self):
        """The mean difference of the outputs, in parts of their range."""
        command = [self.octet, "run", self.model]
        for kind, key in (("--input", "in"), ("--output", "ours")):
            for path in self.files[key]:
                command += [kind, path]
        run(*command)
        self.time_peer(0)
        worst = 0
        for value, a, b in zip(self.about["outputs"], self.files["ours"], self.files["theirs"]):
            x, y = read(a, value["type"]), read(b, value["type"])
            if len(x) != len(y):
                raise Refused(f"outputs of {len(x)} and {len(y)} elements")
            extent = max(max(x) - min(x), max(y) - min(y), max(map(abs, x)) / 4,
                         1e-6 if value["type"] == "f32" else 16)
            worst = max(worst, sum(abs(p - q) for p, q in zip(x, y)) / len(x) / extent)
        return worst

    def round(self):
        seconds = self.options.seconds
        self.ours.append(json.loads(run(self.octet, "bench", self.model, "--seconds", seconds,
                                        "--json", "-")))
        self.theirs.append(self.time_peer(seconds))

    def figures(self):
        ours, theirs = (min(r["cpu_median_ms"] for r in runs) for runs in (self.ours, self.theirs))
        return ours, theirs, theirs / ours


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peer", choices=("litert", "onnxruntime", "openvino"), default="litert")
    parser.add_argument("--python", default=ROOT / "build/clients/venv/bin/python")
    parser.add_argument("--exported", action="store_true", help="export MODEL for the peer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--worst", type=int, default=5)
    parser.add_argument("--agree", type=float, default=0.2, help="largest mean difference")
    parser.add_argument("--json", type=pathlib.Path, help="also write every figure here")
    parser.add_argument("models", nargs="*", default=[os.environ.get("OCTET_WILD", "")])
    options = parser.parse_args()
    if options.exported and options.peer == "litert":
        parser.error("--exported is for onnxruntime and openvino")
    files = []
    for model in options.models:
        if os.path.isdir(model):
            files += sorted(pathlib.Path(model).rglob("*.tflite"))
        elif model:
            files.append(model)
    if not files:
        sys.exit("no models: name files or a folder, or set OCTET_WILD")
    return options, files


def geometric_mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else math.nan


def main():
    options, files = arguments()
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        for number, file in enumerate(files):
            work = pathlib.Path(folder) / str(number)
            work.mkdir()
            try:
                case = Case(file, options, work)
                difference = case.compare()
                if not difference <= options.agree:
                    raise Refused(f"outputs differ by {difference:.2f} of their range")
            except Refused as reason:
                print(f"left out: {file}: {reason}", file=sys.stderr)
                continue
            cases.append((case, difference))
        for i in range(options.rounds):
            for entry in list(cases):
                try:
                    entry[0].round()
                except Refused as reason:
                    print(f"left out: {entry[0].model}: {reason}", file=sys.stderr)
                    cases.remove(entry)
            print(f"round {i + 1} of {options.rounds}", file=sys.stderr, flush=True)

    cases.sort(key=lambda entry: entry[0].figures()[2])
    print(f"| model | all-int8 CNN | octet ms | {options.peer} ms | ratio | mean difference |")
    print("| --- | --- | --- | --- | --- | --- |")
    for case, difference in cases:
        ours, theirs, ratio = case.figures()
        print(f"| {case.name} | {'yes' if case.cnn() else 'no'} | {ours:.4g} | {theirs:.4g} | "
              f"{ratio:.2f} | {difference:.3f} |")
    ratios = [(case.figures()[2], case) for case, _ in cases]
    cnns = [ratio for ratio, case in ratios if case.cnn()]
    print(f"\n{len(ratios)} models, geometric mean {geometric_mean([r for r, _ in ratios]):.2f}; "
          f"{len(cnns)} all-int8 CNNs, geometric mean {geometric_mean(cnns):.2f}, "
          f"least {min(cnns, default=math.nan):.2f}")
    for ratio, case in ratios[:options.worst]:
        kinds = {}
        for op in case.about["ops"]:
            kinds[op["op"], op["kernel"]] = kinds.get((op["op"], op["kernel"]), 0) + 1
        print(f"{case.name}, {ratio:.2f}: " + ", ".join(
            f"{n} {op} ({kernel or 'fused'})" for (op, kernel), n in kinds.items()))
    if options.json:
        options.json.write_text(json.dumps(
            [{"model": case.name, "octet": case.ours, "peer": case.theirs} for case, _ in cases],
            indent=1))


if __name__ == "__main__":
    main()
