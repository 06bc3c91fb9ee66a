"""Numbers from PyTorch that agc's must agree with: a ResNet-18's first
training steps. make.py writes resnet18.safetensors; needs torch, torchvision
and numpy, which nothing that is built or tested does.

Neither weights nor data are stored: both sides compute them by `values` below
(C++: tests/golden/Formula.h). Of each tensor, norm and a few elements are
stored, at places that both sides compute, too.
"""

import pathlib
import sys

import numpy
import torch
import torchvision

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parent / "cli" / "Inputs"))
import agcfile  # noqa: E402

SAMPLES, CLASSES, LR, MOMENTUM = 48, 1000, 1e-2, 0.9
# By batch. The loss of batch 1 falls without end: in a second step, two of seven f32
# runs of PyTorch itself turn a ReLU over, and some tensors are a sixth off.
STEPS = {1: 1, 8: 3}
# Name of the images' stream, by batch: found by search, so that no ReLU's input
# is nearer to 0 than 6 times the mean error of f32. Else rounding decides which
# way it goes, and one of them is half a percent of a gradient.
IMAGES = {1: "x3", 8: "x154"}
MASK = (1 << 64) - 1


def seed_of(name):  # FNV-1a
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    return state


def words(name, count):  # splitmix64, started where the name says
    with numpy.errstate(over="ignore"):
        state = (numpy.uint64(seed_of(name)) + numpy.arange(1, count + 1, dtype=numpy.uint64)
                 * numpy.uint64(0x9E3779B97F4A7C15))
        state = (state ^ (state >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        return state ^ (state >> numpy.uint64(31))


def values(name, count):
    """Uniform in [0, 1): multiples of 2^-24, so that f32 holds them exactly."""
    return (words(name, count) >> numpy.uint64(40)).astype(numpy.float64) / (1 << 24)


def places(name, count):
    return (words("at " + name, SAMPLES) % numpy.uint64(count)).astype(numpy.int64)


def first_value(name, tensor):
    u = 2 * torch.from_numpy(values(name, tensor.numel())).view(tensor.shape) - 1
    if tensor.dim() > 1:  # variance 2 / fan_in
        return u * (6 / tensor[0].numel()) ** 0.5
    return 1 + u / 8 if name.endswith("weight") else u / 8


def make(batch, loss_name, dtype):
    model = torchvision.models.resnet18(num_classes=CLASSES).to(dtype)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # Rounded to f32 in both, so that both start at the same place.
            parameter.copy_(first_value(name, parameter).float())
    x = torch.from_numpy(values(IMAGES[batch], batch * 3 * 64 * 64)).view(batch, 3, 64, 64).to(dtype)
    if loss_name == "sum_error":
        t = torch.from_numpy(values("target", batch * CLASSES)).view(batch, CLASSES).to(dtype)
        return model, lambda: (model(x) - t).sum()
    labels = torch.from_numpy((words("label", batch) % numpy.uint64(CLASSES)).astype(numpy.int64))
    return model, lambda: torch.nn.functional.cross_entropy(model(x), labels)


def train(batch, loss_name, dtype, prepare=lambda model: None):
    model, loss_of = make(batch, loss_name, dtype)
    prepare(model)
    sgd = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
    losses, gradients = [], {}
    for step in range(STEPS[batch]):
        sgd.zero_grad()
        loss = loss_of()
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            gradients = {n: p.grad.double().flatten().clone() for n, p in model.named_parameters()}
        sgd.step()
    state = {n: t.double().flatten() for n, t in model.state_dict().items()
             if not n.endswith("num_batches_tracked")}
    return losses, gradients, state


def distance(a, b):
    return (a - b).norm().item()


def off_by_an_ulp(seed):
    """Each first weight times 1 - 2^-23, 1 or 1 + 2^-23."""
    def prepare(model):
        torch.manual_seed(seed)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(1 + (torch.randint(3, parameter.shape) - 1) * 2.0**-23)
    return prepare


def train_roughly(batch, loss_name):
    """What f32 may give: sums in the orders that PyTorch has for them, and from
    weights that differ by their last bit. One of these alone says little where
    each step multiplies what rounding began with."""
    def channels_last(model):
        model.to(memory_format=torch.channels_last)

    runs = [train(batch, loss_name, torch.float32, prepare)
            for prepare in [lambda model: None, channels_last, *map(off_by_an_ulp, range(4))]]
    with torch.backends.mkldnn.flags(enabled=False):
        runs.append(train(batch, loss_name, torch.float32))
    return runs


def main():
    torch.set_num_threads(2)
    out = {}

    def put(name, numbers):
        data = numpy.asarray(numbers, dtype="<f8")
        out[name] = ("F64", list(data.shape), data.tobytes())

    def put_tensors(kind, exact, roughs):
        for name, tensor in exact.items():
            # norm, and how far PyTorch's own f32 is from its f64 at most; elements
            put(f"{kind}.{name}", [tensor.norm().item(),
                                   max(distance(tensor, rough[name]) for rough in roughs),
                                   *tensor[torch.from_numpy(places(name, tensor.numel()))]])

    for case, batch, loss_name in [("b1", 1, "sum_error"), ("b8", 8, "cross_entropy")]:
        losses, gradients, state = train(batch, loss_name, torch.float64)
        all_losses, all_gradients, all_states = zip(*train_roughly(batch, loss_name))
        put(f"{case}.loss", losses)
        put(f"{case}.loss_f32", [max(rough, key=lambda loss: abs(loss - exact))
                                 for exact, rough in zip(losses, zip(*all_losses))])
        put_tensors(f"{case}.grad", gradients, all_gradients)
        put_tensors(f"{case}.after", state, all_states)
        for run in zip(all_losses, all_gradients, all_states):
            print(case, losses, run[0],
                  max(distance(g, run[1][n]) / g.norm().item() for n, g in gradients.items()),
                  max(distance(s, run[2][n]) / s.norm().item() for n, s in state.items()))
    (here / "resnet18.safetensors").write_bytes(agcfile.safetensors(out))


main()
