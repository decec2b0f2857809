#!/usr/bin/env python3
"""Times octet's int8 engine side by side with onnxruntime-node on the same networks.

    tests/benchmarks/int8_vs_onnxruntime.py --work DIR [--rounds 5] [--seconds 1] [--json FILE]
        [--nets lenet,...] [--batches 1,32] [--threads 1,2] [--build build/release]

DIR is kept between runs: it receives onnxruntime-node (npm), the networks in ONNX Q/DQ form (by the
scripts of the shared data folder, which need Debian's python3-torch and python3-onnx) and
octet's (octet-bench export). One round runs octet and ONNX Runtime in turn on each network; each
figure is the median over the rounds, the ratio is ONNX Runtime's time over octet's. octet compares
its bytes with the portable kernels before it times; ONNX Runtime's int8 outputs were compared with
its float ones when the files were made.

The ratio of CPU times counts no work of others on the machine, but leaves out how well threads
overlap: look at it for one thread, on a busy machine. Both are printed.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = pathlib.Path(os.environ.get("OCTET_SHARED", ROOT.parent / "shared")) / "peers"
# octet's name: the peer scripts' name and input shape (C, H, W)
NETS = {
    "lenet": ("lenet", "1,28,28"),
    "resnet8": ("resnet8", "3,32,32"),
    "mobilenet_v1_025": ("mbv1_025", "3,96,96"),
    "ds_cnn": ("dscnn", "1,49,10"),
    "mobilenet_v2": ("mbv2", "3,224,224"),
    "resnet18": ("resnet18", "3,224,224"),
}
ORT_VERSION = "1.30.0"


def run(*command, cwd=None, env=None):
    done = subprocess.run([str(c) for c in command], cwd=cwd, env={**os.environ, **(env or {})},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def prepare(work, build, nets):
    """Makes what is missing in `work`."""
    ort = work / "ort"
    if not (ort / "node_modules" / "onnxruntime-node").exists():
        ort.mkdir(parents=True, exist_ok=True)
        run("npm", "init", "-y", cwd=ort)
        run("npm", "install", "--ignore-scripts", f"onnxruntime-node@{ORT_VERSION}", cwd=ort)
    if not all((work / "onnx" / f"{NETS[n][0]}.int8.onnx").exists() for n in nets):
        if not PEERS.exists():
            sys.exit(f"{PEERS} not found: set OCTET_SHARED to the shared data folder")
        (work / "onnx").mkdir(exist_ok=True)
        run("/usr/bin/python3", PEERS / "peer_torch.py", "export", work / "onnx")
        run(PEERS / "run_ort.sh", "prep", env={"PEERS": str(work)})
    for net in nets:
        run(build / "apps/bench/octet-bench", "export", "--net", net, "--out",
            work / f"{net}.tflite")


def time_octet(work, build, net, batch, threads, seconds):
    return json.loads(run(build / "apps/octet/octet", "bench", work / f"{net}.tflite", "--batch",
                          batch, "--threads", threads, "--seconds", seconds, "--json", "-"))


def time_ort(work, net, batch, threads, seconds):
    name, shape = NETS[net]
    return json.loads(run("node", ROOT / "tests/benchmarks/onnxruntime.mjs",
                          work / "onnx" / f"{name}.int8.onnx", shape, batch, threads, seconds,
                          env={"NODE_PATH": str(work / "ort" / "node_modules")}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--nets", default=",".join(NETS))
    parser.add_argument("--batches", default="1,32")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--json", type=pathlib.Path, help="also write every measurement here")
    options = parser.parse_args()
    work, nets = options.work.resolve(), options.nets.split(",")
    prepare(work, options.build, nets)

    cases = [(net, int(batch), int(threads)) for threads in options.threads.split(",")
             for batch in options.batches.split(",") for net in nets]
    results = {case: ([], []) for case in cases}
    for i in range(options.rounds):
        for case in cases:
            results[case][0].append(time_octet(work, options.build, *case, options.seconds))
            results[case][1].append(time_ort(work, *case, options.seconds))
        print(f"round {i + 1} of {options.rounds}", file=sys.stderr, flush=True)
    if options.json:
        options.json.write_text(json.dumps(
            [{"net": n, "batch": b, "threads": t, "octet": o, "onnxruntime": p}
             for (n, b, t), (o, p) in results.items()], indent=1))

    def median(runs, key):
        return statistics.median(r[key] for r in runs)

    print("| network | batch | threads | octet ms | ONNX Runtime ms | ratio | ratio of CPU times |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for (net, batch, threads), (ours, theirs) in results.items():
        wall = [median(r, "median_ms") for r in (ours, theirs)]
        cpu = [median(r, "cpu_median_ms") for r in (ours, theirs)]
        print(f"| {net} | {batch} | {threads} | {wall[0]:.4g} | {wall[1]:.4g} | "
              f"{wall[1] / wall[0]:.2f} | {cpu[1] / cpu[0]:.2f} |")


if __name__ == "__main__":
    main()
