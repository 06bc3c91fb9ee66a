"""PyTorch's side of the comparison: forward, backward and update of one step.

    python torch_peer.py WORKLOAD [--mode eager|compile] [--threads N] [--seconds S]

The workloads are those of ../workloads.py; input and output are slices.py's.
"""

import slices
import torch
import torch.nn as nn
import torch.nn.functional as F


def resnet(batch, size, sum_error=False):
    from torchvision.models import resnet18
    model = resnet18(weights=None)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
    x = torch.rand(batch, 3, size, size)
    if sum_error:
        y = torch.rand(batch, 1000)
        return model, optimizer, lambda m: (m(x) - y).sum()
    y = torch.randint(0, 1000, (batch,))
    return model, optimizer, lambda m: F.cross_entropy(m(x), y)


def mlp(sizes, batch):
    layers = []
    for inner, outer in zip(sizes, sizes[1:]):
        layers += [nn.Linear(inner, outer), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
    x, y = torch.rand(batch, sizes[0]), torch.randint(0, sizes[-1], (batch,))
    return model, optimizer, lambda m: F.cross_entropy(m(x), y)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.fc, self.out = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        n, t, width = x.shape
        q, k, v = (part.view(n, t, self.heads, width // self.heads).transpose(1, 2)
                   for part in self.qkv(self.ln1(x)).split(width, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(y.transpose(1, 2).reshape(n, t, width))
        return x + self.out(F.gelu(self.fc(self.ln2(x))))


class Gpt(nn.Module):
    def __init__(self, layers=4, heads=4, width=128, block=64, vocab=65):
        super().__init__()
        self.tok, self.pos = nn.Embedding(vocab, width), nn.Embedding(block, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.ln = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocab, bias=False)
        self.head.weight = self.tok.weight
        self.register_buffer("positions", torch.arange(block))

    def forward(self, tokens):
        x = self.tok(tokens) + self.pos(self.positions)
        for block in self.blocks:
            x = block(x)
        return self.head(self.ln(x))


def gpt():
    model = Gpt()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3,
                                  betas=(0.9, 0.99), weight_decay=0.1)
    x, y = torch.randint(0, 65, (12, 64)), torch.randint(0, 65, (12, 64))
    return (model, optimizer,
            lambda m: F.cross_entropy(m(x).view(-1, 65), y.view(-1)))


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(64, 128, batch_first=True)
        self.fc = nn.Linear(128, 10)

    def forward(self, x):
        return self.fc(self.lstm(x)[0][:, -1])


def lstm():
    model = Lstm()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    x, y = torch.rand(32, 64, 64), torch.randint(0, 10, (32,))
    return model, optimizer, lambda m: F.cross_entropy(m(x), y)


class Chain(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.w = nn.Parameter(torch.rand(count))

    def forward(self, x):
        y = self.w
        for _ in range(4):
            y = torch.tanh(y * x + 0.5) * torch.sigmoid(y) - 0.25 * y
        return y.mean()


def elementwise():
    model, x = Chain(1 << 24), torch.rand(1 << 24)
    return model, torch.optim.SGD(model.parameters(), lr=1e-2), lambda m: m(x)


WORKLOADS = {
    "resnet18-b1-64": lambda: resnet(1, 64, sum_error=True),
    "resnet18-b32-64": lambda: resnet(32, 64),
    "resnet18-b8-224": lambda: resnet(8, 224),
    "mlp-b128": lambda: mlp([784, 512, 512, 10], 128),
    "mlp-tiny-b1": lambda: mlp([16, 32, 32, 4], 1),
    "gpt-nano": gpt,
    "lstm": lstm,
    "elementwise": elementwise,
}


def main():
    flags = slices.arguments(WORKLOADS)
    torch.set_num_threads(flags.threads)
    torch.manual_seed(0)
    model, optimizer, loss = WORKLOADS[flags.workload]()
    if flags.mode == "compile":
        loss = torch.compile(loss)
        optimizer.step = torch.compile(optimizer.step)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss(model).backward()
        optimizer.step()

    count = sum(parameter.numel() for parameter in model.parameters())
    slices.serve(torch.__version__, count, flags.seconds, step)


main()
