#!/usr/bin/env python3
"""Seven networks through the targets that take ONNX, in the real runtimes: the file is valid, is executed as
int8, and gives octet's codes.

usage: onnx_targets.py OCTET [FOLDER] [--rounding single|float|double]

The networks are those that `octet-bench golden` writes: in FOLDER, or new ones. Of each and each target:
onnx.checker takes the file; onnxslim and onnxsim leave its outputs; every convolution and matrix product runs
in an int8 kernel, but those of IN_FLOATS; each operator alone, on the inputs that it has in octet, gives
octet's codes but for 1 in 1,000, by 1 at most, or, for a reason that REASONS has, the codes next to the
exact values; the network has the same top-1. Codes are those of the target's rounding, unless
--rounding says another: docs/deploy.md has both. ResNet-8 besides, from its input to each value (a graph
with more outputs would be computed otherwise). Needs what setup_onnx.sh installs. Exit status: 0; 77 if
something is not here; else 1.
"""
import argparse
import collections
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy
    import onnx
    import onnxruntime
    import onnxsim
    import onnxslim
    import openvino

    import MNN
    import onnx_runtimes
    import tflite_parts
except ImportError as missing:
    here = pathlib.Path(__file__).resolve().parent
    venv = pathlib.Path(os.environ.get("OCTET_CLIENTS") or here.parents[1] / "build/clients") / "onnx"
    if venv.is_dir() and pathlib.Path(sys.prefix).resolve() != venv.resolve():
        os.execv(venv / "bin/python3", [venv / "bin/python3", *sys.argv])
    print(f"SKIPPED: {missing} (tests/clients/setup_onnx.sh installs it)")
    sys.exit(77)

SOURCE = pathlib.Path(__file__).resolve().parents[2]
NETWORKS = ["lenet", "resnet8", "mobilenet_v1_025", "ds_cnn", "mobilenet_v2_035", "unet",
            "mobilenet_v3_small"]
RUNTIMES = {"onnxruntime": onnx_runtimes.OnnxRuntime, "openvino": onnx_runtimes.OpenVino,
            "mnn": onnx_runtimes.Mnn}
MOST = 1e-3  # of an operator's codes may be 1 off
SAMPLES = 10
# Of ResNet-8's values up to the average pool may differ, in shares. Without VNNI one of 327,680 codes in the third
# convolution did in OpenVINO 2026.4, and what follows from it, 142 of 81,920, at the last addition.
LEAST = {"openvino": 0, "onnxruntime": 1e-4}
MNN_X86 = "which MNN 3.6 computes wrongly on x86"
# Products that a target computes in floats: octet warns of them.
IN_FLOATS = {("onnxruntime", "ConvTranspose"), ("openvino", "ConvTranspose")}
HALVES = "codes in the middle of two"
# (target, operator): why its codes may differ in more than MOST of the values, by 1 still. Then each code that
# differs is next to the exact value: at most `beyond` of a code further than the half, or, of MNN, 2 steps of a sum of products.
REASONS = {
    ("onnxruntime", "AVERAGE_POOL_2D"): (HALVES, 1e-3),
    ("openvino", "AVERAGE_POOL_2D"): (HALVES, 1e-3),
    ("onnxruntime", "RESIZE_BILINEAR"): ("in floats; " + HALVES, 1e-3),
    ("openvino", "RESIZE_BILINEAR"): ("in floats; " + HALVES, 1e-3),
    ("onnxruntime", "HARD_SWISH"): ("in floats; TFLite's has sums of 16 bits", 1e-3),
    ("openvino", "HARD_SWISH"): ("in floats; TFLite's has sums of 16 bits", 1e-3),
    ("onnxruntime", "TRANSPOSE_CONV"): ("in floats", 1e-3),
    ("openvino", "TRANSPOSE_CONV"): ("in floats", 1e-3),
    ("mnn", "DEPTHWISE_CONV_2D"): ("bias and zero point are cut to whole sums", None),
}

def run(*command):
    said = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if said.returncode != 0:
        raise RuntimeError(f"{command[0]}: {(said.stdout + said.stderr).strip()[-500:]}")
    return said.stdout


def without_vnni():
    """Of x86 CPUs without VNNI: OpenVINO's sums of two products with 8-bit weights saturate there."""
    about = pathlib.Path("/proc/cpuinfo").read_text()
    return "avx" in about and "vnni" not in about


if without_vnni():
    LEAST["openvino"] = 5e-3


