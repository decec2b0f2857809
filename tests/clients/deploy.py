#!/usr/bin/env python3
"""Deploys seven networks to every target, runs each folder's program in the real client and prints the
table of docs/deploy.md.

usage: deploy.py OCTET [--write] [FOLDER]

The networks are those that `octet-bench golden` trains and writes, with ten digits each: those in
FOLDER, or new ones (needs octet-bench in the build folder of OCTET). --write puts the table into
docs/deploy.md. Needs what tests/clients/setup.sh and setup_deploy.sh install below $OCTET_CLIENTS
(default: build/clients), a C compiler and octet's runtime library in the build folder of OCTET. Exit
status: 0 if every golden sample is as its folder says; 77 if a client is not here (the others are
run); else 1.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CLIENTS = pathlib.Path(os.environ.get("OCTET_CLIENTS") or SOURCE / "build/clients")
BEGIN, END = "<!-- deploy.py -->\n", "<!-- end -->"


class Missing(Exception):
    """A client that is not here."""


def run(*command, **options):
    """The output's lines; ends the program's check with what it said where it fails."""
    said = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if said.returncode != 0:
        raise RuntimeError(f"{command[0]}: {(said.stdout + said.stderr).strip()[-500:]}")
    return said.stdout.strip().splitlines()


def need(path):
    if not path.exists():
        raise Missing(f"no {path.relative_to(CLIENTS) if path.is_relative_to(CLIENTS) else path}")
    return path


def package_version(environment, package):
    code = f"import importlib.metadata as m; print(m.version('{package}'))"
    return run(need(CLIENTS / environment / "bin/python3"), "-c", code)[0]


def in_python(folder):
    lines = run(need(CLIENTS / "venv/bin/python3"), "check.py", cwd=folder)
    return f"LiteRT {package_version('venv', 'ai-edge-litert')}", lines[-1]


def in_browser_runtime(folder):
    package = need(CLIENTS / "node_modules/@litertjs/core/package.json")
    (folder / "node_modules").symlink_to(CLIENTS / "node_modules")
    lines = run("node", "--preserve-symlinks", "check.mjs", cwd=folder)
    return f"LiteRT.js {json.loads(package.read_text())['version']} in Node", lines[-1]


def in_micro(folder):
    lines = run(need(CLIENTS / "venv/bin/python3"), "check.py", cwd=folder)
    version = package_version("venv", "tflite-micro").removeprefix("0.dev")[:8]
    arena = re.fullmatch(r"arena: (\d+) of (\d+) bytes suffice here", lines[-2])
    least, given = int(arena[1]), int(arena[2])
    return f"TFLite Micro of {version}", f"{lines[-1]}; arena {given:,}, {least:,} suffice"


def with_runtime(folder, octet):
    build = octet.parents[2]
    library = need(build / "runtime/libocteti8.so").parent
    (folder / "octet-runtime.pc").write_text(
        "Name: octet-runtime\nDescription: of the build folder\nVersion: 0\n"
        f"Cflags: -I{SOURCE / 'include'}\nLibs: -L{library} -Wl,-rpath,{library} -locteti8\n")
    run("make", "CFLAGS=-O2 -Wall -Wextra -Werror", cwd=folder,
        env={**os.environ, "PKG_CONFIG_PATH": str(folder)})
    return f"octet {run(octet, '--version')[0].split()[1]}", run("./check", cwd=folder)[-1]


def as_c(folder):
    lines = run("make", "test", cwd=folder)
    arena = re.search(r"#define MODEL_ARENA_BYTES (\d+)", (folder / "model.h").read_text())
    return f"gcc {run('cc', '-dumpfullversion')[0]}", f"{lines[-1]}; arena {int(arena[1]):,}"


def compiled_java(folder):
    jars = [need(CLIENTS / f"android/{name}.jar") for name in ("tensorflow-lite", "tensorflow-lite-api", "junit")]
    stubs = SOURCE / "tests/clients/android"
    with tempfile.TemporaryDirectory() as out:
        run("javac", "-Xlint:all", "-Werror", "-d", out, "-cp", ":".join(map(str, jars)),
            *stubs.rglob("*.java"), *folder.rglob("*.java"))
    return "javac, TensorFlow Lite 2.16.1", "compiles"


def in_litert_as_android(folder):
    """The file that Android gets, in LiteRT: the golden samples are those of its test."""
    python = need(CLIENTS / "venv/bin/python3")
    script = SOURCE / "tests/clients/golden_in_litert.py"
    assets = folder / "src/androidTest/assets/golden"
    lines = run(python, script, folder / "src/main/assets/model.tflite", assets)
    return f"LiteRT {package_version('venv', 'ai-edge-litert')}", lines[-1]


def in_onnx_runtime(package, title):
    """A client by the folder's own programs; that of MNN converts the model first."""
    def client(folder):
        python = need(CLIENTS / "onnx/bin/python3")
        if (folder / "convert.py").exists():
            run(python, "convert.py", cwd=folder)
        return f"{title} {package_version('onnx', package)}", run(python, "check.py", cwd=folder)[-1]
    return client


