"""Writes .agc, .safetensors and .npz files from their specifications alone.

Nothing of agc or of protobuf is used, so that what agc reads here is what
docs/format.md says, and any byte of it can be wrong on purpose.
"""

import io
import json
import struct
import zipfile

F32, F64, I64, BOOL = 1, 2, 5, 9
INPUT, PARAMETER, BUFFER, STATE, HYPER = range(5)


# Protobuf's wire format: a key (field number, kind), then a varint, 8 bytes,
# or a length and as many bytes.
def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def number(field, value):
    return varint(field << 3) + varint(value) if value else b""


def double(field, value):
    return varint(field << 3 | 1) + struct.pack("<d", value)


def message(field, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data


def packed(field, values):
    data = b"".join(map(varint, values))
    return message(field, data) if data else b""


# The messages of graph.proto.
def tensor(dtype, *shape):
    return number(1, dtype) + packed(2, shape)


def attribute(name, value):
    if isinstance(value, float):
        coded = double(4, value)
    elif isinstance(value, int):
        coded = varint(3 << 3) + varint(value)  # 0, too, is a value
    elif isinstance(value, str):
        coded = message(5, value)
    elif isinstance(value, bytes):
        coded = message(7, value)
    else:
        coded = message(6, packed(1, value))
    return message(1, name) + coded


def node(op, operands, results, location=0, regions=(), **attributes):
    return (message(1, op) + packed(2, operands)
            + b"".join(message(3, t) for t in results)
            + b"".join(message(4, attribute(*a)) for a in sorted(attributes.items()))
            + number(5, location)
            + b"".join(message(6, name) for name in regions))


def argument(name, kind, role, default=None, initial=None):
    """initial: a distribution's number and its two numbers."""
    begins = b""
    if initial:
        begins = message(5, number(1, initial[0]) + double(2, initial[1]) + double(3, initial[2]))
    return (message(1, name) + message(2, kind) + number(3, role)
            + (b"" if default is None else double(4, default)) + begins)


def result(name, value, updates=0):
    return message(1, name) + number(2, value) + number(3, updates)


def function(name, arguments, nodes, results):
    return (message(1, name) + b"".join(message(2, a) for a in arguments)
            + b"".join(message(3, n) for n in nodes)
            + b"".join(message(4, r) for r in results))


def module(functions, version=1, locations=(), metadata=()):
    return (number(1, version) + message(2, "agcfile.py") + message(3, "linear")
            + b"".join(message(4, f) for f in functions)
            + b"".join(message(5, l) for l in locations)
            + b"".join(message(6, message(1, k) + message(2, v))
                       for k, v in sorted(metadata)))


def forward(spec="bi,io->bo", batch=4):
    """output = x w"""
    return function(
        "forward",
        [argument("x", tensor(F32, batch, 3), INPUT),
         argument("w", tensor(F32, 3, 2), PARAMETER)],
        [node("einsum", [0, 1], [tensor(F32, batch, 2)], spec=spec)],
        [result("output", 2)])


def train_step(batch=4, lr=True):
    """loss = sum((x w - target)^2) / 8; w -= lr * gradient"""
    out, scalar, weight = tensor(F32, batch, 2), tensor(F32), tensor(F32, 3, 2)
    return function(
        "train_step",
        [argument("x", tensor(F32, batch, 3), INPUT),
         argument("target", out, INPUT),
         argument("w", weight, PARAMETER),
         argument("lr" if lr else "rate", scalar, HYPER, 0.1)],
        [node("einsum", [0, 2], [out], spec="bi,io->bo"),            # 4
         node("sub", [4, 1], [out]),                                 # 5
         node("mul", [5, 5], [out]),                                 # 6
         node("reduce_sum", [6], [scalar], dimensions=[0, 1]),       # 7
         node("constant", [], [scalar], value=0.125),                # 8
         node("mul", [7, 8], [scalar], location=1),                  # 9
         node("constant", [], [scalar], value=1.0),                  # 10
         node("gradient", [9, 10, 2], [weight], outputs=1),          # 11
         node("broadcast", [3], [weight], dimensions=[]),            # 12
         node("mul", [12, 11], [weight]),                            # 13
         node("sub", [2, 13], [weight])],                            # 14
        [result("loss", 9), result("w", 14, updates=3)])


def chain():
    """Eight element-wise ops, one after the other."""
    kind = tensor(F32, 4096)
    ops = [("mul", [0, 1]), ("tanh", [2]), ("add", [3, 0]), ("sigmoid", [4]),
           ("mul", [5, 1]), ("exp", [6]), ("sub", [7, 0]), ("relu", [8])]
    return module([function(
        "forward",
        [argument("x", kind, INPUT), argument("w", kind, PARAMETER)],
        [node(op, operands, [kind]) for op, operands in ops],
        [result("y", 9)])])


def turning():
    """Six times, what a reshape takes from a transpose's other order."""
    table, turned = tensor(F32, 48, 32), tensor(F32, 32, 48)
    body = function("turn", [argument("c", table, INPUT)],
                    [node("transpose", [0], [turned], permutation=[1, 0]),
                     node("reshape", [1], [table])], [result("c", 2)])
    user = function("forward", [argument("x", table, INPUT)],
                    [node("scan", [0], [table], regions=["turn"], trips=6, num_carries=1,
                          num_xs=0)],
                    [result("y", 1)])
    return module([body, user])


def recurrent():
    """h = tanh(h w + row) over the rows of x whose sum is above 6, else h / 2; six of them.

    loss = sum((h - target)^2) / 12, and its step. Bodies within bodies: a scan's
    has a cond's.
    """
    h, weight, scalar, stack = tensor(F32, 4, 3), tensor(F32, 3, 3), tensor(F32), tensor(F32, 6, 4, 3)

    def state(*names):
        kinds = dict(h=h, row=h, w=weight)
        return [argument(n, kinds[n], INPUT) for n in names]

    def bodies(user):
        return [
            function(user + ".then", state("h", "row", "w"),
                     [node("einsum", [0, 2], [h], spec="bi,io->bo"),
                      node("add", [3, 1], [h]), node("tanh", [4], [h])], [result("h", 5)]),
            function(user + ".else", state("h", "row", "w"),
                     [node("constant", [], [h], value=0.5), node("mul", [0, 3], [h])],
                     [result("h", 4)]),
            function(user + ".body", state("h", "row", "w"),
                     [node("reduce_sum", [1], [scalar], dimensions=[0, 1]),
                      node("constant", [], [scalar], value=6.0),
                      node("compare", [3, 4], [tensor(BOOL)], direction="gt"),
                      node("cond", [5, 0, 1, 2], [h],
                           regions=[user + ".then", user + ".else"])],
                     [result("h", 6)])]

    def loop(operands, user):
        return node("scan", operands, [h], regions=[user + ".body"], location=1,
                    trips=6, num_carries=1, num_xs=1)

    x, w = argument("x", stack, INPUT), argument("w", weight, PARAMETER)
    forward = function("forward", [x, w], [
        node("constant", [], [h], value=0.0), loop([2, 0, 1], "f")],
        [result("output", 3)])
    step = function("train_step", [x, argument("target", h, INPUT), w,
                                   argument("lr", scalar, HYPER, 0.1)],
        [node("constant", [], [h], value=0.0),                       # 4
         loop([4, 0, 2], "t"),                                       # 5
         node("sub", [5, 1], [h]),                                   # 6
         node("mul", [6, 6], [h]),                                   # 7
         node("reduce_sum", [7], [scalar], dimensions=[0, 1]),       # 8
         node("constant", [], [scalar], value=1 / 12),               # 9
         node("mul", [8, 9], [scalar]),                              # 10
         node("constant", [], [scalar], value=1.0),                  # 11
         node("gradient", [10, 11, 2], [weight], outputs=1),         # 12
         node("broadcast", [3], [weight], dimensions=[]),            # 13
         node("mul", [13, 12], [weight]),                            # 14
         node("sub", [2, 14], [weight])],                            # 15
        [result("loss", 10), result("w", 15, updates=3)])
    where = message(1, "rnn.cpp") + number(2, 7) + number(3, 3)
    return module([*bodies("f"), forward, *bodies("t"), step], locations=[where])


def linear(**options):
    where = message(1, "model.cpp") + number(2, 31) + number(3, 12) + message(4, "loss")
    return module([forward(batch=options.get("batch", 4)), train_step(**options)],
                  locations=[where])


def safetensors(tensors, metadata=None):
    """tensors: name -> (dtype, shape, bytes)"""
    header, at = {"__metadata__": metadata} if metadata else {}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header).encode()
    return (struct.pack("<Q", len(text)) + text
            + b"".join(data for _, _, data in tensors.values()))


