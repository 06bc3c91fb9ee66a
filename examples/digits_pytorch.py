"""How accurate the network of digits.c becomes in PyTorch, for each of eight seeds.

    python3 digits_pytorch.py digits.npz

torch 2.15.0: 0.9111 0.9194 0.9111 0.9194 0.9111 0.9139 0.9194 0.9222
Needs torch and numpy; nothing that is built or tested does.
"""

import sys

import numpy
import torch
from torch import nn

EPOCHS, BATCH, TRAINED = 15, 32, 1437
data = numpy.load(sys.argv[1])
x, y = torch.from_numpy(data["x"]).flatten(1), torch.from_numpy(data["y"])


def train(seed):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    sgd = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(EPOCHS):
        sgd.param_groups[0]["lr"] = 0.1 if epoch < 10 else 0.01
        for rows in torch.randperm(TRAINED).split(BATCH)[:TRAINED // BATCH]:
            sgd.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            sgd.step()
    with torch.no_grad():
        return (model(x[TRAINED:]).argmax(1) == y[TRAINED:]).float().mean().item()


print(*(f"{train(seed):.4f}" for seed in range(8)))
