"""What PyTorch keeps of ResNet-18's forward for its backward, in bytes.

Each storage that autograd saves counts once; parameters, running statistics and the
batch do not, as they are there anyway. resnet18.c has the number for 32 images of 64 by
64, and agc compile's manifest says `kept_bytes` for its own step.

    python3 resnet18_pytorch.py [BATCH [SIZE]]

Needs torch; nothing that is built or tested does.
"""

import sys

import torch
from torch import nn


class Block(nn.Module):  # torchvision's BasicBlock
    def __init__(self, before, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = nn.Identity() if before == width else nn.Sequential(
            nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + self.downsample(x))


def resnet18(classes):
    return nn.Sequential(
        nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64),
        nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1),
        Block(64, 64, 1), Block(64, 64, 1), Block(64, 128, 2), Block(128, 128, 1),
        Block(128, 256, 2), Block(256, 256, 1), Block(256, 512, 2), Block(512, 512, 1),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, classes))


batch, size = (int(text) for text in (sys.argv[1:] + ["32", "64"][len(sys.argv) - 1:]))
torch.manual_seed(0)
model, x, target = resnet18(10), torch.rand(batch, 3, size, size), torch.arange(batch) % 10
there = {tensor.untyped_storage().data_ptr() for tensor in
         [*model.parameters(), *model.buffers(), x, target]}
kept = {}


def save(tensor):
    storage = tensor.untyped_storage()  # held, so that no other gets its address
    kept[storage.data_ptr()] = storage
    return tensor


with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
    loss = nn.functional.cross_entropy(model(x), target)
print(f"torch {torch.__version__}, {batch} x 3 x {size} x {size}:",
      sum(storage.nbytes() for at, storage in kept.items() if at not in there), "bytes")