def tensors(data):
    """The bytes of each tensor of a file."""
    end = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:end])
    return {name: data[end + entry["data_offsets"][0]:end + entry["data_offsets"][1]]
            for name, entry in header.items() if name != "__metadata__"}


def checksum(data):
    """As docs/checkpoints.md has it."""
    h = len(data)
    words = len(data) // 8
    for w in struct.unpack(f"<{words}Q", data[:8 * words]) + tuple(data[8 * words:]):
        h = (h ^ w) * 0x9FB21C651E98DF25 % 2**64
        h ^= h >> 32
    return b"%016x" % h


def checkpoint(tensors, steps, **more):
    """more: other metadata, or other values for what a checkpoint says."""
    metadata = {"format": "agc-checkpoint-1", "agc.schema": "0" * 16,
                "agc.steps": "%020d" % steps, "agc.checksum": "0" * 16}
    metadata.update((key.replace("_", "."), value) for key, value in more.items())
    data = safetensors(tensors, metadata)
    at = data.index(b'"agc.checksum": "') + 17
    return data[:at] + checksum(data) + data[at + 16:]


def weights():
    return safetensors({"w": ("F32", [3, 2], struct.pack("<6f", *[0] * 6))})


def npy(descr, shape, data, order="False"):
    head = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}"
    head += " " * (-(len(head) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data


def npz(**arrays):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in arrays.items():
            archive.writestr(name + ".npy", data)
    return out.getvalue()


def regression(count=40):
    """y = x w for the w that the linear program is to find: [[1,-1],[2,0],[0,3]]"""
    state, xs, ys = 1, [], []
    for _ in range(count):
        row = []
        for _ in range(3):
            state = (state * 48271) % 2147483647
            row.append(state / 1073741824 - 1)
        xs += row
        ys += [row[0] + 2 * row[1], -row[0] + 3 * row[2]]
    return npz(x=npy("<f4", (count, 3), struct.pack(f"<{len(xs)}f", *xs)),
               y=npy("<f4", (count, 2), struct.pack(f"<{len(ys)}f", *ys)))