def in_iree(folder):
    python = need(CLIENTS / "iree/bin/python3")
    lines = run(python, SOURCE / "tests/clients/golden_in_iree.py", folder / "model.tflite",
                folder / "golden")
    return f"IREE {package_version('iree', 'iree-base-runtime')} by TOSA", lines[-1]


def by_vela(folder):
    vela = need(CLIENTS / "vela/bin/vela")
    with tempfile.TemporaryDirectory() as out:
        lines = run(vela, "--accelerator-config", "ethos-u55-128", "--output-dir", out,
                    folder / "model.tflite")
    text = "\n".join(lines)
    cpu = re.search(r"CPU operators = (\d+)", text)
    npu = re.search(r"NPU operators = (\d+)", text)
    return f"Vela {package_version('vela', 'ethos-u-vela')}, U55-128", \
        f"compiles: {npu[1]} operators on the NPU, {cpu[1]} on the CPU"


def with_half_codes(model, path):
    """A model as OpenVINO and MNN are given them by training: its weights have 7 bits."""
    code = "import sys, pathlib, tflite_parts as t; files = map(pathlib.Path, sys.argv[1:]); " \
           "content = t.with_half_codes(next(files).read_bytes()); next(files).write_bytes(content)"
    run(need(CLIENTS / "onnx/bin/python3"), "-c", code, model, path, cwd=SOURCE / "tests/clients")
    return path


NETWORKS = ["lenet", "resnet8", "mobilenet_v1_025", "ds_cnn", "mobilenet_v2_035", "unet",
            "mobilenet_v3_small"]

# Target, what is added to `octet deploy`, the rounding of the network, what runs the folder.
ROWS = [
    ("tflite", ["--for", "python"], "single", in_python),
    ("tflite", ["--for", "web"], "single", in_browser_runtime),
    ("tflite", ["--for", "android"], "single", in_litert_as_android),
    ("tflite", ["--for", "android"], "single", compiled_java),
    ("litert", ["--for", "python"], "float", in_python),
    ("litert", ["--for", "web"], "float", in_browser_runtime),
    ("litert", ["--for", "android"], "float", in_litert_as_android),
    ("tflm", [], "double", in_micro),
    ("tflm", [], "double", in_iree),
    ("tflm", [], "double", by_vela),
    ("c", [], "double", as_c),
    ("c", [], "single", as_c),
    ("linux", [], "single", with_runtime),
    ("onnxruntime", [], "float", in_onnx_runtime("onnxruntime", "ONNX Runtime")),
    ("openvino", [], "single", in_onnx_runtime("openvino", "OpenVINO")),
    ("mnn", [], "single", in_onnx_runtime("MNN", "MNN")),
]
SEVEN_BITS = {"openvino", "mnn"}
# With maxima between convolutions, which MNN computes wrongly on x86 (octet deploy warns of them).
WRONG = {"mnn": {"lenet", "unet"}}
# (pixel - 128) / 128: what the networks were trained on. Their codes are pixel - 128.
PICTURES = ["--mean", "128", "--std", "128"]


