"""Runs models in real TFLite runtimes: TFLite Micro and LiteRT.

usage: tflite_python.py RUNTIME MODEL.tflite INPUTS.bin OUTPUTS.bin [MODEL INPUTS OUTPUTS]...
       tflite_python.py names MODEL.tflite NAMES.txt
       tflite_python.py --check
RUNTIME: tflm (TFLite Micro), litert (LiteRT, XNNPACK), litert_reference (its reference kernels).
INPUTS: samples back to back, each the raw bytes of the model's inputs in order; OUTPUTS likewise.
NAMES: the signature's inputs in one line and outputs in another, sorted: NAME=TENSOR ...
Exit codes: 0 done, 1 error, 77 the packages are not here (tests/clients/setup.sh installs them).
"""
import sys

try:
    import numpy
    import tflite_micro
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
except ImportError as missing:
    print(f"SKIPPED: {missing} (tests/clients/setup.sh installs it)")
    sys.exit(77)


class LiteRt:
    def __init__(self, model, resolver):
        self.interpreter = Interpreter(model, experimental_op_resolver_type=resolver)
        self.interpreter.allocate_tensors()
        self.inputs = self.interpreter.get_input_details()
        self.outputs = self.interpreter.get_output_details()

    def run(self, values):
        for detail, value in zip(self.inputs, values):
            self.interpreter.set_tensor(detail["index"], value)
        self.interpreter.invoke()
        return [self.interpreter.get_tensor(detail["index"]) for detail in self.outputs]


class Micro:
    def __init__(self, model):
        details = LiteRt(model, OpResolverType.BUILTIN_REF)  # Micro does not tell how many there are
        self.inputs, self.outputs = details.inputs, details.outputs
        self.interpreter = tflite_micro.runtime.Interpreter.from_file(model)

    def run(self, values):
        for i, value in enumerate(values):
            self.interpreter.set_input(value, i)
        self.interpreter.invoke()
        return [self.interpreter.get_output(i).copy() for i in range(len(self.outputs))]


RUNTIMES = {
    "tflm": Micro,
    "litert": lambda model: LiteRt(model, OpResolverType.AUTO),
    "litert_reference": lambda model: LiteRt(model, OpResolverType.BUILTIN_REF),
}


def run(runtime, model, inputs, outputs):
    client = RUNTIMES[runtime](model)
    data = open(inputs, "rb").read()
    result = b""
    at = 0
    while at < len(data):
        values = []
        for detail in client.inputs:
            value = numpy.frombuffer(data, detail["dtype"], numpy.prod(detail["shape"]), at)
            at += value.nbytes
            values.append(value.reshape(detail["shape"]))
        result += b"".join(value.tobytes() for value in client.run(values))
    with open(outputs, "wb") as file:
        file.write(result)


def main(arguments):
    if arguments == ["--check"]:
        return 0
    if arguments[0] == "names":
        runner = Interpreter(arguments[1]).get_signature_runner("serving_default")
        with open(arguments[2], "w") as file:
            for details in (runner.get_input_details(), runner.get_output_details()):
                file.write(" ".join(f"{name}={details[name]['index']}" for name in sorted(details)))
                file.write("\n")
        return 0
    for i in range(1, len(arguments), 3):
        run(arguments[0], *arguments[i:i + 3])
    return 0


sys.exit(main(sys.argv[1:]))
