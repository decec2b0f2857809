#!/usr/bin/env python3
"""Training step of octet beside PyTorch's, in turns on one machine.

Every round runs, network by network, octet-bench step (float, qat, qat-frozen: each checks its result
first) and PyTorch's float and QAT step (peer_torch.py of the shared folder, malloc told to keep its
memory). With one thread the figure is CPU time, which other processes take no part of; with more
threads it is wall time. The best of all rounds counts. Both sides must report the same number of
multiplications.

    tests/benchmarks/train_vs_pytorch.py --rounds 3 [--nets lenet,resnet8] [--threads 1] [--json FILE]
"""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMES = {  # octet's network: PyTorch's
    "lenet": "lenet", "resnet8": "resnet8", "mobilenet_v1_025": "mbv1_025", "ds_cnn": "dscnn",
    "mobilenet_v2": "mbv2", "resnet18": "resnet18",
}
OCTET_MODES = ("float", "qat", "qat-frozen")
TORCH_MODES = ("train_fp32", "train_qat")
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
}


def run_json(command, env=None):
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout[done.stdout.index("{"):])


def octet_step(args, net, mode):
    r = run_json([args.bench, "step", "--net", net, "--mode", mode, "--threads", args.threads,
                  "--seconds", args.seconds, "--json", "-"])
    ms = r["cpu_min_ms"] if args.threads == "1" else r["min_ms"]
    return {"images_per_s": 1e3 * r["batch"] / ms, "macs": r["macs"] / r["batch"],
            "memory_mib": r["pool_peak_mib"], "rss_mib": r["peak_rss_mib"]}


def torch_step(args, net, mode):
    env = dict(os.environ, PEER_BUDGET=args.seconds, **KEEP_MEMORY)
    if args.threads != "1":
        env.update(OMP_WAIT_POLICY="passive", GOMP_SPINCOUNT="0")
    r = run_json([args.python, args.peers / "peer_torch.py", "one", NAMES[net], mode, args.threads],
                 env)
    speed = r["img_s_cpu_best"] if args.threads == "1" else r["img_s_best"]
    return {"images_per_s": speed, "macs": 1e6 * r["mmacs"], "rss_mib": r["rss_mib"]}


def best(old, new):
    return new if old is None or new["images_per_s"] > old["images_per_s"] else old


def main():
    shared = Path(os.environ.get("OCTET_SHARED", ROOT.parent / "shared"))
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--bench", default=ROOT / "build/release/apps/bench/octet-bench", type=Path)
    p.add_argument("--peers", default=shared / "peers", type=Path)
    p.add_argument("--python", default="/usr/bin/python3", help="one that has torch")
    p.add_argument("--nets", default=",".join(NAMES))
    p.add_argument("--threads", default="1")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", default="2", help="of each measurement")
    p.add_argument("--json", type=Path)
    args = p.parse_args()
    nets = args.nets.split(",")
    for net in nets:
        if net not in NAMES:
            p.error(f"unknown network {net}: expected one of {', '.join(NAMES)}")

    results = {net: {} for net in nets}
    for _ in range(args.rounds):
        for net in nets:
            r = results[net]
            for mode in OCTET_MODES:
                r[mode] = best(r.get(mode), octet_step(args, net, mode))
            for mode in TORCH_MODES:
                r[mode] = best(r.get(mode), torch_step(args, net, mode))
            if abs(r["float"]["macs"] / r["train_fp32"]["macs"] - 1) > 0.01:
                sys.exit(f"{net}: octet counts {r['float']['macs']:.4g} multiplications an image, "
                         f"PyTorch {r['train_fp32']['macs']:.4g}: not the same network")

    print("| network | float img/s | PyTorch | ratio | qat | qat-frozen | PyTorch QAT | ratio "
          "| QAT/float time: train_bn, frozen | memory: train_bn, frozen |")
    print("| --- |" + " --- |" * 9)
    for net, r in results.items():
        speed = {mode: r[mode]["images_per_s"] for mode in r}
        memory = {mode: r[mode]["memory_mib"] / r["float"]["memory_mib"] for mode in OCTET_MODES}
        print(f"| {net} | {speed['float']:.1f} | {speed['train_fp32']:.1f} "
              f"| {speed['float'] / speed['train_fp32']:.2f} | {speed['qat']:.1f} "
              f"| {speed['qat-frozen']:.1f} | {speed['train_qat']:.1f} "
              f"| {speed['qat'] / speed['train_qat']:.2f} "
              f"| {speed['float'] / speed['qat']:.2f}, {speed['float'] / speed['qat-frozen']:.2f} "
              f"| {memory['qat']:.2f}, {memory['qat-frozen']:.2f} |")
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
