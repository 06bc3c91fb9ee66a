"""make.py FOLDER: a small program with weights and data, and its spoiled kin.

FOLDER/good.agc good.safetensors good.npz chain.agc, and under FOLDER/bad one file for
each way that a file can be wrong.
"""

import pathlib
import struct
import sys

from agcfile import *

folder = pathlib.Path(sys.argv[1])
(folder / "bad").mkdir(parents=True, exist_ok=True)


def write(name, data):
    (folder / name).write_bytes(data)


write("good.agc", linear())
write("good.safetensors", weights())
write("good.npz", regression())
write("chain.agc", chain())
write("loop.agc", recurrent())
write("orders.agc", turning())
write("loop.safetensors", safetensors({"w": ("F32", [3, 3], struct.pack(
    "<9f", *[.5, -.25, .125, .3, .7, -.6, -.2, .1, .4]))}))

# Programs.
whole, huge = linear(), 1 << 60
f32 = tensor(F32, 4)


def one(*nodes, arguments=(argument("x", f32, INPUT),), results=(result("y", 1),)):
    return module([function("forward", arguments, nodes, results)])


write("bad/empty.agc", b"")
write("bad/text.agc", b"this is not a program\n")
write("bad/truncated.agc", whole[: len(whole) - 7])
write("bad/newer.agc", module([forward()], version=2))
write("bad/unknown-op.agc", one(node("frobnicate", [0], [f32])))
write("bad/undefined-value.agc", one(node("neg", [7], [f32])))
write("bad/cycle.agc", one(node("neg", [1], [f32])))
write("bad/huge.agc", one(node("neg", [0], [tensor(F32, huge)]),
                          arguments=[argument("x", tensor(F32, huge), INPUT)]))
write("bad/wraps.agc", one(node("neg", [0], [tensor(F32, 1 << 33, 1 << 33)]),
                           arguments=[argument("x", tensor(F32, 1 << 33, 1 << 33), INPUT)]))
write("bad/negative.agc", one(node("neg", [0], [tensor(F32, -4)]),
                              arguments=[argument("x", tensor(F32, -4), INPUT)]))
write("bad/dtype.agc", one(node("neg", [0], [tensor(77, 4)])))
write("bad/shape.agc", one(node("neg", [0], [tensor(F32, 5)])))
write("bad/inner-sizes.agc", module([forward(spec="bi,oi->bo")]))
write("bad/attribute-kind.agc", one(node("reduce_sum", [0], [tensor(F32)], dimensions="0")))
write("bad/attribute-unknown.agc", one(node("neg", [0], [f32], color=3)))
write("bad/no-attribute.agc", one(node("reduce_sum", [0], [tensor(F32)])))
write("bad/dimension.agc", one(node("reduce_sum", [0], [tensor(F32)], dimensions=[1 << 40])))
write("bad/location.agc", one(node("neg", [0], [f32], location=9)))
write("bad/twice.agc", module([forward(), forward()]))
write("bad/update.agc", one(node("neg", [0], [f32]), results=[result("y", 1, updates=5)]))
write("bad/missing-result.agc", one(node("neg", [0], [f32]), results=[result("y", 99)]))
write("bad/data-length.agc", one(node("constant", [], [f32], data=b"123")))
write("bad/operands.agc", one(node("add", [0], [f32])))


# How a parameter begins: constant, uniform, normal.
def beginning(role, *initial):
    return module([function("forward", [argument("x", f32, role, initial=initial)],
                            [node("neg", [0], [f32])], [result("y", 1)])])


write("bad/begins-input.agc", beginning(INPUT, 1, 0.0, 1.0))
write("bad/begins-kind.agc", beginning(PARAMETER, 9, 0.0, 1.0))
write("bad/begins-reverse.agc", beginning(PARAMETER, 1, 1.0, 0.0))
write("bad/begins-spread.agc", beginning(PARAMETER, 2, 0.0, -1.0))
write("bad/begins-nan.agc", beginning(PARAMETER, 0, float("nan"), 0.0))