class Network:
    """A TFLite file and octet's codes of all its values, for samples."""

    def __init__(self, octet, content, samples, rounding, scratch):
        self.octet, self.content, self.rounding, self.scratch = octet, content, rounding, scratch
        self.model = tflite_parts.unpacked(content)
        self.graph = self.model.subgraphs[0]
        shape = self.graph.tensors[self.graph.inputs[0]].shape
        self.codes = self.compute(samples.reshape(-1, *shape[1:]))

    def compute(self, samples):
        tensors = tflite_parts.code_tensors(self.model)
        made = [t for t in tensors if t not in self.graph.inputs]
        path = self.scratch / "values.tflite"
        path.write_bytes(tflite_parts.with_edges(self.content, self.graph.inputs, made))
        samples.tofile(self.scratch / "in")
        outputs = [word for t in made for word in ("--output", self.scratch / f"out{t}")]
        run(self.octet, "run", path, "--rounding", self.rounding, "--input", self.scratch / "in", *outputs)
        codes = {t: numpy.fromfile(self.scratch / f"out{t}", numpy.int8)
                 .reshape(len(samples), *self.graph.tensors[t].shape[1:]) for t in made}
        return {**codes, self.graph.inputs[0]: samples}

    def params(self, t):
        about = self.graph.tensors[t].quantization
        return numpy.float32(about.scale[0]), int(about.zeroPoint[0])

    def reals(self, t):
        """As an ONNX file has them: images are NCHW."""
        scale, zero = self.params(t)
        real = (self.codes[t].astype(numpy.float32) - zero) * scale
        return numpy.ascontiguousarray(real.transpose(0, 3, 1, 2) if real.ndim == 4 else real)

    def unrounded(self, t, reals):
        """Of an ONNX file's reals, in codes and as octet has them."""
        scale, zero = self.params(t)
        codes = numpy.asarray(reals, numpy.float64) / scale + zero
        codes = codes.transpose(0, 2, 3, 1) if codes.ndim == 4 else codes
        return codes.reshape(self.codes[t].shape)

    def apart(self, t, reals):
        """How far each code of these reals is from octet's."""
        return abs(numpy.rint(self.unrounded(t, reals)) - self.codes[t])

    def product_steps(self, operator):
        """For each channel, what one more in a sum of products is, in codes of the result."""
        op = self.graph.operators[operator]
        scales = numpy.float64(self.graph.tensors[op.inputs[1]].quantization.scale)
        return scales * self.params(op.inputs[0])[0] / self.params(op.outputs[0])[0]

    def producer(self, t):
        return next((i for i, op in enumerate(self.graph.operators) if t in op.outputs), None)

    def steps(self):
        """(operators, inputs, outputs) of each operator alone; a PAD belongs to its readers."""
        name = lambda i: tflite_parts.operator_name(self.model, self.graph.operators[i])
        for i, op in enumerate(self.graph.operators):
            readers = [k for k, o in enumerate(self.graph.operators) if op.outputs[0] in o.inputs]
            if name(i) == "PAD" and all("CONV" in name(k) or "POOL" in name(k) for k in readers):
                continue
            operators, inputs = [i], [t for t in op.inputs if t in self.codes]
            before = self.producer(inputs[0]) if inputs else None
            if before is not None and name(before) == "PAD" and ("CONV" in name(i) or "POOL" in name(i)):
                operators.insert(0, before)
                inputs[0] = self.graph.operators[before].inputs[0]
            if inputs and all(t in self.codes for t in op.outputs):
                yield name(i), operators, list(dict.fromkeys(inputs)), list(op.outputs)


class InTarget:
    """A file exported for a target, in its runtime."""

    def __init__(self, octet, content, target, scratch, runs=True):
        source, self.out = scratch / "model.tflite", scratch / "exported"
        source.write_bytes(content)
        if target != "mnn":
            self.out = self.out.with_suffix(".onnx")
        run("rm", "-rf", self.out)
        run(octet, "export", source, "--to", target, "--out", self.out)
        self.file = self.out / "model.onnx" if target == "mnn" else self.out
        self.proto = onnx.load(self.file)
        self.runtime = RUNTIMES[target](self.out) if runs else None

    def named(self, values):
        return dict(zip([i.name for i in self.proto.graph.input], values))

    def run(self, values):
        """The outputs, in the file's order, for values in the file's order."""
        found = self.runtime.run(self.named(values))
        return [found[o.name] for o in self.proto.graph.output]


