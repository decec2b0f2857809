"""TFLite files as objects, and parts of them: single operators, first parts, other weights. For the scripts
beside it; needs ai-edge-litert (its schema), flatbuffers and numpy."""
import flatbuffers
import numpy
from ai_edge_litert import schema_py_generated as schema

NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
WEIGHTED = {"CONV_2D": (1, 2), "DEPTHWISE_CONV_2D": (1, 2), "FULLY_CONNECTED": (1, 2), "TRANSPOSE_CONV": (1, 3)}


def unpacked(content):
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    for buffer in model.buffers:
        if buffer.offset > 1:  # behind the flatbuffer
            data = content[buffer.offset:buffer.offset + buffer.size]
            buffer.data, buffer.offset, buffer.size = numpy.frombuffer(data, numpy.uint8), 0, 0
    return model


def packed(model):
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def operator_name(model, op):
    code = model.operatorCodes[op.opcodeIndex]
    return NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]


def is_constant(model, tensor):
    data = model.buffers[tensor.buffer].data
    return data is not None and len(data) > 0


def code_tensors(model):
    """The values, in their order, that are int8 codes."""
    graph = model.subgraphs[0]
    made = [*graph.inputs, *(t for op in graph.operators for t in op.outputs)]
    return [t for t in dict.fromkeys(made) if graph.tensors[t].type == schema.TensorType.INT8]


def with_edges(content, inputs, outputs, operators=None):
    """The file with other inputs and outputs; `operators`: those that stay."""
    model = unpacked(content)
    graph = model.subgraphs[0]
    if operators is not None:
        graph.operators = [graph.operators[i] for i in operators]
    graph.inputs, graph.outputs, model.signatureDefs = list(inputs), list(outputs), []
    return packed(model)


def until(content, tensor):
    """The part of the file that computes the value."""
    model = unpacked(content)
    operators, wanted = [], {tensor}
    for i in reversed(range(len(model.subgraphs[0].operators))):
        op = model.subgraphs[0].operators[i]
        if wanted & set(op.outputs):
            operators.append(i)
            wanted |= set(op.inputs)
    return with_edges(content, model.subgraphs[0].inputs, [tensor], sorted(operators))


def with_half_codes(content):
    """The file with weights of half the codes at twice the scales, +-63 at most, and biases to match: another
    network of the same kind, for kernels that add two products in 16 bits."""
    model = unpacked(content)
    graph, done = model.subgraphs[0], set()
    for op in graph.operators:
        for i in WEIGHTED.get(operator_name(model, op), ()):
            t = op.inputs[i] if i < len(op.inputs) else -1
            if t < 0 or t in done or not is_constant(model, graph.tensors[t]):
                continue
            done.add(t)
            buffer = model.buffers[graph.tensors[t].buffer]
            kind = numpy.int8 if i == 1 else numpy.int32
            codes = numpy.frombuffer(bytes(buffer.data), kind)
            half = numpy.trunc(codes / 2).astype(kind)
            buffer.data = numpy.frombuffer(half.tobytes(), numpy.uint8)
            about = graph.tensors[t].quantization
            if about is not None and about.scale is not None:
                about.scale = list(numpy.float32(about.scale) * numpy.float32(2))
    return packed(model)
