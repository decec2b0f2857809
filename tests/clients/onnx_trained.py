#!/usr/bin/env python3
"""Networks that are trained for a target keep their accuracy in its runtime.

usage: onnx_trained.py OCTET [RUN...]

Trains LeNet, ResNet-8 and DS-CNN on digits with quant.target onnxruntime, openvino, mnn and tensorrt (a few epochs
each), exports each run for its target and has the runtime classify the 1,000 test digits: ONNX Runtime, in a
default session, and OpenVINO answer as octet does for all of them, MNN for 99.5 % (not of LeNet, whose maxima
it computes wrongly on x86). TensorRT's file is read: it has the form that TensorRT takes. PARTLY, a network that
keeps three layers in floats, has 99.9 % of octet's answers in ONNX Runtime and OpenVINO, and its convolutions run as
int8. Needs what setup_onnx.sh installs, and the trainer in the build folder of OCTET. RUN:
folders of finished runs, in place of new ones. Exit status: 0; 77 if something is not here; else 1.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy
    import onnx

    import onnx_runtimes
except ImportError as missing:
    here = pathlib.Path(__file__).resolve().parent
    venv = pathlib.Path(os.environ.get("OCTET_CLIENTS") or here.parents[1] / "build/clients") / "onnx"
    if venv.is_dir() and pathlib.Path(sys.prefix).resolve() != venv.resolve():
        os.execv(venv / "bin/python3", [venv / "bin/python3", *sys.argv])
    print(f"SKIPPED: {missing} (tests/clients/setup_onnx.sh installs it)")
    sys.exit(77)

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DIGITS = SOURCE / "data/digits.h5"
NETWORKS = ["lenet", "resnet8", "ds_cnn"]
EPOCHS = 4  # of floats, and as many quantized ones
# How many of a runtime's answers may be others. MNN computes the last layer in floats.
MOST = {"onnxruntime": 0, "openvino": 0, "mnn": 5}
TARGETS = [*MOST, "tensorrt"]
# Convolutions on codes around layers in floats, whose results each runtime rounds in its own way.
PARTLY = {
    "name": "partly",
    "seed": 1,
    "data": {"format": "hdf5", "path": str(DIGITS), "normalize": {"mean": [128], "std": [128]}, "val_fraction": 0.1},
    "model": {"layers": [
        {"type": "conv2d", "out": 12, "kernel": 5, "stride": 2},
        {"type": "exp", "name": "exp"},
        {"type": "log", "name": "log"},
        {"type": "conv2d", "out": 16, "kernel": 3},
        {"type": "sigmoid", "name": "sigmoid"},
        {"type": "flatten"},
        {"type": "linear"}]},
    "train": {"epochs": 3, "batch": 32, "optimizer": {"type": "adam", "lr": 1e-3}},
    "quant": {"mode": "qat", "batch": 32, "float_layers": ["exp", "log", "sigmoid"],
              "stages": {"train_bn": 0, "frozen_bn": 1, "frozen_observers": 0},
              "optimizer": {"type": "adam", "lr": 2e-4}},
}


def run(*command):
    said = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if said.returncode != 0:
        raise RuntimeError(f"{command[0]}: {(said.stdout + said.stderr).strip()[-500:]}")
    return said.stdout


def in_runtime(target, exported):
    if target == "mnn":
        return onnx_runtimes.Mnn(exported)
    if target == "openvino":
        return onnx_runtimes.OpenVino(exported)
    return onnx_runtimes.OnnxRuntime(exported)


def trained(octet, scratch):
    """The run folders."""
    trainer = octet.parents[1] / "trainer/trainer"
    if not trainer.exists():
        print(f"SKIPPED: no {trainer}")
        sys.exit(77)
    def train(config, name, zoo, *settings):
        words = [f"name={name}", f"model.zoo={zoo}", *settings]
        run(trainer, "--config", SOURCE / f"configs/{config}.json", "--out", scratch,
            *[word for setting in words for word in ("--set", setting)])

    for zoo in NETWORKS:
        train("resnet8_digits", zoo, zoo, f"train.epochs={EPOCHS}")
        for target in TARGETS:
            if (zoo, target) != ("lenet", "mnn"):
                first = json.dumps({"checkpoint": str(scratch / zoo / "checkpoint.h5")})
                train("resnet8_digits_qat", f"{zoo}_{target}", zoo, f"quant.target={target}", f"init={first}")
                yield scratch / f"{zoo}_{target}"
    (scratch / "partly.json").write_text(json.dumps(PARTLY))
    for target in ("onnxruntime", "openvino"):
        run(trainer, "--config", scratch / "partly.json", "--out", scratch, "--set", f"name=partly_{target}",
            "--set", f"quant.target={target}")
        yield scratch / f"partly_{target}"


def answers_of_octet(octet, folder, images, scratch):
    images.tofile(scratch / "digits")
    run(octet, "run", folder / "model.tflite", "--float", "--batch", "50", "--input", scratch / "digits",
        "--output", scratch / "logits")
    return numpy.fromfile(scratch / "logits", numpy.float32).reshape(len(images), -1)


def check(octet, folder, images, labels, scratch):
    """A line of the table, and what is wrong."""
    quant = json.loads((folder / "summary.json").read_text())["config"]["quant"]
    target, partly = quant["target"], bool(quant.get("float_layers"))
    exported = scratch / (f"{folder.name}.folder" if target == "mnn" else f"{folder.name}.onnx")
    run(octet, "export", folder, "--to", target, "--out", exported)
    logits = answers_of_octet(octet, folder, images, scratch)
    ours = logits.argmax(1)
    cells = [folder.name, target, f"{100 * numpy.mean(ours == labels):.2f} %"]
    if target == "tensorrt":
        return [*cells, "-", "-", "-"], [f"{folder.name}: {text}" for text in wrong_for_tensorrt(onnx.load(exported))]
    runtime = in_runtime(target, exported)
    name, = [i.name for i in onnx.load(exported / "model.onnx" if target == "mnn" else exported).graph.input]
    found = [runtime.run({name: image[numpy.newaxis].transpose(0, 3, 1, 2).copy()}) for image in images]
    values = numpy.array([value.reshape(-1) for result in found for value in result.values()])
    theirs = values.argmax(1)
    differing = int(numpy.count_nonzero(ours != theirs))
    codes = int(numpy.count_nonzero(~numpy.isclose(values, logits, rtol=1e-4, atol=1e-6)))  # a step apart or more
    cells += [f"{100 * numpy.mean(theirs == labels):.2f} %", f"{differing} of {len(images)}",
              f"{codes:,} of {values.size:,}" if target != "mnn" else "-"]
    wrong = []
    if differing > (len(images) // 1000 if partly else MOST[target]):
        wrong.append(f"{folder.name}: {differing} of {len(images)} answers are others in {runtime.name}")
    if partly:
        products = [kernel for kernel in runtime.kernels() if runtime.is_product(kernel[0])]
        if len(products) != 3 or not all(on_codes for _, _, on_codes in products):
            wrong.append(f"{folder.name}: expected 3 products on codes, got {products}")
    return cells, wrong


def wrong_for_tensorrt(model):
    """What is not as TensorRT takes it: int8 with zero points 0 alone, scalar scales of activations, quantizers around
    each product's and sum's inputs, weights with a scale for each output channel, biases of floats, a ReLU as
    an operator, as its zero point does not clamp."""
    onnx.checker.check_model(model, full_check=True)
    constants = {i.name: onnx.numpy_helper.to_array(i) for i in model.graph.initializer}
    makers = {o: n for n in model.graph.node for o in n.output}
    wrong = []

    def expect(holds, node, text):
        if not holds:
            wrong.append(f"{node.op_type} {node.name or node.output[0]}: {text}")

    def is_quantized(value):
        """Q, DQ of the value, or what moves it, or an input's pair."""
        node = makers.get(value)
        return node is not None and node.op_type == "DequantizeLinear" and \
            makers.get(node.input[0], node).op_type == "QuantizeLinear"

    kinds = {n.op_type for n in model.graph.node}
    if not {"Conv", "Gemm", "Relu"} <= kinds or any(kind.startswith("QLinear") for kind in kinds):
        wrong.append(f"operators: expected Conv, Gemm, Relu and none on codes, got {sorted(kinds)}")
    for node in model.graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            scale, zero = constants[node.input[1]], constants.get("".join(node.input[2:]))
            expect(zero is not None and zero.dtype == numpy.int8 and not zero.any(), node, f"zero point {zero}")
            expect((scale > 0).all() and numpy.isfinite(scale).all(), node, "scales")
            expect(scale.ndim == 0 or node.input[0] in constants, node, "scales by channel of an activation")
        elif node.op_type in ("Conv", "Gemm"):
            expect(is_quantized(node.input[0]), node, "no quantizer in front")
            weights = makers.get(node.input[1])
            expect(weights is not None and weights.op_type == "DequantizeLinear", node, "weights of floats")
            codes, scales = constants[weights.input[0]], constants[weights.input[1]]
            axis = next((a.i for a in weights.attribute if a.name == "axis"), 1)
            expect(codes.dtype == numpy.int8, node, f"weights of {codes.dtype}")
            expect(axis == 0 and scales.shape == codes.shape[:1], node, f"scales {scales.shape}, axis {axis}")
            bias = constants.get(node.input[2])
            expect(bias is not None and bias.dtype == numpy.float32, node, "expected a bias of floats")
            reader, = [n for n in model.graph.node if node.output[0] in n.input]
            expect(reader.op_type in ("Relu", "QuantizeLinear"), node, f"{reader.op_type} behind it")
        elif node.op_type == "Add":
            expect(all(map(is_quantized, node.input)), node, "an input without quantizer")
    floats = {onnx.TensorProto.FLOAT}
    if {v.type.tensor_type.elem_type for v in (*model.graph.input, *model.graph.output)} != floats:
        wrong.append("inputs or outputs are not floats")
    return wrong


def main(arguments):
    if not arguments:
        sys.exit(__doc__.split("\n\n")[1])
    octet, trouble = pathlib.Path(arguments[0]).resolve(), []
    with h5py.File(DIGITS) as file:
        pixels, labels = file["test/images"][()], file["test/labels"][()]
    images = (pixels.astype(numpy.float32) - 128) / 128  # as the configurations normalize
    print("| network | target | octet's accuracy | the runtime's | answers that differ | codes |")
    print("| --- " * 6 + "|")
    with tempfile.TemporaryDirectory() as temporary:
        scratch = pathlib.Path(temporary)
        for folder in map(pathlib.Path, arguments[1:]) if arguments[1:] else trained(octet, scratch):
            cells, wrong = check(octet, folder, images, labels, scratch)
            print("| " + " | ".join(cells) + " |", flush=True)
            trouble += wrong
    for text in trouble:
        print("WRONG:", text)
    return bool(trouble)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
