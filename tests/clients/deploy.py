#!/usr/bin/env python3
"""Deploys networks to every target, runs each folder's program in the real client and prints the table
of docs/deploy.md.

usage: deploy.py OCTET [--write] [MODEL.tflite...]

Default: the networks below deploy/ in $OCTET_SHARED if they are there, else those of pretrained/.
--write puts the table into docs/deploy.md. Needs what tests/clients/setup.sh and setup_deploy.sh
install below $OCTET_CLIENTS (default: build/clients), a C compiler and octet's runtime library in the
build folder of OCTET. Exit status: 0 if every golden sample is as its folder says; 77 if a client is
not here (the others are run); else 1.
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
    run("cc", "-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-I", SOURCE / "include", "check.c",
        "-o", "check", "-L", library, f"-Wl,-rpath,{library}", "-locteti8", "-lm", cwd=folder)
    return f"octet {run(octet, '--version')[0].split()[1]}", run("./check", cwd=folder)[-1]


def as_c(folder):
    lines = run("make", "test", cwd=folder)
    return f"gcc {run('cc', '-dumpfullversion')[0]}", lines[-1]


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


# Target, what is added to `octet deploy`, what runs the folder.
ROWS = [
    ("tflite", ["--for", "python"], in_python),
    ("tflite", ["--for", "web"], in_browser_runtime),
    ("tflite", ["--for", "android"], in_litert_as_android),
    ("tflite", ["--for", "android"], compiled_java),
    ("litert", ["--for", "python"], in_python),
    ("litert", ["--for", "web"], in_browser_runtime),
    ("tflm", [], in_micro),
    ("tflm", [], in_iree),
    ("tflm", [], by_vela),
    ("c", [], as_c),
    ("linux", [], with_runtime),
]


def row(octet, model, target, options, client):
    """The cells of a row, and whether all went as it should (None: the client is not here)."""
    command = ["octet", "deploy", model.name, "--target", target, *options]
    with tempfile.TemporaryDirectory() as out:
        folder = pathlib.Path(out) / "deployed"
        cells = [model.stem, " ".join([target, *options[1:]])]
        try:
            run(octet, "deploy", model, *command[3:], "--out", folder)
            by, said = client(folder, octet) if client is with_runtime else client(folder)
            good = True
        except Missing as missing:
            by, said, good = "-", f"not run: {missing}", None
        except RuntimeError as error:
            by, said, good = client.__name__, f"FAILED: {error}".replace("\n", " "), False
    return [*cells, by, said, "`" + " ".join(command) + "`"], good


def networks(arguments):
    if arguments:
        return [pathlib.Path(name) for name in arguments]
    shared = pathlib.Path(os.environ.get("OCTET_SHARED") or SOURCE.parent / "shared")
    return sorted(shared.glob("deploy/*.tflite")) or sorted((SOURCE / "pretrained").glob("*.tflite"))


def write(table):
    page = SOURCE / "docs/deploy.md"
    text = page.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    page.write_text(text[:begin] + table + text[end:])


def main(arguments):
    flags = [word for word in arguments if word.startswith("--")]
    if not arguments or flags not in ([], ["--write"]):
        sys.exit(__doc__.split("\n\n")[1])
    octet = pathlib.Path(arguments[0]).resolve()
    models = networks([word for word in arguments[1:] if word not in flags])
    rows, results = [["network", "target", "run by", "golden samples", "command"], ["---"] * 5], []
    for model in models:
        for target, options, client in ROWS:
            cells, good = row(octet, model, target, options, client)
            print("| " + " | ".join(cells) + " |", flush=True)
            rows.append(cells)
            results.append(good)
    if not models or not all(all(cells) for cells in rows):
        sys.exit("deploy.py: an empty cell, or no network")
    if flags:
        write("".join("| " + " | ".join(cells) + " |\n" for cells in rows))
    if False in results:
        return 1
    if None in results:
        print("SKIPPED: not every client is here (tests/clients/setup_deploy.sh installs them)")
        return 77
    return 0


sys.exit(main(sys.argv[1:]))
