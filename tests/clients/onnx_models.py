#!/usr/bin/env python3
"""Imports networks that ship in packages of others, as they are, and compares what octet computes with
what ONNX Runtime does.

usage: onnx_models.py OCTET      run by the Python that tests/clients/setup.sh installs the packages for

Exit status: 0 if all are equal to 1e-4 of the largest value; 77, the tests' sign for skipped, without
the packages; else 1.
"""
import importlib.util
import pathlib
import subprocess
import sys
import tempfile

# File in the packages, and the shapes that it leaves open.
MODELS = [
    ("nudenet/320n.onnx", {"images": (1, 3, 320, 320)}),
    ("rapidocr/models/ch_ppocr_mobile_v2.0_cls_mobile.onnx", {"x": (2, 3, 48, 192)}),
    ("rapidocr/models/PP-OCRv6_det_small.onnx", {"x": (1, 3, 160, 320)}),
    ("rapidocr/models/PP-OCRv6_rec_small.onnx", {"x": (2, 3, 48, 320)}),
    ("rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx", {"x": (1, 3, 160, 320)}),
    ("rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx", {"x": (2, 3, 48, 320)}),
    ("rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx", {"x": (2, 3, 48, 192)}),
    ("ddddocr/common_det.onnx", {}),
]


def picture(numpy, shape):
    """Bright, with dark bars and dots like writing, in [-1, 1]."""
    n, c, h, w = shape
    y, x = numpy.mgrid[0:h, 0:w]
    line = (y // 12 % 2 == 1) & ((x * 7 + y * 3) % 11 < 4) & (x // 40 % 4 < 3)
    image = numpy.where(line, -0.8, 0.9) + 0.05 * numpy.sin(x / 9 + y / 13)
    return numpy.stack([numpy.stack([image * (1 - 0.1 * i - 0.05 * k) for i in range(c)])
                        for k in range(n)]).astype(numpy.float32)


def check(octet, path, shapes, numpy, runtime):
    """'' or what is wrong."""
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    command, feed = [octet, "import", str(path)], {}
    with tempfile.TemporaryDirectory() as folder:
        files = []

        def write(values):
            files.append(f"{folder}/{len(files)}.f32")
            numpy.ascontiguousarray(values, dtype="<f4").tofile(files[-1])

        for x in session.get_inputs():
            shape = shapes.get(x.name) or tuple(x.shape)
            if x.name in shapes:
                command += ["--shape", x.name + "=" + ",".join(map(str, (1,) + shape[1:]))]
            feed[x.name] = picture(numpy, shape)
            write(feed[x.name])
        for y in session.run(None, feed):
            write(y)
        said = subprocess.run(command + ["--check"] + files, capture_output=True, text=True)
    print(path.name, *[line for line in said.stdout.splitlines() if line.startswith("check")], sep="\n  ")
    return said.stderr.strip() if said.returncode else ""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n\n")[1])
    needed = ["numpy", "onnxruntime"] + [name.split("/")[0] for name, _ in MODELS]
    missing = sorted({p for p in needed if importlib.util.find_spec(p) is None})
    if missing:
        print("SKIPPED: no " + ", ".join(missing) + " (tests/clients/setup.sh installs them)")
        sys.exit(77)
    import numpy
    import onnxruntime
    wrong = []
    for name, shapes in MODELS:
        package = importlib.util.find_spec(name.split("/")[0]).submodule_search_locations[0]
        said = check(sys.argv[1], pathlib.Path(package).parent / name, shapes, numpy, onnxruntime)
        if said:
            wrong.append(said)
    print(*wrong, sep="\n")
    print(f"{len(MODELS) - len(wrong)} of {len(MODELS)} networks as in ONNX Runtime")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
