"""Weights as PyTorch writes them: weights.safetensors, for ModuleTest.cpp. The
file's metadata has what the network makes of 32 numbers from 0 to 31/32.
"""
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 2))
x = torch.arange(32.0).view(2, 1, 4, 4) / 32
net(x)  # the running statistics move
output = net.eval()(x).flatten().tolist()
save_file(net.state_dict(), pathlib.Path(__file__).parent / "weights.safetensors",
          metadata={"format": "pt", "output": " ".join(map(str, output))})
