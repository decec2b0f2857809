"""ONNX files in ONNX Runtime, OpenVINO and MNN: what they compute, and by which kernels.

For the scripts beside it, by the Python that tests/clients/setup_onnx.sh installs. A runtime's class takes
the file; run() takes and returns arrays by the names of inputs and outputs, one thread; kernels() is
[(operator, kernel, is it on codes)] of what is really executed.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy
import onnx

PRODUCTS = {"Conv", "ConvTranspose", "Gemm", "MatMul"}  # of ONNX


class OnnxRuntime:
    name, package = "ONNX Runtime", "onnxruntime"
    on_codes = {"QLinearConv", "QGemm", "QLinearMatMul", "QLinearAdd", "QLinearMul", "QLinearAveragePool",
                "QLinearGlobalAveragePool", "QLinearConcat", "QLinearSigmoid", "QLinearLeakyRelu",
                "QLinearSoftmax"}

    def __init__(self, path, optimized=None):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        if optimized:
            options.optimized_model_filepath = str(optimized)
        self.path = path
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.outputs = [o.name for o in self.session.get_outputs()]

    def run(self, values):
        return dict(zip(self.outputs, self.session.run(self.outputs, values)))

    def kernels(self):
        with tempfile.TemporaryDirectory() as folder:
            optimized = pathlib.Path(folder) / "optimized.onnx"
            OnnxRuntime(self.path, optimized)
            graph = onnx.load(optimized).graph
        types = {i.name: i.data_type for i in graph.initializer}
        codes = {onnx.TensorProto.UINT8, onnx.TensorProto.INT8}
        for info in (*graph.value_info, *graph.input, *graph.output):
            types[info.name] = info.type.tensor_type.elem_type
        result = []
        for node in graph.node:
            if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
                if types.get(node.output[0]) == onnx.TensorProto.FLOAT and node.input[0] in types and \
                        any(i.name == node.input[0] for i in graph.initializer):
                    continue  # a constant of an operator that stays in floats
                result.append((node.op_type, node.op_type, True))
                continue
            moves = types.get(node.output[0]) in codes or types.get(node.input[0]) in codes
            result.append((node.op_type, node.op_type, node.op_type in self.on_codes or moves))
        return result

    @staticmethod
    def is_product(op):
        return op in PRODUCTS or op in ("FusedConv", "FusedMatMul", "QLinearConv", "QGemm", "QLinearMatMul")


class OpenVino:
    name, package = "OpenVINO", "openvino"

    def __init__(self, path):
        import openvino
        warnings.filterwarnings("ignore")
        core = openvino.Core()
        self.compiled = core.compile_model(core.read_model(str(path)), "CPU", {
            "INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"})
        self.request = self.compiled.create_infer_request()
        self.outputs = [o.get_any_name() for o in self.compiled.outputs]

    def run(self, values):
        found = self.request.infer(values)
        return {name: numpy.array(found[i]) for i, name in enumerate(self.outputs)}

    def kernels(self):
        """Of the graph that ran: runtimePrecision says i8 for float kernels, primitiveType does not."""
        result = []
        for op in self.compiled.get_runtime_model().get_ordered_ops():
            about = op.get_rt_info()
            kind, kernel = str(about["layerType"].value), str(about["primitiveType"].value)
            result.append((kind, kernel, kernel.lower().endswith("_i8") or kernel.lower().endswith("_u8")))
        return result

    @staticmethod
    def is_product(op):
        return op in ("Convolution", "FullyConnected", "MatMul", "Deconvolution", "GroupConvolution")


class Mnn:
    """Of a folder with model.onnx and compression.bin. Its converter runs in a process of its own, as it ends
    that where it fails."""
    name, package = "MNN", "MNN"
    convert = ("import sys, _tools\n"  # the script `mnnconvert` would install packages and send usage data
               "_tools.mnnconvert(['', *sys.argv[1:]])")

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.model, graph = folder / "model.mnn", onnx.load(folder / "model.onnx").graph
        self.inputs, self.outputs = [i.name for i in graph.input], [o.name for o in graph.output]
        self.tool("-f", "ONNX", "--modelFile", folder / "model.onnx", "--MNNModel", self.model,
                  "--compressionParamsFile", folder / "compression.bin", "--bizCode", "octet")
        self.net = None

    def tool(self, *arguments):
        done = subprocess.run([sys.executable, "-c", self.convert, *map(str, arguments)], capture_output=True,
                              text=True, env={**os.environ, "PATH": os.defpath})
        if done.returncode != 0 or not self.model.exists():
            raise RuntimeError(f"MNN's converter: {(done.stdout + done.stderr).strip()[-300:]}")

    def run(self, values):
        from MNN import expr, nn
        if self.net is None:
            self.net = nn.load_module_from_file(str(self.model), self.inputs, self.outputs)
        given = [expr.const(v.flatten().tolist(), list(v.shape), expr.NCHW) for v in values.values()]
        found = self.net.onForward([expr.convert(v, expr.NC4HW4) if len(v.shape) == 4 else v for v in given])
        result = {}
        for name, value in zip(self.outputs, found):
            value = expr.convert(value, expr.NCHW) if len(value.shape) == 4 else value
            result[name] = numpy.array(value.read())
        return result

    def kernels(self):
        dump = self.model.with_suffix(".json")
        self.tool("-f", "MNN", "--modelFile", self.model, "--JsonFile", dump)
        result = []
        for op in json.loads(dump.read_text())["oplists"]:
            quantized = (op.get("main") or {}).get("symmetricQuan") or {}
            kernel = quantized.get("outputDataType", "")
            result.append((op["type"], kernel, kernel == "DT_INT8"))
        return result

    @staticmethod
    def is_product(op):
        return op in ("Convolution", "ConvolutionDepthwise", "Deconvolution")
