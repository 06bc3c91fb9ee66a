#!/usr/bin/env python3
"""Writes golden.json beside this file: what PyTorch computes and prints.

PrintTest.cpp and TransformsTest.cpp compute the same from the same inputs, which both sides make by
`values`. Needs torch and numpy, which nothing built here does. Of the ops: tests/golden/ops.
"""
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F


def values(seed, n, low, high):
    """Numbers from a hash of seed and position (murmur3's finalizer)."""
    h = (np.arange(n, dtype=np.uint64) + np.uint64(seed * 0x9E3779B9 & 0xFFFFFFFF)) & np.uint64(0xFFFFFFFF)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        h ^= h >> np.uint64(shift)
        h = h * np.uint64(factor) & np.uint64(0xFFFFFFFF)
    return low + (high - low) * (h >> np.uint64(8)).astype(np.float64) * 2.0**-24


def tensor(seed, *shape, low=-2.0, high=2.0, grad=True):
    x = torch.from_numpy(values(seed, int(np.prod(shape)), low, high).reshape(shape))
    return x.requires_grad_(grad)


inf, nan = float("inf"), float("nan")
PRINTS = {
    "scalar": torch.tensor(2.0), "requires_grad": torch.tensor(2.0, requires_grad=True), "negative": torch.tensor([-1.5, 0.0, 2.0]),
    "integral": torch.tensor([[1.0, 2.0], [30.0, 4.0]]), "thirds": torch.tensor([1 / 3, 100 / 3]), "large": torch.tensor([1e9, 1.0]),
    "small": torch.tensor([1e-5, 1.0]), "ratio": torch.tensor([0.5, 999.0]), "int": torch.tensor([1, -20, 300]), "bool": torch.tensor([[True], [False]]),
    "double": torch.tensor([0.1, 0.2], dtype=torch.float64), "int32": torch.tensor(7, dtype=torch.int32), "half": torch.tensor([1.5], dtype=torch.float16),
    "nonfinite": torch.tensor([inf, -inf, nan, 1.0]), "nonfinite_fraction": torch.tensor([inf, 0.25]), "only_nan": torch.tensor([nan]), "zeros": torch.zeros(2, 2),
    "zero_in_small": torch.tensor([0.0, 1e-7]), "empty": torch.zeros(0), "empty_2d": torch.zeros(2, 0), "empty_int": torch.zeros(0, dtype=torch.int64),
    "wrapped": torch.arange(40.0) / 7, "wrapped_int": torch.arange(30), "cube": torch.arange(24).reshape(2, 3, 4), "four": torch.arange(16.0).reshape(2, 2, 2, 2),
    "summary": torch.arange(1001), "summary_2d": torch.arange(4000.0).reshape(40, 100), "summary_narrow": torch.arange(3000.0).reshape(1000, 3),
    "long_suffix": torch.tensor([1.23456, 2.34567, 3.45678, 4.56789, 5.6789, 6.7891], dtype=torch.float64).requires_grad_(),
    "grad_fn": (torch.arange(8.0).requires_grad_() * 1.5).sum(),
}



def network(w, x, y):
    """A loss of one example, of shapes [3, 4], [4], [3]."""
    return ((w @ x).tanh() - y).square().sum() + torch.logsumexp(w @ x, 0)


def transforms():
    """torch.func's numbers for TransformsTest.cpp."""
    from torch import func
    w, xs, ys = tensor(21, 3, 4, grad=False), tensor(22, 5, 4, grad=False), tensor(23, 5, 3, grad=False)
    v, image, kernel = tensor(24, 3, 4, grad=False), tensor(25, 3, 2, 6, 6, grad=False), tensor(26, 2, 2, 3, 3, grad=False)
    results = lambda x: torch.cat([(w @ x).sin() * x.sum(), x.exp()])
    pooled = lambda k, i: F.max_pool2d(F.conv2d(i.unsqueeze(0), k, padding=1).tanh(), 2).square().sum()
    return {
        "per_sample_gradients": func.vmap(func.grad(network), (None, 0, 0))(w, xs, ys),
        "per_sample_kernels": func.vmap(func.grad(pooled), (None, 0))(kernel, image),
        "jvp": func.jvp(lambda a: network(a, xs[0], ys[0]), (w,), (v,))[1],
        "jacobian": func.jacrev(results)(xs[0]),
        "hessian": func.hessian(lambda a: network(a, xs[0], ys[0]))(w),
        "hessians": func.vmap(func.hessian(network, 1), (None, 0, 0))(w, xs, ys),
        "jacobian_of_gradient": func.jacfwd(func.grad(lambda x: network(w, x, ys[0])))(xs[0]),
    }


def entry(t):
    return {"shape": list(t.shape), "y": [float(f"{v:.13g}") for v in t.flatten().tolist()]}


golden = {"prints": {name: repr(t) for name, t in PRINTS.items()},
          "transforms": {name: entry(t) for name, t in transforms().items()}}
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text("{\n" + ",\n".join(
    f'"{part}": {{\n' + ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in entries.items()) + "\n}"
    for part, entries in golden.items()) + "\n}\n")
