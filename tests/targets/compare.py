"""Compares what every op gave on two machines.

compare.py OUTPUTS.txt HERE THERE: integers and bools must be the same; numbers
may be off by rounding, which is another with FMA and in sums of another order.
"""

import math
import struct
import sys

# Of the largest number in the tensor: a few units in the last place, and that
# of long sums.
TOLERANCE = {"f64": 1e-13, "f32": 4e-6, "bf16": 2.0**-7, "f16": 2.0**-10}
FORMATS = {"f64": "d", "f32": "f", "f16": "e", "i64": "q", "i32": "i", "i8": "b",
           "u8": "B", "bool": "B"}


def numbers(data, dtype, count, at):
    if dtype == "bf16":
        halves = struct.unpack_from(f"<{count}H", data, at)
        return [struct.unpack("<f", struct.pack("<I", bits << 16))[0] for bits in halves]
    return struct.unpack_from(f"<{count}{FORMATS[dtype]}", data, at)


def is_off(x, y, allowed):
    if math.isnan(x) or math.isnan(y) or math.isinf(x) or math.isinf(y):
        return not (x == y or math.isnan(x) and math.isnan(y))
    return abs(x - y) > allowed


listing, here, there = sys.argv[1:]
left, right = (open(name, "rb").read() for name in (here, there))
compared = wrong = 0
ops = set()
for line in open(listing):
    function, op, dtype, count, at = line.split()
    x, y = (numbers(data, dtype, int(count), int(at)) for data in (left, right))
    finite = [abs(v) for v in x if math.isfinite(v)]
    allowed = TOLERANCE.get(dtype, 0) * max(finite, default=0)
    off = [i for i in range(int(count)) if is_off(x[i], y[i], allowed)]
    compared += int(count)
    ops.add(op)
    if off:
        wrong += 1
        i = off[0]
        print(f"{function}, {op} {dtype}: element {i} is {x[i]} here and {y[i]} there")
print(f"{there}: {compared} numbers of {len(ops)} ops, {wrong} tensors are wrong")
sys.exit(wrong > 0 or compared < 1000)
