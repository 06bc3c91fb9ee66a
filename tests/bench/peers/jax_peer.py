"""JAX's side of the comparison: each step is one jitted function with donated state.

    python jax_peer.py WORKLOAD [--threads N] [--seconds S]

The workloads are those of ../workloads.py; input and output are slices.py's.
Images are NHWC, the layout that XLA's convolutions prefer on CPUs.
"""

import os

import slices

WORKLOADS = ("resnet18-b1-64", "resnet18-b32-64", "resnet18-b8-224", "mlp-b128",
             "mlp-tiny-b1", "gpt-nano", "lstm", "elementwise")
FLAGS = slices.arguments(WORKLOADS)
# XLA has as many threads as it sees processors when it is loaded.
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:FLAGS.threads])

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax


class BasicBlock(nn.Module):
    width: int
    stride: int

    @nn.compact
    def __call__(self, x):
        norm = lambda y: nn.BatchNorm(use_running_average=False, momentum=0.9)(y)
        conv = lambda size, stride, pad, y: nn.Conv(
            self.width, (size, size), (stride, stride), pad, use_bias=False)(y)
        y = nn.relu(norm(conv(3, self.stride, 1, x)))
        y = norm(conv(3, 1, 1, y))
        if self.stride != 1 or x.shape[-1] != self.width:
            x = norm(conv(1, self.stride, 0, x))
        return nn.relu(x + y)


class ResNet18(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Conv(64, (7, 7), (2, 2), 3, use_bias=False)(x)
        x = nn.relu(nn.BatchNorm(use_running_average=False, momentum=0.9)(x))
        x = nn.max_pool(x, (3, 3), (2, 2), ((1, 1), (1, 1)))
        for width, stride in [(64, 1), (64, 1), (128, 2), (128, 1),
                              (256, 2), (256, 1), (512, 2), (512, 1)]:
            x = BasicBlock(width, stride)(x)
        return nn.Dense(1000)(x.mean((1, 2)))


class Mlp(nn.Module):
    sizes: tuple

    @nn.compact
    def __call__(self, x):
        for size in self.sizes[:-1]:
            x = nn.relu(nn.Dense(size)(x))
        return nn.Dense(self.sizes[-1])(x)


class Gpt(nn.Module):
    layers: int = 4
    heads: int = 4
    width: int = 128
    block: int = 64
    vocab: int = 65

    @nn.compact
    def __call__(self, tokens):
        norm = lambda y: nn.LayerNorm(epsilon=1e-5)(y)
        embedding = nn.Embed(self.vocab, self.width)
        x = embedding(tokens) + nn.Embed(self.block, self.width)(
            jnp.arange(self.block))
        mask = jnp.tril(jnp.ones((self.block, self.block), bool))
        size = self.width // self.heads
        for _ in range(self.layers):
            parts = jnp.split(nn.Dense(3 * self.width)(norm(x)), 3, -1)
            q, k, v = (part.reshape(*part.shape[:2], self.heads, size)
                       for part in parts)
            scores = jnp.einsum("nqhd,nkhd->nhqk", q, k) / np.sqrt(size)
            weights = jax.nn.softmax(jnp.where(mask, scores, -1e30))
            y = jnp.einsum("nhqk,nkhd->nqhd", weights, v).reshape(x.shape)
            x = x + nn.Dense(self.width)(y)
            y = nn.gelu(nn.Dense(4 * self.width)(norm(x)), approximate=False)
            x = x + nn.Dense(self.width)(y)
        return embedding.attend(norm(x))


class Lstm(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(10)(nn.RNN(nn.OptimizedLSTMCell(128))(x)[:, -1])


class Chain(nn.Module):
    @nn.compact
    def __call__(self, x):
        y = self.param("w", nn.initializers.uniform(1.0), x.shape)
        for _ in range(4):
            y = jnp.tanh(y * x + 0.5) * jax.nn.sigmoid(y) - 0.25 * y
        return y.mean()


def cross_entropy(y, labels):
    return optax.softmax_cross_entropy_with_integer_labels(y, labels).mean()


def workload(name):
    """Model, input, target, loss, optimizer."""
    random = np.random.default_rng(0)
    floats = lambda *shape: random.random(shape, np.float32)
    integers = lambda below, *shape: random.integers(0, below, shape).astype(np.int32)
    momentum = optax.sgd(1e-2, momentum=0.9)
    if name == "resnet18-b1-64":
        return (ResNet18(), floats(1, 64, 64, 3), floats(1, 1000),
                lambda y, target: (y - target).sum(), momentum)
    if name == "resnet18-b32-64":
        return (ResNet18(), floats(32, 64, 64, 3), integers(1000, 32),
                cross_entropy, momentum)
    if name == "resnet18-b8-224":
        return (ResNet18(), floats(8, 224, 224, 3), integers(1000, 8),
                cross_entropy, momentum)
    if name == "mlp-b128":
        return (Mlp((512, 512, 10)), floats(128, 784), integers(10, 128),
                cross_entropy, momentum)
    if name == "mlp-tiny-b1":
        return (Mlp((32, 32, 4)), floats(1, 16), integers(4, 1), cross_entropy,
                momentum)
    if name == "gpt-nano":
        return (Gpt(), integers(65, 12, 64), integers(65, 12, 64), cross_entropy,
                optax.adamw(1e-3, 0.9, 0.99, weight_decay=0.1))
    if name == "lstm":
        return (Lstm(), floats(32, 64, 64), integers(10, 32), cross_entropy,
                optax.adam(1e-3))
    return (Chain(), floats(1 << 24), floats(1), lambda y, target: y,
            optax.sgd(1e-2))


def main():
    model, x, target, loss, optimizer = workload(FLAGS.workload)
    x, target = jnp.asarray(x), jnp.asarray(target)
    variables = jax.jit(model.init)(jax.random.key(0), x)
    parameters, statistics = variables["params"], variables.get("batch_stats", {})

    def train(parameters, statistics, moments, x, target):
        def value(parameters):
            inputs = {"params": parameters}
            if not statistics:
                return loss(model.apply(inputs, x), target), statistics
            y, updates = model.apply({**inputs, "batch_stats": statistics}, x,
                                     mutable=["batch_stats"])
            return loss(y, target), updates["batch_stats"]

        (result, changed), gradient = jax.value_and_grad(value, has_aux=True)(
            parameters)
        updates, moments = optimizer.update(gradient, moments, parameters)
        return optax.apply_updates(parameters, updates), changed, moments, result

    train = jax.jit(train, donate_argnums=(0, 1, 2))
    state = [parameters, statistics, optimizer.init(parameters)]

    def step():
        *state[:], result = train(*state, x, target)
        jax.block_until_ready((state, result))

    count = sum(leaf.size for leaf in jax.tree.leaves(parameters))
    slices.serve(jax.__version__, count, FLAGS.seconds, step)


main()