class Results:
    """What a row's networks came to."""

    def __init__(self, target, options, rounding, client):
        self.target, self.options, self.rounding, self.client = target, options, rounding, client
        self.ran, self.by, self.values, self.different, self.apart = 0, "", 0, 0, 0
        self.same_top, self.tops, self.says, self.trouble, self.missing = 0, 0, [], [], ""

    def add(self, octet, folder, network, scratch):
        if network in WRONG.get(self.target, ()):
            return
        model = folder / f"{network}_{self.rounding}.tflite"
        codes = model.with_suffix(".inputs").read_bytes()
        pixels = scratch / "pixels"
        pixels.write_bytes(bytes(code ^ 0x80 for code in codes))
        out = scratch / f"{network}-{self.target}"
        try:
            source = with_half_codes(model, scratch / "7_bits.tflite") if self.target in SEVEN_BITS else model
            run(octet, "deploy", source, "--target", self.target, *self.options, *PICTURES,
                "--pixels", pixels, "--out", out)
            self.by, said = self.client(out, octet) if self.client is with_runtime else self.client(out)
            self.ran += 1
            self.count(network, said, len(model.with_suffix(".outputs").read_bytes()))
        except Missing as missing:
            self.missing = str(missing)
        except RuntimeError as error:
            self.trouble.append(f"{network}: {error}".replace("\n", " "))

    def count(self, network, said, values):
        equal = re.search(r"(\d+) of (\d+) equal(?:: (\d+) of (\d+) values, the others at most (\d+)"
                          r" apart(?:; top-1 (\d+) of \d+)?)?", said)
        if not equal:
            self.says.append(f"{network}: {said}")
            return
        if "; arena " in said:
            print(f"  {network}: {said}", flush=True)
        self.values += values
        if equal[3]:
            self.different += int(equal[4]) - int(equal[3])
            self.apart = max(self.apart, int(equal[5]))
        if equal[6] or not equal[3]:  # else of no classes
            self.same_top += int(equal[6] or equal[1])
            self.tops += int(equal[2])

    def command(self):
        name = "NET_7_bits" if self.target in SEVEN_BITS else f"NET_{self.rounding}"
        words = ["octet", "deploy", f"{name}.tflite", "--target", self.target, *self.options]
        return "`" + " ".join([*words, *PICTURES]) + "`"

    def cells(self):
        nets = len(NETWORKS)
        if self.missing:
            by = different = top = f"not run: {self.missing}"
        elif self.trouble:
            by = different = top = "FAILED: " + "; ".join(self.trouble)
        elif self.values:
            by, top = self.by, f"{self.same_top} of {self.tops}"
            different = f"{self.different} of {self.values:,}"
            different += f", by at most {self.apart}" if self.different else ""
        else:
            by, different, top = self.by, "compiled, not run", "-"
            totals = [re.search(r"(\d+) operators on the NPU, (\d+) on the CPU", text) for text in self.says]
            if all(totals):
                cpu = sum(int(total[2]) for total in totals)
                different = f"compiled: {sum(int(t[1]) for t in totals)} operators on the NPU, {cpu} on the CPU"
        return [" ".join([self.target, *self.options[1:]]), f"{self.ran} of {nets}", by, different, top,
                self.command()]


def write(table):
    page = SOURCE / "docs/deploy.md"
    text = page.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    page.write_text(text[:begin] + table + text[end:])


def main(arguments):
    flags = [word for word in arguments if word.startswith("--")]
    words = [word for word in arguments if word not in flags]
    if not 1 <= len(words) <= 2 or flags not in ([], ["--write"]):
        sys.exit(__doc__.split("\n\n")[1])
    octet = pathlib.Path(words[0]).resolve()
    results = [Results(*row) for row in ROWS]
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(words[1] if len(words) > 1 else f"{scratch}/golden")
        if len(words) == 1:
            bench = octet.parents[1] / "bench/octet-bench"
            run(bench, "golden", "--images", SOURCE / "data/digits.h5", "--out", folder,
                *[word for name in NETWORKS for word in ("--net", name)])
        for row in results:
            for network in NETWORKS:
                with tempfile.TemporaryDirectory() as out:
                    row.add(octet, folder, network, pathlib.Path(out))
            print("| " + " | ".join(row.cells()) + " |", flush=True)
            for text in row.says:
                print("  " + text, flush=True)
    lines = [["target", "networks", "run by", "codes differing", "same top-1", "command"], ["---"] * 6,
             *[row.cells() for row in results]]
    if flags:
        write("".join("| " + " | ".join(cells) + " |\n" for cells in lines))
    if any(row.trouble for row in results):
        return 1
    if any(row.missing for row in results):
        print("SKIPPED: not every client is here (tests/clients/setup_deploy.sh installs them)")
        return 77
    return 0


sys.exit(main(sys.argv[1:]))