def check_file(exported, values):
    """What is wrong with the file as such, and with what the simplifiers make of it."""
    onnx.checker.check_model(exported.proto, full_check=True)
    given = exported.named(values)
    wanted = onnx_runtimes.OnnxRuntime(exported.file).run(given)
    simplified = exported.file.with_name("simplified.onnx")
    trouble = []
    for tool, make in (("onnxslim", onnxslim.slim), ("onnxsim", lambda m: onnxsim.simplify(m)[0])):
        onnx.save(make(onnx.load(exported.file)), simplified)
        found = onnx_runtimes.OnnxRuntime(simplified).run(given)
        for name, value in wanted.items():
            if not numpy.allclose(found[name], value, rtol=0, atol=1e-4 * max(1, abs(value).max())):
                trouble.append(f"{tool} changes {name}")
    return trouble


def check_kernels(target, exported):
    """(how many products run on codes, what is wrong)"""
    kernels = exported.runtime.kernels()
    products = [k for k in kernels if exported.runtime.is_product(k[0])]
    on_codes = sum(k[2] for k in products)
    kinds = {"Conv"} if target == "mnn" else onnx_runtimes.PRODUCTS  # MNN quantizes no others
    wanted = sum(n.op_type in kinds and (target, n.op_type) not in IN_FLOATS for n in exported.proto.graph.node)
    if on_codes < wanted:
        return on_codes, [f"{wanted - on_codes} of {wanted} products run with floats: " +
                          ", ".join(sorted({f"{k[0]} {k[1]}" for k in products if not k[2]}))]
    return on_codes, []


def check_resnet_in_onnxruntime(exported):
    """With residuals, all but the edges is on codes."""
    count = collections.Counter(op for op, _, _ in exported.runtime.kernels())
    expected = {"QLinearConv": 9, "QLinearAdd": 3, "QLinearGlobalAveragePool": 1, "QGemm": 1,
                "QuantizeLinear": 1, "DequantizeLinear": 1}
    others = set(count) - set(expected) - {"Transpose", "Flatten", "Reshape"}
    return [f"ResNet-8: expected {expected}, got {dict(count)}"] \
        if others or any(count[k] != v for k, v in expected.items()) else []


class Operators:
    """What the operators of one kind came to."""

    def __init__(self):
        self.nodes = self.values = self.differing = 0
        self.most = 0.0
        self.trouble = []

    def add(self, label, apart, beyond):
        """beyond: of a code that differs, how much further it is from the exact value than half a code; None
        where there is no reason to differ."""
        self.nodes += 1
        self.values += apart.size
        differing = numpy.count_nonzero(apart)
        self.differing += int(differing)
        self.most = max(self.most, float(apart.max()))
        said = f"{label}: {differing} of {apart.size}, by {apart.max():g}"
        if apart.max() > 1 or (beyond is None and differing > max(MOST * apart.size, 1)):
            self.trouble.append(said)
        elif beyond is not None and differing and beyond.max() > 0:
            self.trouble.append(f"{said}, {beyond.max():g} further from the exact values than the reason explains")


def exact_values(octet, content, values, scratch):
    """Of an operator computed in floats, without quantizers."""
    file = InTarget(octet, content, "mnn", scratch, runs=False).file
    return onnx_runtimes.OnnxRuntime(file).run(values)


def compare_operators(octet, target, network, label, table, scratch):
    for name, operators, inputs, outputs in network.steps():
        if target == "mnn" and name not in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            continue
        content = tflite_parts.with_edges(network.content, inputs, outputs, operators)
        exported = InTarget(octet, content, target, scratch)
        values = [network.reals(t) for t in inputs]
        for t, value in zip(outputs, exported.run(values)):
            apart, beyond = network.apart(t, value), None
            if (target, name) in REASONS:
                exact = exact_values(octet, content, exported.named(values), scratch)
                real = numpy.clip(network.unrounded(t, next(iter(exact.values()))), -128, 127)
                most = REASONS[target, name][1] or 2 * network.product_steps(operators[-1])
                beyond = (abs(numpy.rint(network.unrounded(t, value)) - real) - 0.5 - most)[apart > 0]
            table[target, name].add(f"{label} {name} {operators[-1]}", apart, beyond)


def compare_prefixes(octet, target, network, scratch):
    """Lines of each value of the network in a model that ends there, and what is wrong."""
    lines, trouble, pooled = [], [], False
    for name, _, _, outputs in network.steps():
        pooled |= "POOL" in name or name == "MEAN"
        exported = InTarget(octet, tflite_parts.until(network.content, outputs[0]), target, scratch)
        value, = exported.run([network.reals(network.graph.inputs[0])])
        apart = network.apart(outputs[0], value)
        wrong = int(numpy.count_nonzero(apart))
        lines.append(f"{name} {wrong} of {apart.size}")
        most = LEAST[target] * apart.size
        if not pooled and wrong > most:
            trouble.append(f"{target} resnet8 up to {name} {outputs[0]}: {wrong} of {apart.size}, by {apart.max():g}")
    return lines, trouble


