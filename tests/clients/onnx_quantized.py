#!/usr/bin/env python3
"""Quantizes small networks by ONNX Runtime's own quantizer and reads the files: as float networks, whose
outputs are compared with those of the float network that has the weights of the file; and as integer
models, whose codes are compared with those that ONNX Runtime computes.

usage: onnx_quantized.py OCTET      run by the Python that tests/clients/setup.sh installs the packages for

ONNX Runtime rescales in float and rounds halves to the even code, octet in integers: a code may differ by
1 where both are near a half, and such a code makes others behind it differ; sigmoid and softmax have the
format's scale. Exit status: 0 if float outputs are equal to 1e-4 of the largest value, and at most 2 % of
the codes of each network's output differ by more than 1, none by more than 4; 77, the tests' sign for skipped, without the packages; else 1.
"""
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

SAMPLES = 64


class Net:
    """A float network under construction."""

    def __init__(self, seed, shape):
        import numpy
        import onnx
        self.onnx, self.random = onnx, numpy.random.default_rng(seed)
        self.nodes, self.weights, self.shape = [], {}, shape

    def add(self, op, inputs, **attributes):
        self.nodes.append(self.onnx.helper.make_node(op, inputs, [f"v{len(self.nodes)}"], **attributes))
        return self.nodes[-1].output[0]

    def weight(self, *shape, scale=None):
        name = f"w{len(self.weights)}"
        fan = max(1, int(self.onnx.numpy_helper.np.prod(shape[1:])))
        spread = scale or (2.0 / fan) ** 0.5
        self.weights[name] = (self.random.standard_normal(shape) * spread).astype("float32")
        return name

    def conv(self, x, c_in, c_out, k, stride=1, group=1):
        p = k // 2
        return self.add("Conv", [x, self.weight(c_out, c_in // group, k, k), self.weight(c_out, scale=0.1)],
                        kernel_shape=[k, k], strides=[stride, stride], pads=[p, p, p, p], group=group)

    def model(self, result, opset=17):
        h = self.onnx.helper
        value = lambda name, dims: h.make_tensor_value_info(name, self.onnx.TensorProto.FLOAT, dims)
        initializers = [self.onnx.numpy_helper.from_array(v, k) for k, v in self.weights.items()]
        graph = h.make_graph(self.nodes, "net", [value("x", ["N", *self.shape])],
                             [value(result, None)], initializers)
        return h.make_model(graph, opset_imports=[h.make_opsetid("", opset)], ir_version=8)


def plain():
    n = Net(1, (3, 16, 16))
    y = n.add("Relu", [n.conv("x", 3, 8, 3)])
    y = n.add("MaxPool", [y], kernel_shape=[2, 2], strides=[2, 2])
    y = n.add("Relu", [n.conv(y, 8, 16, 3, stride=2)])
    y = n.add("Flatten", [n.add("AveragePool", [y], kernel_shape=[3, 3])])
    return n.model(n.add("Gemm", [y, n.weight(10, 64), n.weight(10, scale=0.1)], transB=1))


def residual():
    n = Net(2, (8, 12, 12))
    y = n.add("Relu", [n.conv("x", 8, 8, 3)])
    for _ in range(2):
        z = n.add("Relu", [n.conv(y, 8, 8, 3)])
        y = n.add("Relu", [n.add("Add", [n.conv(z, 8, 8, 3), y])])
    y = n.add("Flatten", [n.add("GlobalAveragePool", [y])])
    return n.model(n.add("MatMul", [y, n.weight(8, 5)]))


def mobile():
    n = Net(3, (4, 12, 12))
    y = "x"
    low, high = "low", "high"
    for c_in, c_out in ((4, 8), (8, 12)):
        n.weights.setdefault(low, n.random.standard_normal(()).astype("float32") * 0)
        n.weights.setdefault(high, n.weights[low] + 6)
        y = n.add("Clip", [n.conv(y, c_in, c_in, 3, group=c_in), low, high])
        y = n.conv(y, c_in, c_out, 1)
    return n.model(n.add("Sigmoid", [n.add("Flatten", [n.add("GlobalAveragePool", [y])])]))


def branches():
    n = Net(4, (4, 8, 8))
    a, b = n.add("Relu", [n.conv("x", 4, 6, 3)]), n.add("LeakyRelu", [n.conv("x", 4, 6, 1)], alpha=0.1)
    y = n.add("Concat", [a, b], axis=1)
    y = n.add("Mul", [y, n.add("Sigmoid", [y])])
    y = n.add("Transpose", [n.conv(y, 12, 8, 1)], perm=[0, 2, 3, 1])
    return n.model(n.add("Softmax", [y], axis=-1))


NETS = {"plain": plain, "residual": residual, "mobile": mobile, "branches": branches}
FORMS = [("QDQ", activations, per_channel, symmetric) for activations in ("QUInt8", "QInt8")
         for per_channel in (False, True) for symmetric in (False, True)]
FORMS += [("QOperator", "QUInt8", per_channel, False) for per_channel in (False, True)]
# Of operators on codes: the inputs that are weights and bias, and the axis of output channels.
ON_CODES = {"QLinearConv": (3, 8, 0), "QGemm": (3, 6, 0), "QLinearMatMul": (3, -1, 1)}


def dequantized(model, numpy_helper):
    """The weights of a quantized model, by their names in the float one."""
    constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    weights = {}

    def add(name, scale, zero, axis):
        q, z = constants[name].astype("int64"), constants.get(zero, 0 * scale).astype("int64")
        if scale.size > 1:
            dims = [1] * q.ndim
            dims[axis] = scale.size
            scale, z = scale.reshape(dims), z.reshape(dims)
        weights[name.removesuffix("_quantized")] = ((q - z) * scale).astype("float32")

    for node in model.graph.node:
        x = list(node.input)
        if node.op_type == "DequantizeLinear" and x[0] in constants:
            axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
            add(x[0], constants[x[1]], x[2], axis)
        elif node.op_type in ON_CODES:
            weight, bias, axis = ON_CODES[node.op_type]
            add(x[weight], constants[x[weight + 1]], x[weight + 2], axis)
            if 0 < bias < len(x) and x[bias]:
                add(x[bias], constants[x[1]] * constants[x[weight + 1]], "", 0)
    return weights


class Case:
    def __init__(self, folder, float_model, form):
        import numpy
        import onnx
        from onnxruntime import quantization
        kind, activations, per_channel, symmetric = form
        self.folder, self.path = folder, folder / "quantized.onnx"
        onnx.save(float_model, folder / "float.onnx")
        shape = [d.dim_value for d in float_model.graph.input[0].type.tensor_type.shape.dim][1:]
        self.x = numpy.random.default_rng(5).uniform(-1, 1.5, (SAMPLES, *shape)).astype("float32")

        class Reader(quantization.CalibrationDataReader):
            batches = iter([{"x": self.x[:16]}])

            def get_next(self):
                return next(self.batches, None)

        types = quantization.QuantType
        quantization.quantize_static(
            folder / "float.onnx", self.path, Reader(), quant_format=quantization.QuantFormat[kind],
            activation_type=types[activations], weight_type=types.QInt8, per_channel=per_channel,
            extra_options={"ActivationSymmetric": symmetric, "WeightSymmetric": True})
        self.model, self.float_model = onnx.load(self.path), float_model
        self.constants = {t.name: onnx.numpy_helper.to_array(t) for t in self.model.graph.initializer}

    def params(self, op, value):
        """Scale and zero point (of int8 codes) of the node that makes or reads `value`."""
        for node in self.model.graph.node:
            if node.op_type == op and value in (*node.input, *node.output):
                z = self.constants[node.input[2]]
                return self.constants[node.input[1]].item(), int(z) - (128 if z.dtype == "uint8" else 0)
        raise KeyError(value)

    def run(self, path):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.add_session_config_entry("session.qdqisint8allowed", "1")
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        return session.run(None, {"x": self.x})[0]

    def octet(self, octet, *words):
        said = subprocess.run([octet, *map(str, words)], capture_output=True, text=True)
        if said.returncode != 0:
            raise RuntimeError(said.stderr.strip())
        return said.stdout

    def check_float(self, octet):
        import onnx
        model = onnx.ModelProto()
        model.CopyFrom(self.float_model)
        weights = dequantized(self.model, onnx.numpy_helper)
        for t in model.graph.initializer:
            if t.name in weights:
                t.CopyFrom(onnx.numpy_helper.from_array(weights[t.name], t.name))
        onnx.save(model, self.folder / "reference.onnx")
        self.x.tofile(self.folder / "x.f32")
        self.run(self.folder / "reference.onnx").tofile(self.folder / "y.f32")
        self.octet(octet, "import", self.path, "--check", self.folder / "x.f32", self.folder / "y.f32")

    def codes(self, octet):
        """(codes, those that differ, those by more than 1, the largest difference) of the output, in steps
        of the coarser scale of the two."""
        import numpy
        scale, zero = self.params("QuantizeLinear", "x")
        codes = numpy.clip(numpy.round(self.x / scale) + zero, -128, 127)
        self.x = ((codes - zero) * scale).astype("float32")
        nhwc = numpy.moveaxis(codes, 1, -1) if codes.ndim == 4 else codes
        nhwc.astype("int8").tofile(self.folder / "x.i8")
        model = self.folder / "net.tflite"
        self.octet(octet, "import", self.path, "--int8", model)
        self.octet(octet, "run", model, "--input", self.folder / "x.i8", "--output", self.folder / "y.i8")
        own, = json.loads(self.octet(octet, "inspect", model, "--json"))["outputs"]
        got = numpy.fromfile(self.folder / "y.i8", "int8").astype(float) - own["zero_point"]
        scale, zero = self.params("DequantizeLinear", self.model.graph.output[0].name)
        got = numpy.clip(got * own["scale"], (-128 - zero) * scale, (127 - zero) * scale)
        apart = abs(got - self.run(self.path).ravel()) / max(scale, own["scale"])
        return got.size, int((apart > 0.6).sum()), int((apart > 1.1).sum()), float(apart.max())


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n\n")[1])
    missing = [p for p in ("numpy", "onnx", "onnxruntime") if importlib.util.find_spec(p) is None]
    if missing:
        print("SKIPPED: no " + ", ".join(missing) + " (tests/clients/setup.sh installs them)")
        sys.exit(77)
    wrong = 0
    for name, make in NETS.items():
        for form in FORMS:
            said = f"{name} {form[0]} {form[1]}{' per channel' * form[2]}{' symmetric' * form[3]}"
            with tempfile.TemporaryDirectory() as folder:
                try:
                    case = Case(pathlib.Path(folder), make(), form)
                    case.check_float(sys.argv[1])
                    codes, different, far, most = case.codes(sys.argv[1])
                except RuntimeError as error:
                    print(f"{said}: {error}")
                    wrong += 1
                    continue
            print(f"{said}: {different} of {codes} codes differ, {far} by more than 1, by {most:.1f} at most")
            wrong += far > 0.02 * codes or most > 4.1
    sys.exit(wrong > 0)


main()
