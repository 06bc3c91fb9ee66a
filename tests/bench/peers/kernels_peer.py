"""Single products, convolutions and attention of PyTorch, or products of numpy's OpenBLAS.

    echo mm/nt/512x512x512/t1 | python kernels_peer.py torch [--seconds S]

A line of stdin is the name of a case as ../kernels.cpp spells it, or names with
spaces between; for each comes a line with the median of its times in seconds, null
where the peer has no such thing. Threads are those of the first case.
"""

import argparse
import json
import os
import statistics
import sys
import time


def operands(order, m, n, k, make):
    """Matrices whose transposes, where the order says t, are the factors."""
    a = make(k, m).T if order[0] == "t" else make(m, k)
    b = make(n, k).T if order[1] == "t" else make(k, n)
    return a, b


def torch_case(kind, fields):
    import torch
    if kind == "mm":
        order, (m, n, k) = fields[0], map(int, fields[1].split("x"))
        a, b = operands(order, m, n, k, torch.rand)
        result = torch.empty(m, n)
        return lambda: torch.mm(a, b, out=result)
    if kind == "attention":
        what, batch, sizes = fields
        shape = (int(batch[1:]), *map(int, sizes.split("x")))
        q, k, v, dy = (torch.rand(shape) for _ in range(4))
        attend = torch.nn.functional.scaled_dot_product_attention
        if what == "forward":
            return lambda: attend(q, k, v, is_causal=True)
        inputs = [x.requires_grad_() for x in (q, k, v)]

        def step():
            with torch.enable_grad():
                return torch.autograd.grad(attend(q, k, v, is_causal=True), inputs, dy)
        return step
    what, batch, sizes, kernel = fields
    (inner, outer, size), (width, stride) = (map(int, sizes.split("x")),
                                             map(int, kernel.split("s")))
    x = torch.rand(int(batch[1:]), inner, size, size)
    w, pad = torch.rand(outer, inner, width, width), width // 2
    geometry = ([stride] * 2, [pad] * 2, [1, 1], False, [0, 0], 1)
    forward = lambda: torch.ops.aten.convolution(x, w, None, *geometry)
    if what == "forward":
        return forward
    dy = torch.rand_like(forward())
    mask = [what == "data", what == "weight", False]
    return lambda: torch.ops.aten.convolution_backward(dy, x, w, None, *geometry, mask)


def numpy_case(kind, fields):
    import numpy as np
    if kind != "mm":
        return None
    order, (m, n, k) = fields[0], map(int, fields[1].split("x"))
    random = np.random.default_rng(0)
    a, b = operands(order, m, n, k, lambda *s: random.random(s, np.float32))
    result = np.empty((m, n), np.float32)
    return lambda: np.matmul(a, b, out=result)


def median_seconds(call, seconds):
    """Of runs of many calls each, as a call may take less than the clock's tick."""
    call()
    begin = time.perf_counter()
    call()
    calls = max(1, int(0.005 / (time.perf_counter() - begin + 1e-9)))
    times, end = [], time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        begin = time.perf_counter()
        for _ in range(calls):
            call()
        times.append((time.perf_counter() - begin) / calls)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=["torch", "numpy"])
    parser.add_argument("--seconds", type=float, default=0.1, help="of a case")
    flags = parser.parse_args()
    make = torch_case if flags.peer == "torch" else numpy_case
    ready = False
    for line in sys.stdin:
        for name in line.split():
            kind, *fields, threads = name.split("/")
            if not ready: # before OpenBLAS is loaded, which reads it then
                os.environ["OPENBLAS_NUM_THREADS"] = threads[1:]
                if flags.peer == "torch":
                    import torch
                    torch.set_num_threads(int(threads[1:]))
                    torch.set_grad_enabled(False)
                ready = True
            call = make(kind, fields)
            seconds = call and median_seconds(call, flags.seconds)
            print(json.dumps({"name": name, "seconds": seconds}), flush=True)


main()
