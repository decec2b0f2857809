"""Networks of torchvision and timm with random weights, as files that octet imports.

usage: torch_weights.py FOLDER
       torch_weights.py --check
Writes for each case NAME: its weights, NAME.x (images, f32, NHWC) and NAME.y (logits, f32); and
cases.txt: a line "NAME FILE ZOO SIDE WIDTH" each, SIDE being the images'.
Exit codes: 0 done, 1 error, 77 the packages are not here (tests/clients/setup.sh installs them).
"""
import pathlib
import sys
import warnings

warnings.filterwarnings("ignore")
try:
    import numpy
    import safetensors.torch
    import timm
    import torch
    import torchvision
except ImportError as missing:
    print(f"SKIPPED: {missing} (tests/clients/setup.sh installs it)")
    sys.exit(77)

CLASSES = 10


def narrow_vgg():
    """vgg11_bn with a quarter of the channels: the whole one is half a gigabyte."""
    plan = [16, "M", 32, "M", 64, 64, "M", 128, 128, "M", 128, 128, "M"]
    net = torchvision.models.VGG(torchvision.models.vgg.make_layers(plan, batch_norm=True),
                                 num_classes=CLASSES)
    net.classifier[0] = torch.nn.Linear(128 * 49, 1024)
    net.classifier[3] = torch.nn.Linear(1024, 1024)
    net.classifier[6] = torch.nn.Linear(1024, CLASSES)
    return net


def of_timm(name):
    return lambda: timm.create_model(name, num_classes=CLASSES)


def of_torchvision(name):
    return lambda: getattr(torchvision.models, name)(num_classes=CLASSES)


def timm_v3(name):
    """With torchvision's epsilon, which is not among the weights."""
    net = timm.create_model(name, num_classes=CLASSES)
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.eps = 1e-3
    return net


# name: (zoo's name, side, width, maker, kind of file)
CASES = {
    name: (name, 224 if name == "squeezenet1_1" else 96, 1, of_torchvision(name), "safetensors")
    for name in ("resnet18", "resnet34", "resnet50", "mobilenet_v2", "mobilenet_v3_small",
                 "mobilenet_v3_large", "squeezenet1_1")
}
CASES |= {
    "vgg11_bn": ("vgg11_bn", 224, 0.25, narrow_vgg, "safetensors"),
    "resnet18_half": ("resnet18", 96, 1, of_torchvision("resnet18"), "half"),
    "resnet18_bfloat": ("resnet18", 96, 1, of_torchvision("resnet18"), "bfloat"),
    "mobilenet_v2_npz": ("mobilenet_v2", 96, 1, of_torchvision("mobilenet_v2"), "npz"),
    "timm_resnet34": ("resnet34", 96, 1, of_timm("resnet34"), "safetensors"),
    "timm_mobilenet_v2": ("mobilenet_v2", 96, 1, of_timm("mobilenetv2_100"), "safetensors"),
    "timm_mobilenet_v3_small": ("mobilenet_v3_small", 96, 1,
                                lambda: timm_v3("mobilenetv3_small_100"), "safetensors"),
    "timm_mobilenet_v3_large": ("mobilenet_v3_large", 96, 1,
                                lambda: timm_v3("mobilenetv3_large_100"), "safetensors"),
}


def randomize(net):
    """Statistics, too, are such that it matters where they go."""
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(m.running_mean, std=0.2)
            torch.nn.init.uniform_(m.running_var, 0.5, 1.5)
            torch.nn.init.uniform_(m.weight, 0.5, 1.5)
            torch.nn.init.normal_(m.bias, std=0.1)


def save(net, kind, path):
    """Returns the file; `net` then has the values that are in it."""
    state = net.state_dict()
    if kind == "npz":
        numpy.savez(f"{path}.npz", **{name: t.numpy() for name, t in state.items()})
        return path.with_suffix(".npz")
    if kind in ("half", "bfloat"):
        getattr(net, "half" if kind == "half" else "bfloat16")()
        state = net.state_dict()
        net.float()
    safetensors.torch.save_file(state, f"{path}.safetensors")
    return path.with_suffix(".safetensors")


def main(folder):
    lines = []
    for number, (name, (zoo, side, width, make, kind)) in enumerate(CASES.items()):
        torch.manual_seed(number)
        net = make().eval()
        randomize(net)
        file = save(net, kind, folder / name)
        x = torch.randn(2, 3, side, side)
        with torch.no_grad():
            y = net(x)
        x.permute(0, 2, 3, 1).contiguous().numpy().tofile(folder / f"{name}.x")
        y.numpy().tofile(folder / f"{name}.y")
        lines.append(f"{name} {file.name} {zoo} {side} {width}\n")
    (folder / "cases.txt").write_text("".join(lines))


if sys.argv[1:] != ["--check"]:
    main(pathlib.Path(sys.argv[1]))
