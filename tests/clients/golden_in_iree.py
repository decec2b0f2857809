"""Runs golden samples in IREE, compiled for this CPU by Arm's TOSA converter.

usage: golden_in_iree.py MODEL.tflite FOLDER
FOLDER: inputs.bin and outputs.bin of `octet deploy`, int8 codes. Prints how many samples are equal.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

import iree.runtime
import numpy

TOOLS = pathlib.Path(sys.executable).parent


def compiled(model, folder):
    """The module, and the shape of its input."""
    tosa, module = folder / "model.mlir", folder / "model.vmfb"
    subprocess.run([TOOLS / "tosa-converter-for-tflite", model, "--text", "-o", tosa], check=True,
                   capture_output=True)
    subprocess.run([TOOLS / "iree-compile", "--iree-input-type=tosa",
                    "--iree-hal-target-device=local",
                    "--iree-hal-local-target-device-backends=llvm-cpu",
                    "--iree-llvmcpu-target-cpu=generic", tosa, "-o", module],
                   check=True, capture_output=True)
    shape = re.search(r"@main\(%arg0: tensor<([0-9x]+)xi8>", tosa.read_text())[1]
    return module.read_bytes(), [int(extent) for extent in shape.split("x")]


def main(model, golden):
    with tempfile.TemporaryDirectory() as folder:
        flatbuffer, shape = compiled(model, pathlib.Path(folder))
    config = iree.runtime.Config("local-sync")
    context = iree.runtime.SystemContext(config=config)
    module = iree.runtime.VmModule.copy_buffer(context.instance, flatbuffer)
    context.add_vm_module(module)
    run = context.modules[module.name]["main"]
    inputs = numpy.fromfile(golden / "inputs.bin", numpy.int8).reshape(-1, *shape)
    outputs = numpy.fromfile(golden / "outputs.bin", numpy.int8).reshape(len(inputs), -1)
    off = [abs(numpy.asarray(run(x).to_host()).ravel().astype(int) - y)
           for x, y in zip(inputs, outputs)]
    equal = sum(not o.any() for o in off)
    more = "" if equal == len(off) else \
        f": {sum(int((o == 0).sum()) for o in off)} of {outputs.size} values, " \
        f"the others at most {max(int(o.max()) for o in off)} apart"
    print(f"{equal} of {len(off)} equal{more}")


main(sys.argv[1], pathlib.Path(sys.argv[2]))
