#!/usr/bin/python3
"""A small network trained for two steps by PyTorch in double, for tests/layers/net_golden_test.cpp.

usage: make_net_golden.py     (Debian's python3-torch 1.13; writes net.txt beside itself)

conv 3x3 (2 -> 4, stride 1, pad 1, no bias), batch norm, ReLU, max pool 2, flatten, linear -> 3,
cross-entropy; batch 4 of 6x6 images, training mode, Adam. Arrays are in this project's layouts:
images NHWC, convolution weights OHWI, linear weights over HWC-flattened features.
Inputs and initial parameters are exact in float.
"""
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

import golden_text

N, H, W, C, OUT, CLASSES = 4, 6, 6, 2, 4, 3


def exact(*shape):
    return torch.round(torch.randn(*shape, dtype=torch.float64) * 256) / 256


def hwc_to_chw_columns(w):
    """[K, HWC features] -> [K, CHW features], for PyTorch's flatten."""
    k = w.shape[0]
    return w.reshape(k, H // 2, W // 2, OUT).permute(0, 3, 1, 2).reshape(k, -1)


def chw_to_hwc_columns(w):
    k = w.shape[0]
    return w.reshape(k, OUT, H // 2, W // 2).permute(0, 2, 3, 1).reshape(k, -1)


def main():
    torch.manual_seed(11)
    conv = nn.Conv2d(C, OUT, 3, padding=1, bias=False).double()
    bn = nn.BatchNorm2d(OUT).double()
    fc = nn.Linear(OUT * (H // 2) * (W // 2), CLASSES).double()
    named = {
        "conv.weight": (conv.weight, exact(OUT, 3, 3, C).permute(0, 3, 1, 2)),
        "bn.weight": (bn.weight, 1 + exact(OUT) / 4),
        "bn.bias": (bn.bias, exact(OUT) / 4),
        "fc.weight": (fc.weight, hwc_to_chw_columns(exact(CLASSES, fc.in_features) / 4)),
        "fc.bias": (fc.bias, exact(CLASSES)),
    }
    with torch.no_grad():
        for p, v in named.values():
            p.copy_(v)

    def ours(name, t):
        t = t.detach().clone()
        if name == "conv.weight":
            return t.permute(0, 2, 3, 1).contiguous()
        return chw_to_hwc_columns(t) if name == "fc.weight" else t

    x = exact(N, C, H, W)
    labels = torch.tensor([0, 2, 1, 2])
    out = [("x", x.permute(0, 2, 3, 1).contiguous()), ("labels", labels)]
    out += [(f"start.{n}", ours(n, p)) for n, (p, _) in named.items()]

    opt = torch.optim.Adam([p for p, _ in named.values()], lr=0.01)
    for step in (1, 2):
        opt.zero_grad()
        logits = fc(torch.flatten(F.max_pool2d(F.relu(bn(conv(x))), 2), 1))
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        out += [(f"{step}.logits", logits.detach()), (f"{step}.loss", loss.detach())]
        if step == 1:
            out += [(f"grad.{n}", ours(n, p.grad)) for n, (p, _) in named.items()]
        opt.step()
        out += [(f"{step}.{n}", ours(n, p)) for n, (p, _) in named.items()]
        out += [(f"{step}.bn.running_mean", bn.running_mean.clone()),
                (f"{step}.bn.running_var", bn.running_var.clone())]
    bn.eval()
    with torch.no_grad():
        out.append(("eval.logits", fc(torch.flatten(F.max_pool2d(F.relu(bn(conv(x))), 2), 1))))
    golden_text.write(os.path.join(os.path.dirname(os.path.abspath(__file__)), "net.txt"),
                      "make_net_golden.py", out)


main()