# Bodies: functions that a node of a later one names.
def body(name, *nodes, role=INPUT, updates=0):
    return function(name, [argument("c", f32, role)], nodes,
                    [result("c", len(nodes), updates=updates)])


def loop(*names, op="scan", **attributes):
    attributes = attributes or dict(trips=2, num_carries=1, num_xs=0)
    return node(op, [0], [f32], regions=names, **attributes)


def looping(*functions, last=None):
    user = function("forward", [argument("x", f32, INPUT)], [last or loop("b")],
                    [result("y", 1)])
    return module([*functions, user])


inner = node("neg", [0], [f32])
write("bad/body-missing.agc", looping())
write("bad/body-later.agc", module([
    function("forward", [argument("x", f32, INPUT)], [loop("b")], [result("y", 1)]),
    body("b", inner)]))
write("bad/body-itself.agc", looping(body("b", loop("b")), last=inner))
write("bad/body-shared.agc", looping(body("b", inner), body("a", loop("b"))))
write("bad/body-role.agc", looping(body("b", inner, role=PARAMETER)))
write("bad/body-update.agc", looping(body("b", inner, updates=1)))
write("bad/body-none.agc", looping(last=loop(trips=2, num_carries=1, num_xs=0)))
write("bad/body-of-neg.agc", looping(body("b", inner), last=node("neg", [0], [f32], regions=["b"])))
write("bad/body-type.agc", looping(function(
    "b", [argument("c", tensor(F32, 5), INPUT)], [], [result("c", 0)])))
write("bad/body-yield.agc", looping(body("b", node("yield", [0], []), inner)))
write("bad/body-deep.agc", looping(
    body("b0", inner), *[body(f"b{i}", loop(f"b{i - 1}")) for i in range(1, 20000)],
    last=loop("b19999")))
write("bad/body-trips.agc", looping(body("b", inner), last=loop(
    "b", trips=-3, num_carries=1, num_xs=0)))
write("bad/body-counts.agc", looping(body("b", inner), last=loop(
    "b", trips=2, num_carries=1 << 62, num_xs=1 << 62)))
write("bad/utf8.agc", linear().replace(b"forward", b"f\xff\xfe\xfdard"))
write("bad/deep.agc", b"\x22\xff\xff\xff\x7f" * 4000)

# Programs that some verbs cannot use.
boolean, scalar = tensor(BOOL, 4), tensor(F32)
write("no-function.agc", module([]))
write("own-body.agc", module([function("forward", [argument("x", f32, INPUT)], [loop("forward")],
                                       [result("y", 1)])]))
write("integers.agc", one(node("neg", [0], [tensor(I64, 4)]),
                          arguments=[argument("x", tensor(I64, 4), INPUT)]))
write("truth.agc", one(node("compare", [0, 0], [boolean], direction="eq")))
write("no-loss.agc", module([function("train_step", [argument("x", f32, INPUT)], [inner],
                                      [result("y", 1)])]))
write("no-gradient.agc", module([function(
    "train_step", [argument("x", f32, INPUT)],
    [node("reduce_sum", [0], [scalar], dimensions=[0])], [result("loss", 1)])]))
for name, options in {"no-lr": dict(lr=False), "batch-of-50": dict(batch=50)}.items():
    write(f"{name}.agc", linear(**options))
    write(f"{name}.safetensors", weights())
write("many.agc", one(inner, arguments=[argument(f"x{i}", f32, INPUT) for i in range(20001)],
                      results=[result("y", 20001)]))
write("labels.npz", npz(x=npy("<f4", (40, 3), bytes(480)), y=npy("<f4", (40,), bytes(160))))

# Archives. Each but the first few has a good x, so that y is what fails.
good_x = npy("<f4", (40, 3), bytes(480))
y = bytes(320)


