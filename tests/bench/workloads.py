"""The steps that tests/bench/run measures, and how `agc new` spells each.

The models, losses and optimizers are those of peers/torch_peer.py and
peers/jax_peer.py by the same names: the same layers and biases, batch norm in
training, no dropout, gpt-nano's head tied to its embedding.
"""

MOMENTUM = "--optimizer=sgd(lr=0.01,momentum=0.9)"
ENTROPY = "--loss=cross_entropy"


def resnet18(batch, size, loss=ENTROPY):
    return ["resnet18", "--classes=1000", f"--input={batch}x3x{size}x{size}",
            loss, MOMENTUM]


def mlp(sizes, batch):
    return ["mlp", "--sizes=" + ",".join(map(str, sizes)),
            f"--classes={sizes[-1]}", f"--input={batch}x{sizes[0]}", ENTROPY,
            MOMENTUM]


# By name: arguments of `agc new`; the most that agc's time may be of the best
# peer's; the aim.
WORKLOADS = {
    "resnet18-b1-64": (resnet18(1, 64, "--loss=sum_error"), 0.65, 0.45),
    "resnet18-b32-64": (resnet18(32, 64), 0.75, 0.5),
    "resnet18-b8-224": (resnet18(8, 224), 0.8, 0.65),
    "mlp-b128": (mlp([784, 512, 512, 10], 128), 0.75, 0.55),
    "mlp-tiny-b1": (mlp([16, 32, 32, 4], 1), 0.1, 0.05),
    "gpt-nano": (
        ["gpt", "--layers=4", "--heads=4", "--width=128", "--block=64",
         "--vocab=65", "--input=12x64", ENTROPY,
         "--optimizer=adamw(lr=0.001,beta1=0.9,beta2=0.99,weight_decay=0.1)"],
        0.75, 0.55),
    "lstm": (["lstm", "--hidden=128", "--classes=10", "--input=32x64x64",
              ENTROPY, "--optimizer=adam(lr=0.001)"], 0.75, 0.5),
    "elementwise": (["elementwise", f"--input={1 << 24}", "--loss=mean",
                     "--optimizer=sgd(lr=0.01)"], 0.25, 0.15),
}

# Of this one the table has the first call and the memory, too: seconds at
# most, from an empty cache and from the disk; share of the best peer's memory.
WHOLE = "resnet18-b32-64"
FIRST_S, CACHED_S, MEMORY_RATIO = 3.0, 0.1, 0.4
