#!/usr/bin/env python3
"""The configurations of docs/tasks.md, shortened, on the data that scripts/make_example_data.py makes.

usage: task_configs.py TRAINER
"""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SHORT = ["--set", "threads=1", "--set", "quant.stages.train_bn=0", "--set", "quant.stages.frozen_bn=1",
         "--set", "quant.stages.frozen_observers=0"]
RUNS = {  # configuration: epochs in float, a figure that chance does not reach
    "regression_oscillation": (3, ["--fail-below", "r2=0.4"]),
    "anomaly_digits": (3, ["--fail-below", "auc=0.8"]),
    "segmentation_shapes": (2, ["--fail-below", "0.3"]),
    "multi_task_machine": (2, ["--fail-below", "state.accuracy=0.6"]),
}


def main(trainer):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, ROOT / "scripts/make_example_data.py", "example_data"],
                       cwd=folder, check=True, stdout=subprocess.DEVNULL)
        for part in ("configs", "data"):
            shutil.copytree(ROOT / part, folder / part)
        for config, (epochs, figure) in RUNS.items():
            done = subprocess.run([trainer, f"configs/{config}.json", *SHORT, "--set",
                                   f"train.epochs={epochs}", *figure], cwd=folder, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            print(done.stdout)
            if done.returncode != 0 or "codes different       0 of" not in done.stdout:
                sys.exit(f"{config}: exit code {done.returncode}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