def wrong_in_mnn(network):
    """What MNN 3.6 computes wrongly on codes on x86, where they are stored 128 higher: maxima are those of the
    low byte as a signed number."""
    return sorted({name for name, *_ in network.steps()} & {"MAX_POOL_2D", "MAXIMUM", "MINIMUM"})


def check(octet, folder, name, target, table, scratch, rounding):
    """The cells of a row, and what is wrong."""
    content = (folder / f"{name}_single.tflite").read_bytes()
    if target == "mnn" or (target == "openvino" and without_vnni()):
        content = tflite_parts.with_half_codes(content)
    rounding = rounding or ("float" if target == "onnxruntime" else "single")
    digits = numpy.fromfile(folder / f"{name}_single.inputs", numpy.int8)
    more = numpy.random.default_rng(5).integers(-128, 128, digits.size, numpy.int8)
    network = Network(octet, content, numpy.concatenate([digits, more]), rounding, scratch)
    exported = InTarget(octet, content, target, scratch)
    values = [network.reals(network.graph.inputs[0])]
    trouble = check_file(exported, values)
    on_codes, wrong = check_kernels(target, exported)
    trouble += wrong
    if (name, target) == ("resnet8", "onnxruntime"):
        trouble += check_resnet_in_onnxruntime(exported)
    output, = network.graph.outputs
    apart = network.apart(output, exported.run(values)[0])
    ours, theirs = network.codes[output], exported.run(values)[0]
    classes = ours.ndim == 2
    same = int((ours.argmax(1) == theirs.argmax(1)).sum()) if classes else 0
    left_out = wrong_in_mnn(network) if target == "mnn" else []
    if classes and target != "mnn" and same < len(ours):
        # Of MNN only what trained networks answer is judged (onnx_trained.py): of these, trained for a moment, the
        # largest logits are few codes apart, and its result is in floats.
        trouble.append(f"top-1: {same} of {len(ours)}")
    lines = []
    if name == "resnet8" and target != "mnn":
        lines, wrong = compare_prefixes(octet, target, network, scratch)
        trouble += wrong
    compare_operators(octet, target, network, name, table, scratch)
    codes = f"not compared: {', '.join(left_out)}, {MNN_X86}" if left_out else \
        f"{numpy.count_nonzero(apart)} of {apart.size}, by at most {apart.max():g}"
    cells = [name, target, str(on_codes), codes, f"{same} of {len(ours)}" if classes and not left_out else "-"]
    return cells, lines, [f"{name}, {target}: {text}" for text in trouble]


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].removeprefix("usage: "))
    parser.add_argument("octet", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path, nargs="?")
    parser.add_argument("--rounding", choices=["single", "float", "double"])
    options = parser.parse_args()
    octet = options.octet.resolve()
    table, trouble = collections.defaultdict(Operators), []
    with tempfile.TemporaryDirectory() as temporary:
        scratch = pathlib.Path(temporary)
        folder = options.folder or scratch / "golden"
        if not options.folder:
            run(octet.parents[1] / "bench/octet-bench", "golden", "--images", SOURCE / "data/digits.h5", "--out", folder,
                *[word for name in NETWORKS for word in ("--net", name)])
        print("| network | target | products in int8 kernels | codes of the output differing | same top-1 |\n" + "| --- " * 5 + "|")
        for name in NETWORKS:
            for target in RUNTIMES:
                try:
                    cells, lines, wrong = check(octet, folder, name, target, table, scratch,
                                               options.rounding)
                except RuntimeError as error:
                    cells, lines, wrong = [name, target, "FAILED", "-", "-"], [], [f"{name}, {target}: {error}"]
                print("| " + " | ".join(cells) + " |", flush=True)
                for line in lines:
                    print("  " + line)
                trouble += wrong
    print("\n| target | operator | nodes | codes | differing | by at most | |\n" + "| --- " * 7 + "|")
    for (target, name), of in sorted(table.items()):
        reason = REASONS.get((target, name), ("",))[0]
        print(f"| {target} | {name} | {of.nodes} | {of.values:,} | {of.differing} | {of.most:g} | {reason} |")
        trouble += [f"{target}: {text}" for text in of.trouble]
    for text in trouble:
        print("WRONG:", text)
    return bool(trouble)


if __name__ == "__main__":
    sys.exit(main())
