#!/usr/bin/env python3
"""Runs each operator of models alone, on the values that it has in LiteRT's reference kernels, and
compares octet's bytes with theirs: where a network departs from the reference, this says which
operator does.

usage: by_operator.py OCTET [FOLDER...]

A FOLDER holds model.tflite and input.bin, samples of its only input back to back; default: those below
cases/converters in $OCTET_SHARED. Needs ai-edge-litert, numpy and flatbuffers: this Python's, or those
that tests/clients/setup.sh installs below $OCTET_CLIENTS (default: build/clients). Operators of which an
integer operand depends on the sample, or that have a variable, are run on the first sample alone. Exit
status: 0 if all are equal, but for codes of FULLY_CONNECTED with a scale for each channel, which LiteRT
rounds once and which may differ by 1; 77 if something is not here; else 1.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    from tflite_parts import operator_name, packed, unpacked
except ImportError as missing:
    here = pathlib.Path(__file__).resolve().parent
    venv = pathlib.Path(os.environ.get("OCTET_CLIENTS") or here.parents[1] / "build/clients") / "venv"
    if venv.is_dir() and pathlib.Path(sys.prefix).resolve() != venv.resolve():
        os.execv(venv / "bin/python3", [venv / "bin/python3", *sys.argv])
    print(f"SKIPPED: {missing} (tests/clients/setup.sh installs it)")
    sys.exit(77)

COMPARED = {schema.TensorType.INT8: numpy.int8, schema.TensorType.FLOAT32: numpy.float32}


def values_of(content, inputs):
    """The values of all tensors, for each sample."""
    interpreter = Interpreter(model_content=content, experimental_preserve_all_tensors=True,
                              experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    detail, = interpreter.get_input_details()
    samples = numpy.frombuffer(inputs, detail["dtype"]).reshape(-1, *detail["shape"])
    result = []
    for sample in samples:
        interpreter.set_tensor(detail["index"], sample)
        interpreter.invoke()
        values = {}
        for t in interpreter.get_tensor_details():
            try:
                values[t["index"]] = interpreter.get_tensor(t["index"]).copy()
            except ValueError:  # without data
                pass
        result.append(values)
    return result


def alone(content, index, values):
    """The operator as a model of its own, and its inputs: integers are constants."""
    model = unpacked(content)
    graph = model.subgraphs[0]
    op = graph.operators[index]
    graph.operators, graph.inputs, graph.outputs = [op], [], list(op.outputs)
    model.signatureDefs, model.metadata = [], []
    for t in [t for t in (*op.inputs, *op.outputs) if t >= 0]:
        tensor = graph.tensors[t]
        tensor.shape, tensor.shapeSignature = list(values[t].shape), None
        data = model.buffers[tensor.buffer].data
        if t in op.outputs or t in graph.inputs or (data is not None and len(data) > 0):
            continue
        if tensor.type in COMPARED:
            graph.inputs.append(t)
        else:
            model.buffers.append(schema.BufferT())
            model.buffers[-1].data = numpy.frombuffer(values[t].tobytes(), numpy.uint8)
            tensor.buffer = len(model.buffers) - 1
    return packed(model), graph.inputs


def runnable(graph, op, samples):
    """The samples that the operator alone can be run on: the first, where its integers are others in
    others or it has a variable."""
    for t in (t for t in op.inputs if t >= 0):
        same = all(t in v and numpy.array_equal(v[t], samples[0][t]) for v in samples)
        if graph.tensors[t].isVariable or not (same or graph.tensors[t].type in COMPARED):
            return samples[:1]
    return samples


def difference(octet, content, index, samples, folder):
    """(differing values, the largest difference) of an operator's outputs, or what octet says."""
    graph = unpacked(content).subgraphs[0]
    op = graph.operators[index]
    samples = runnable(graph, op, samples)
    model, inputs = alone(content, index, samples[0])
    (folder / "model").write_bytes(model)
    command = [octet, "run", folder / "model", "--rounding", "double"]
    for k, t in enumerate(inputs):
        (folder / f"in{k}").write_bytes(b"".join(v[t].tobytes() for v in samples))
        command += ["--input", folder / f"in{k}"]
    for k, _ in enumerate(op.outputs):
        command += ["--output", folder / f"out{k}"]
    said = subprocess.run(command, capture_output=True, text=True)
    if said.returncode != 0:
        return said.stderr.strip()
    count, most = 0, 0
    for k, t in enumerate(op.outputs):
        got = numpy.fromfile(folder / f"out{k}", COMPARED[graph.tensors[t].type]).astype(float)
        apart = abs(got - numpy.concatenate([v[t].ravel() for v in samples]).astype(float))
        count, most = count + int(numpy.count_nonzero(apart)), max(most, apart.max())
    return count, most


def check(octet, case):
    """The number of operators that differ and may not."""
    content = (case / "model.tflite").read_bytes()
    samples = values_of(content, (case / "input.bin").read_bytes())
    model, wrong, rounded = unpacked(content), 0, 0
    tensors = model.subgraphs[0].tensors
    for index, op in enumerate(model.subgraphs[0].operators):
        name = operator_name(model, op)
        reads = any(t in samples[0] and tensors[t].type in COMPARED for t in op.inputs)
        if name == "SHAPE" or not reads or any(tensors[t].type not in COMPARED for t in op.outputs):
            continue
        with tempfile.TemporaryDirectory() as folder:
            found = difference(octet, content, index, samples, pathlib.Path(folder))
        if found == (0, 0):
            continue
        by_channel = (name == "FULLY_CONNECTED" and found[1] == 1
                      and len(tensors[op.inputs[1]].quantization.scale) > 1)
        if by_channel:
            rounded += found[0]
            continue
        wrong += 1
        said = found if isinstance(found, str) else f"{found[0]} values differ, by {found[1]:g} at most"
        print(f"{case.name}: operator {index} {name}: {said}")
    print(f"{case.name}: {wrong} operators differ; {rounded} codes of FULLY_CONNECTED by 1")
    return wrong


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__.split("\n\n")[1])
    cases = [pathlib.Path(folder) for folder in sys.argv[2:]]
    if not cases:
        here = pathlib.Path(__file__).resolve().parent
        shared = pathlib.Path(os.environ.get("OCTET_SHARED") or here.parents[2] / "shared")
        cases = sorted(m.parent for m in shared.glob("cases/converters/*/model.tflite"))
    if not cases:
        print("skipped: OCTET_SHARED has no cases/converters")
        sys.exit(77)
    sys.exit(sum(check(sys.argv[1], case) for case in cases) > 0)


main()