def bad_y(name, data):
    write(f"bad/{name}.npz", npz(x=good_x, y=data))


archive = regression()
write("bad/empty.npz", b"")
write("bad/text.npz", b"this is not an archive\n")
write("bad/truncated.npz", archive[: len(archive) // 2])
write("bad/no-y.npz", npz(x=good_x))
flipped = bytearray(archive)
flipped[120] ^= 0xFF
write("bad/checksum.npz", bytes(flipped))
bad_y("not-npy", b"no magic here, none at all")
bad_y("short-header", b"\x93NUMPY\x01\x00\xff\xff{'descr'")
bad_y("code", npy("<f4", "__import__('os').system('touch pwned')", y))
bad_y("huge", npy("<f4", (1 << 40, 1 << 40), y))
bad_y("lies", npy("<f4", (1 << 30, 2), y))
bad_y("negative", npy("<f4", (-40, 2), y))
bad_y("nested", b"\x93NUMPY\x01\x00" + struct.pack("<H", 9000) + b"{'shape': " + b"(" * 8990)
bad_y("object", npy("|O", (40, 2), y))
bad_y("big-endian", npy(">f4", (40, 2), y))
bad_y("fortran", npy("<f4", (40, 2), y, order="True"))
bad_y("version", b"\x93NUMPY\x07\x00" + struct.pack("<H", 2) + b"{}")
bad_y("half-header", b"\x93NUMPY\x02\x00\x01\x02")
bad_y("lacks", b"\x93NUMPY\x01\x00" + struct.pack("<H", 16) + b"{'descr': '<f4'}")
bad_y("endless", b"\x93NUMPY\x01\x00" + struct.pack("<H", 6) + b"{'desc")
bad_y("key", b"\x93NUMPY\x01\x00" + struct.pack("<H", 12) + b"{'color': 1}")
bad_y("boolean", npy("<f4", (40, 2), y, order="Perhaps"))
bad_y("digits", npy("<f4", "(1234567890123456789,)", y))
bad_y("rank", npy("<f4", (1,) * 33, y))
forged = bytearray(npz(x=good_x, y=npy("<f4", (40, 2), y)))
entry = forged.rindex(b"PK\x01\x02")  # of the directory, the last: y
forged[entry + 24 : entry + 28] = struct.pack("<I", 1 << 31)
write("bad/bomb.npz", bytes(forged))
write("bad/few.npz", npz(x=npy("<f4", (4, 3), bytes(48)), y=npy("<f4", (4, 2), bytes(32))))
bad_y("rows", npy("<f4", (39, 2), bytes(312)))
bad_y("width", npy("<f4", (40, 3), bytes(480)))

# Weights.
w = ("F32", [3, 2], bytes(24))


def bad_weights(name, data):
    write(f"bad/{name}.agc", linear())
    write(f"bad/{name}.safetensors", data)


good = weights()
header = good[8:-24]
bad_weights("w-empty", b"")
bad_weights("w-truncated", good[:-5])
bad_weights("w-long", good + b"more")
bad_weights("w-header-length", struct.pack("<Q", 1 << 62) + good[8:])
bad_weights("w-header", struct.pack("<Q", 4) + b"{{{{" + bytes(24))
bad_weights("w-nested", struct.pack("<Q", 100000) + b"[" * 100000)
bad_weights("w-offsets", good.replace(b"[0, 24]", b"[0, 99]"))
bad_weights("w-overlap", safetensors({"w": w, "v": w}).replace(b"[24, 48]", b"[12, 36]"))
bad_weights("w-dtype", good.replace(b'"F32"', b'"F33"'))
bad_weights("w-shape", safetensors({"w": ("F32", [2, 3], bytes(24))}))
bad_weights("w-huge", good.replace(b"[3, 2]", b"[4611686018427387904, 4]"))
bad_weights("w-missing", safetensors({"v": w}))
