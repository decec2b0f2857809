#!/usr/bin/python3
"""Ten optimizer steps by PyTorch in double, for tests/optim/optim_test.cpp.

usage: make_optim_golden.py     (Debian's python3-torch 1.13; writes optim.txt beside itself)

Two parameters, the second without weight decay, and given gradients of which the second parameter
has none in step 4. Values are multiples of 2^-10, exact in float.
"""
import os

import torch

import golden_text

STEPS = 10
CASES = {
    "sgd": (torch.optim.SGD, dict(lr=0.1)),
    "sgd_decay": (torch.optim.SGD, dict(lr=0.1, weight_decay=0.05)),
    "momentum": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, weight_decay=0.01)),
    "nesterov": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, weight_decay=0.01, nesterov=True)),
    "adam": (torch.optim.Adam, dict(lr=0.01)),
    "adam_decay": (torch.optim.Adam, dict(lr=0.02, betas=(0.8, 0.99), eps=1e-4, weight_decay=0.1)),
    "adamw": (torch.optim.AdamW, dict(lr=0.02, weight_decay=0.1)),
}


def exact(*shape):
    return torch.round(torch.randn(*shape, dtype=torch.float64) * 1024) / 1024


def main():
    torch.manual_seed(7)
    start = [exact(3, 4), exact(5)]
    grads = [exact(STEPS, 3, 4), exact(STEPS, 5)]
    out = [("start.0", start[0]), ("start.1", start[1]), ("grad.0", grads[0]), ("grad.1", grads[1])]
    for name, (make, options) in CASES.items():
        params = [torch.nn.Parameter(s.clone()) for s in start]
        opt = make([dict(params=[params[0]]), dict(params=[params[1]], weight_decay=0.0)],
                   **options)
        for step in range(STEPS):
            for p, g in zip(params, grads):
                p.grad = g[step].clone()
            if step == 4:
                params[1].grad = None
            opt.step()
            if step + 1 in (1, 5, STEPS):
                for i, p in enumerate(params):
                    out.append((f"{name}.{step + 1}.{i}", p.detach().clone()))
    # Clipping by the global norm.
    params = [torch.nn.Parameter(s.clone()) for s in start]
    for p, g in zip(params, grads):
        p.grad = g[0].clone()
    out.append(("clip.norm", torch.nn.utils.clip_grad_norm_(params, 0.5)))
    for i, p in enumerate(params):
        out.append((f"clip.{i}", p.grad))
    golden_text.write(os.path.join(os.path.dirname(os.path.abspath(__file__)), "optim.txt"),
                      "make_optim_golden.py", out)


main()
