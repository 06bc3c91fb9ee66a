"""How accurate the demo's model becomes in PyTorch, on the same data and split.

digits.py writes digits.json: for each seed the accuracy on the held-out part
after the last epoch, and their mean, which `tools/demo` must reach within half
a point. Needs torch and numpy; nothing that is built or tested does.
"""

import json
import pathlib

import numpy
import torch
from torch import nn

EPOCHS, BATCH, LR, MOMENTUM, SEEDS = 15, 32, 0.05, 0.9, 8
here = pathlib.Path(__file__).parent
data = numpy.load(here.parent / "data" / "digits.npz")
x, y = torch.from_numpy(data["x"]), torch.from_numpy(data["y"])
split = len(x) * 4 // 5


def lenet():  # agc's, by name: frontend/models
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 2 * 2, 128), nn.ReLU(), nn.Linear(128, 10))


def train(seed):
    torch.manual_seed(seed)
    model = lenet()
    sgd = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
    for _ in range(EPOCHS):
        for rows in torch.randperm(split).split(BATCH):
            sgd.zero_grad()
            nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            sgd.step()
    with torch.no_grad():
        right = (model(x[split:]).argmax(1) == y[split:]).float()
    return round(right.mean().item(), 4)


accuracies = [train(seed) for seed in range(SEEDS)]
result = {
    "torch": torch.__version__, "model": "lenet", "epochs": EPOCHS,
    "batch": BATCH, "lr": LR, "momentum": MOMENTUM, "accuracies": accuracies,
    "mean": round(sum(accuracies) / SEEDS, 4),
}
(here / "digits.json").write_text(json.dumps(result) + "\n")
print(result)
