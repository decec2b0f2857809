#!/usr/bin/env python3
"""The recipes of configs/recipes: trains them, checks what they come to, prints docs/accuracy.md's table.

usage: recipes.py [--build DIR] [--out DIR] [--seeds N] [--threads N] [NAME ...]

A recipe NAME is NAME.json (floating point) and, from its result, NAME_ptq.json, NAME_qat.json and
NAME_float.json, which goes on in floating point for as many epochs as QAT has. All runs of a seed are in
OUT/seed_SEED; what is finished there is not run again, what was interrupted goes on. The exit code is 1
where a network stays below its limit in floating point (mean over the seeds), or int8 after QAT is, over
all recipes on average, more than 0.1 points below as many epochs more in floating point, 77 where the
data is not there.
Names and limits are in configs/recipes/recipes.json: in percent, of the accuracy or the figure named.
OCTET_SHARED (../shared, if it is there) and CIFAR10_JPG name the folders of data, as the configurations
say. Example data that is missing is made, CIFAR-10's pictures are unpacked from OCTET_SHARED.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECIPES = ROOT / "configs" / "recipes"
SUFFIXES = {"float": "", "ptq": "_ptq", "more": "_float", "qat": "_qat"}


def run(trainer, config, out, seed, threads=None, start=None):
    """Runs a configuration, from the weights of the finished run `start`, unless it is finished; its
    summary."""
    folder = out / config
    summary = folder / "summary.json"
    if not summary.exists():
        command = [trainer, RECIPES / f"{config}.json", "--out", out, "--set", f"seed={seed}"]
        if threads:
            command += ["--set", f"threads={threads}"]
        if start:  # init.config would run it with the seed of its file
            weights = json.dumps({"checkpoint": str(out / start / "checkpoint.h5")})
            command += ["--set", f"init={weights}"]
        if (folder / "checkpoint.h5").exists():
            command.append("--resume")
        status = subprocess.run([str(c) for c in command], stdout=sys.stderr).returncode
        if status != 0:
            sys.exit(status)
    return json.loads(summary.read_text())


def minutes(folder):
    with open(folder / "metrics.jsonl", encoding="utf-8") as lines:
        return sum(json.loads(line).get("seconds", 0) for line in lines) / 60


def milliseconds(octet, model):
    """Of one picture on one thread."""
    done = subprocess.run([octet, "bench", model, "--json", "-"], check=True, capture_output=True)
    return json.loads(done.stdout)["median_ms"]


def percent(values):
    mean = f"{100 * statistics.fmean(values):.2f}"
    if len(values) == 1:
        return mean
    return f"{mean} ({100 * min(values):.2f} to {100 * max(values):.2f})"


def train(name, recipe, build, out, seeds, threads):
    """A row of the table; whether the limit holds, and by how much QAT is above as many more epochs."""
    accuracy = {kind: [] for kind in SUFFIXES}
    spent, last = 0.0, None
    figure = recipe.get("figure", "accuracy")
    for seed in range(1, seeds + 1):
        folder = out / f"seed_{seed}"
        for kind, suffix in SUFFIXES.items():
            trainer = build / "apps" / "trainer" / "trainer"
            summary = run(trainer, name + suffix, folder, seed, threads, name if suffix else None)
            figures = summary["int8" if kind in ("ptq", "qat") else "float"]
            accuracy[kind].append(figures[figure])
            if kind == "qat":
                last = figures
            if seed == seeds:
                spent += minutes(folder / (name + suffix))
    model = out / f"seed_{seeds}" / f"{name}_qat" / "model.tflite"
    ms = milliseconds(build / "apps" / "octet" / "octet", model)
    means = {kind: statistics.fmean(values) for kind, values in accuracy.items()}
    shown = f"`{name}`" if figure == "accuracy" else f"`{name}` ({figure.upper()})"
    print(f"| {shown} | {percent(accuracy['float'])} | {percent(accuracy['more'])} "
          f"| {percent(accuracy['ptq'])} | {percent(accuracy['qat'])} | {last['codes_different']} "
          f"| {last['bytes'] / 1000:.0f} | {ms:.3g} | {spent:.0f} |", flush=True)
    holds = True
    if 100 * means["float"] < recipe["least"]:
        print(f"{name}: expected at least {recipe['least']} % in floating point, got "
              f"{100 * means['float']:.2f} %", file=sys.stderr)
        holds = False
    return holds, means["qat"] - means["more"]


def find_data(variable):
    """Whether the environment variable names the folder of data, or can be made to."""
    shared = ROOT.parent / "shared"
    if "OCTET_SHARED" not in os.environ and shared.is_dir():
        os.environ["OCTET_SHARED"] = str(shared)
    archive = pathlib.Path(os.environ.get("OCTET_SHARED", "")) / "data" / "cifar10-jpg.tar.xz"
    if variable == "CIFAR10_JPG" and variable not in os.environ and archive.is_file():
        folder = ROOT / "example_data" / "cifar10-jpg"
        if not folder.exists():
            with tarfile.open(archive) as pictures:
                pictures.extractall(folder.with_suffix(".part"))
            folder.with_suffix(".part").rename(folder)
        os.environ[variable] = str(folder)
    return variable in os.environ


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="recipes; all if there is none")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("runs") / "recipes")
    parser.add_argument("--seeds", type=int, help="instead of the recipe's number")
    parser.add_argument("--threads", type=int, help="of the trainer; but for the minutes the results do not depend on it")
    arguments = parser.parse_args()
    recipes = json.loads((RECIPES / "recipes.json").read_text())
    for name in arguments.names:
        if name not in recipes:
            parser.error(f"unknown recipe '{name}'; known: {', '.join(recipes)}")
    chosen = arguments.names or list(recipes)
    for name in chosen:
        needs = recipes[name].get("needs")
        if needs and not find_data(needs):
            print(f"SKIPPED: {name} needs {needs}, the folder of its data")
            return 77
        example = recipes[name].get("example_data")
        if example and not (ROOT / "example_data" / example).exists():
            subprocess.run([sys.executable, ROOT / "scripts" / "make_example_data.py",
                            ROOT / "example_data"], check=True, stdout=subprocess.DEVNULL)
    print("| recipe | float | as long again | PTQ | QAT | codes different | kB | ms | minutes |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    results = [train(name, recipes[name], arguments.build, arguments.out.resolve(),
                     arguments.seeds or recipes[name]["seeds"], arguments.threads)
               for name in chosen]
    above = statistics.fmean(gain for _, gain in results)
    print(f"\nint8 after QAT lies {100 * above:+.2f} points from as many more epochs in floating point, "
          "on average")
    return 0 if all(holds for holds, _ in results) and above >= -0.001 else 1


sys.exit(main())
