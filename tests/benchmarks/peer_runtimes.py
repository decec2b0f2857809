"""Runs and times one model in another runtime, one thread; a JSON line like `octet bench --json -`.

usage: peer_runtimes.py RUNTIME MODEL INPUT... -- OUTPUT... -- SECONDS
RUNTIME: litert (LiteRT with XNNPACK), onnxruntime or openvino; MODEL: .tflite, for onnxruntime .onnx.
INPUT, OUTPUT: files with the raw bytes of each, in the order of the .tflite file (for onnxruntime as the
.onnx file has them). The first run's outputs are written, the later ones are timed.
"""
import json
import statistics
import sys
import time

import numpy


def litert(path, inputs):
    from ai_edge_litert.interpreter import Interpreter
    interpreter = Interpreter(path, num_threads=1)
    interpreter.allocate_tensors()
    for detail, data in zip(interpreter.get_input_details(), inputs):
        value = numpy.frombuffer(data, detail["dtype"])
        interpreter.set_tensor(detail["index"], value.reshape(detail["shape"]))
    outputs = [detail["index"] for detail in interpreter.get_output_details()]
    return interpreter.invoke, lambda: [interpreter.get_tensor(i) for i in outputs]


def onnxruntime(path, inputs):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.qdqisint8allowed", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    binding, result = session.io_binding(), []
    types = {"tensor(float)": "f4", "tensor(int8)": "i1", "tensor(uint8)": "u1"}
    for about, data in zip(session.get_inputs(), inputs):
        shape = [d if isinstance(d, int) else 1 for d in about.shape]
        value = numpy.frombuffer(data, types[about.type]).reshape(shape)
        binding.bind_cpu_input(about.name, value)
        result.append(value)  # alive as long as it is bound
    for about in session.get_outputs():
        binding.bind_output(about.name)
    return lambda: session.run_with_iobinding(binding), binding.copy_outputs_to_cpu


def openvino(path, inputs):
    import openvino
    core = openvino.Core()
    model = core.read_model(path)
    if any(value.partial_shape.is_dynamic for value in model.inputs):
        model.reshape({value: [d.get_length() if d.is_static else 1 for d in value.partial_shape]
                       for value in model.inputs})
    request = core.compile_model(model, "CPU", {
        "INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    for i, data in enumerate(inputs):
        tensor = request.get_input_tensor(i)
        tensor.data[...] = numpy.frombuffer(data, tensor.data.dtype).reshape(tensor.data.shape)
    count = len(model.outputs)
    return request.infer, lambda: [request.get_output_tensor(i).data for i in range(count)]


def measure(run, seconds):
    """CPU time is taken over groups of runs, for its clock is slow."""
    start = time.perf_counter()
    run()
    group = max(1, min(1000, round(2e-3 / (time.perf_counter() - start))))
    wall, cpu = [], []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(wall) < 3:
        used, start = time.process_time(), time.perf_counter()
        for _ in range(group):
            run()
        wall.append((time.perf_counter() - start) / group)
        cpu.append((time.process_time() - used) / group)
    return {"runs": group * len(wall), "median_ms": 1e3 * statistics.median(wall),
            "cpu_median_ms": 1e3 * statistics.median(cpu), "cpu_min_ms": 1e3 * min(cpu)}


def main(runtime, path, *rest):
    first = rest.index("--")
    inputs, outputs, seconds = rest[:first], rest[first + 1:-2], float(rest[-1])
    data = [open(name, "rb").read() for name in inputs]
    run, results = {"litert": litert, "onnxruntime": onnxruntime, "openvino": openvino}[runtime](
        path, data)
    run()
    for name, value in zip(outputs, results(), strict=True):
        with open(name, "wb") as file:
            file.write(numpy.ascontiguousarray(value).tobytes())
    print(json.dumps(measure(run, seconds)))


main(*sys.argv[1:])
