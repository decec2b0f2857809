"""Writes int8 files of small PyTorch networks with litert-torch, quantized by PT2E.

usage: torch_nets.py FOLDER
Files: pt2e_NET.tflite; unmade.txt gains a line NAME: REASON for what the converter cannot write. Exit
code 77: litert-torch is not here.
"""
import os
import sys

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
try:
    import litert_torch
    import torch
    from litert_torch.quantize import pt2e_quantizer, quant_config
    from torch import nn
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
except ImportError as missing:
    print(f"SKIPPED: {missing} (tests/clients/setup.sh installs it)")
    sys.exit(77)


def block(inputs, outputs, kernel=3, stride=1, groups=1, activation=nn.ReLU6):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
              nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, *([activation()] if activation else []))


class Residual(nn.Module):
    def __init__(self, channels, expand, activation=nn.ReLU6):
        super().__init__()
        wide = channels * expand
        self.path = nn.Sequential(block(channels, wide, 1, activation=activation),
                                  block(wide, wide, 3, groups=wide, activation=activation),
                                  block(wide, channels, 1, activation=None))

    def forward(self, x):
        return x + self.path(x)


def mobile(activation):
    return nn.Sequential(block(3, 16, 3, 2, activation=activation), Residual(16, 4, activation),
                         block(16, 32, 3, 2, activation=activation), Residual(32, 4, activation),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))


def lenet():
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                         nn.Linear(400, 60), nn.ReLU(), nn.Linear(60, 10))


def depthwise():
    return nn.Sequential(block(1, 24, 3, 2, activation=nn.ReLU),
                         block(24, 24, 5, 1, 24, activation=nn.ReLU),
                         block(24, 48, 1, activation=nn.ReLU),
                         block(48, 48, 3, 2, 48, activation=nn.ReLU),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(48, 12))


NETS = {
    "lenet": (lenet, (1, 1, 28, 28)),
    "mobile_v2": (lambda: mobile(nn.ReLU6), (1, 3, 64, 64)),
    "mobile_v3": (lambda: mobile(nn.Hardswish), (1, 3, 64, 64)),
    "depthwise": (depthwise, (1, 1, 49, 10)),
}


def convert(model, shape, path):
    sample = (torch.randn(shape),)
    quantizer = pt2e_quantizer.PT2EQuantizer().set_global(
        pt2e_quantizer.get_symmetric_quantization_config(is_per_channel=True))
    graph = prepare_pt2e(torch.export.export(model, sample).module(), quantizer)
    for _ in range(32):
        graph(torch.randn(shape))
    graph = convert_pt2e(graph, fold_quantize=False)
    edge = litert_torch.convert(graph, sample,
                                quant_config=quant_config.QuantConfig(pt2e_quantizer=quantizer))
    edge.export(path)


def main(folder):
    for net, (make, shape) in NETS.items():
        torch.manual_seed(3)
        model = make().train()
        for _ in range(32):  # real statistics of batches
            model(torch.randn((4, *shape[1:])))
        path = os.path.join(folder, f"pt2e_{net}.tflite")
        try:
            convert(model.eval(), shape, path)
        except Exception as error:  # the converter's own
            text = " ".join(f"{type(error).__name__}: {error}".split())
            with open(os.path.join(folder, "unmade.txt"), "a") as file:
                file.write(f"pt2e_{net}: {text[:160]}\n")


main(*sys.argv[1:])
