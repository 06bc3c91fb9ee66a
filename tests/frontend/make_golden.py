#!/usr/bin/env python3
"""Writes golden.json beside this file: what PyTorch computes and prints.

OpsTest.cpp, PrintTest.cpp and TransformsTest.cpp compute the same from the same inputs, which both
sides make by `values`. Needs torch and numpy, which nothing built here does.
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


X = lambda: tensor(1, 3, 4)
P = lambda: tensor(1, 3, 4, low=0.5, high=2.0)
Y = lambda: tensor(2, 3, 4)
ROW = lambda: tensor(3, 4)
COLUMN = lambda: tensor(4, 3, 1)
M = lambda: tensor(5, 4, 5)
IMAGE = lambda: tensor(6, 2, 4, 7, 6)
LABELS = torch.tensor([2, 0, 3])

# name: (function, inputs)
OPS = {
    "neg": (lambda x: -x, [X]), "abs": (torch.abs, [X]), "sign": (torch.sign, [X]),
    "sqrt": (torch.sqrt, [P]), "rsqrt": (torch.rsqrt, [P]), "reciprocal": (torch.reciprocal, [P]),
    "square": (torch.square, [X]), "exp": (torch.exp, [X]), "log": (torch.log, [P]),
    "sin": (torch.sin, [X]), "cos": (torch.cos, [X]), "tanh": (torch.tanh, [X]),
    "sigmoid": (torch.sigmoid, [X]), "relu": (torch.relu, [X]), "floor": (torch.floor, [X]), "ceil": (torch.ceil, [X]),
    "pow3": (lambda x: x.pow(3), [X]), "pow_minus2": (lambda x: x.pow(-2), [P]),
    "pow_half": (lambda x: x.pow(0.5), [P]), "pow_1.7": (lambda x: x.pow(1.7), [P]),
    "add": (lambda x, y: x + y, [X, Y]), "sub_row": (lambda x, y: x - y, [X, ROW]),
    "mul_column": (lambda x, y: x * y, [X, COLUMN]), "div": (lambda x, y: x / y, [X, P]),
    "row_column": (lambda x, y: x * y, [ROW, COLUMN]),
    "scalars": (lambda x: 3 * x + 1 - x / 4 + (2 - x) * 0.5 + 1 / (x + 5), [X]),
    "add_alpha": (lambda x, y: x.add(y, alpha=0.3), [X, Y]),
    "maximum": (torch.maximum, [X, Y]), "minimum": (torch.minimum, [X, ROW]),
    "clamp": (lambda x: x.clamp(-0.5, 1.0), [X]),
    "where": (lambda x, y: torch.where(x > y, x * 2, y), [X, Y]),
    "sum": (lambda x: x.sum(), [X]), "sum_keep": (lambda x: x.sum(1, keepdim=True), [X]),
    "sum_dims": (lambda x: x.sum((0, -1)), [IMAGE]), "mean": (lambda x: x.mean(), [X]), "mean_dim": (lambda x: x.mean(0), [X]),
    "amax": (lambda x: x.amax(1), [X]), "amin": (lambda x: x.amin(0, keepdim=True), [X]), "max": (lambda x: x.max(), [X]),
    "var": (lambda x: x.var(1), [X]), "var_all_biased": (lambda x: x.var(unbiased=False), [X]), "std": (lambda x: x.std(0), [X]),
    "softmax": (lambda x: x.softmax(1), [X]), "log_softmax": (lambda x: x.log_softmax(0), [X]),
    "reshape": (lambda x: x.reshape(2, 6) * 2, [X]), "view_infer": (lambda x: x.view(-1, 2), [X]),
    "flatten": (lambda x: x.flatten(1), [IMAGE]), "transpose": (lambda x: x.t() * 2, [X]),
    "permute": (lambda x: x.permute(2, 0, 3, 1), [IMAGE]), "expand": (lambda x: x.expand(2, 3, 4), [X]),
    "expand_ones": (lambda x: x.expand(3, 5), [COLUMN]), "squeeze": (lambda x: x.unsqueeze(0).squeeze(), [X]),
    "cat": (lambda x, y: torch.cat([x, y, x], 1), [X, Y]), "stack": (lambda x, y: torch.stack([x, y], 1), [X, Y]),
    "select": (lambda x: x[1], [X]), "slice": (lambda x: x[:, 1:4:2], [X]), "narrow": (lambda x: x.narrow(1, 1, 2), [X]),
    "index": (lambda x: x[..., None, 1:, -1], [IMAGE]),
    "matmul": (torch.matmul, [X, M]), "matmul_vector": (torch.matmul, [X, ROW]), "vector_matmul": (torch.matmul, [ROW, M]),
    "dot": (torch.matmul, [ROW, lambda: tensor(7, 4)]),
    "matmul_batch": (torch.matmul, [lambda: tensor(8, 2, 1, 3, 4), lambda: tensor(9, 5, 4, 2)]),
    "matmul_shared": (torch.matmul, [lambda: tensor(8, 2, 3, 4), M]),
    "bmm": (torch.bmm, [lambda: tensor(8, 2, 3, 4), lambda: tensor(9, 2, 4, 2)]),
    "linear": (F.linear, [X, lambda: tensor(10, 5, 4), lambda: tensor(11, 5)]),
    "linear_3d": (F.linear, [lambda: tensor(8, 2, 3, 4), lambda: tensor(10, 5, 4)]),
    "addmm": (lambda b, x, y: torch.addmm(b, x, y, beta=0.5, alpha=2), [lambda: tensor(12, 5), X, M]),
    "conv2d": (lambda x, w, b: F.conv2d(x, w, b, stride=(2, 1), padding=(1, 2)), [IMAGE, lambda: tensor(13, 3, 4, 3, 2), lambda: tensor(14, 3)]),
    "conv2d_groups": (lambda x, w: F.conv2d(x, w, dilation=2, groups=2), [IMAGE, lambda: tensor(13, 6, 2, 3, 2)]),
    "max_pool2d": (lambda x: F.max_pool2d(x, 3, 2, 1), [IMAGE]), "max_pool2d_ceil": (lambda x: F.max_pool2d(x, 2, 2, ceil_mode=True), [IMAGE]),
    "adaptive_avg_pool2d": (lambda x: F.adaptive_avg_pool2d(x, (3, 4)), [IMAGE]), "adaptive_avg_pool2d_1": (lambda x: F.adaptive_avg_pool2d(x, 1), [IMAGE]),
    "batch_norm": (lambda x, w, b: F.batch_norm(x, None, None, w, b, True), [IMAGE, ROW, lambda: tensor(7, 4)]),
    "batch_norm_eval": (lambda x, m, v: F.batch_norm(x, m.detach(), v.detach(), None, None, False), [IMAGE, ROW, lambda: tensor(7, 4, low=0.5)]),
    "cross_entropy": (lambda x: F.cross_entropy(x, LABELS), [X]), "cross_entropy_sum": (lambda x: F.cross_entropy(x, LABELS, reduction="sum"), [X]),
    "cross_entropy_none": (lambda x: F.cross_entropy(x, LABELS, reduction="none"), [X]),
    "cross_entropy_ignore": (lambda x: F.cross_entropy(x, LABELS, ignore_index=0), [X]),
    "cross_entropy_2d": (lambda x: F.cross_entropy(x, torch.arange(84).reshape(2, 7, 6) % 4), [IMAGE]),
    "cross_entropy_probabilities": (lambda x: F.cross_entropy(x, tensor(2, 3, 4, low=0.0, grad=False)), [X]),
    "nll_loss": (lambda x: F.nll_loss(x, LABELS), [X]), "mse_loss": (lambda x, y: F.mse_loss(x, y), [X, Y]),
    "mse_loss_sum": (lambda x, y: F.mse_loss(x, y, reduction="sum"), [X, Y]),
}


def op(function, inputs):
    xs = [make() for make in inputs]
    y = function(*xs)
    seed = torch.from_numpy(values(99, y.numel(), -1.0, 1.0).reshape(tuple(y.shape)))
    (y * seed).sum().backward()
    number = lambda t: [float(f"{v:.13g}") for v in t.detach().flatten().tolist()]
    return {"shape": list(y.shape), "y": number(y), "grad_fn": y.grad_fn.name(),
            "dx": [number(x.grad) if x.grad is not None else None for x in xs]}


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


golden = {"ops": {name: op(*case) for name, case in OPS.items()}, "prints": {name: repr(t) for name, t in PRINTS.items()},
          "transforms": {name: entry(t) for name, t in transforms().items()}}
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text("{\n" + ",\n".join(
    f'"{part}": {{\n' + ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in entries.items()) + "\n}"
    for part, entries in golden.items()) + "\n}\n")
