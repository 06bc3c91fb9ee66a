#!/usr/bin/env python3
"""Compares what one program prints on agc with what it printed on libtorch.

parity.py compare PROGRAM EXPECTED      runs it and compares number by number
parity.py record PACKAGE [NAME...]      writes NAME.expected with the libtorch of
                                        PACKAGE, a PyTorch wheel's folder `torch`

Lines are `name dtype [shape]: numbers`. Numbers differ by at most the dtype's
tolerance times the largest of their line; what is not finite must be the same.
"""
import math
import pathlib
import subprocess
import sys
import tempfile

TOLERANCE = {"f64": 1e-9, "f32": 1e-4, "f16": 2e-3, "bf16": 2e-2}
HERE = pathlib.Path(__file__).parent


def byName(text):
    """Lines by what they begin with; a name may come several times."""
    lines = {}
    for line in text.splitlines():
        name = line.split(" ", 1)[0]
        count = sum(1 for key in lines if key[0] == name)
        lines[name, count] = line
    return lines


def differences(got, expected):
    got, expected = byName(got), byName(expected)
    for key in list(expected) + [key for key in got if key not in expected]:
        a = got.get(key, "(nothing)")
        b = expected.get(key, "(nothing)")
        if a == b:
            continue
        (head, _, numbers), (head_b, _, numbers_b) = a.partition(":"), b.partition(":")
        fields = head.split()
        tolerance = TOLERANCE.get(fields[1]) if len(fields) > 1 else None
        if head != head_b or tolerance is None:
            yield a, b
            continue
        try:
            x = [float(n) for n in numbers.split()]
            y = [float(n) for n in numbers_b.split()]
        except ValueError:
            yield a, b
            continue
        scale = max([1e-3] + [abs(n) for n in y if math.isfinite(n)])
        same = len(x) == len(y) and all(
            p == q or (p != p and q != q) or abs(p - q) <= tolerance * scale
            for p, q in zip(x, y))
        if not same:
            yield a, b


def compare(program, expected):
    run = subprocess.run([program], capture_output=True, text=True)
    found = list(differences(run.stdout, pathlib.Path(expected).read_text()))
    for a, b in found[:20]:
        print(f"agc:      {a}\nlibtorch: {b}")
    if len(found) > 20:
        print(f"and {len(found) - 20} more lines")
    if run.returncode:
        print(f"exit code {run.returncode}: {run.stderr}")
    return 1 if found or run.returncode else 0


def record(package, names):
    package = pathlib.Path(package)
    for source in sorted(HERE.glob("*.cpp")):
        if names and source.stem not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            program = f"{folder}/program"
            subprocess.run(
                ["g++", "-std=c++20", "-O0", "-w", "-DAGC_PARITY_TORCH", "-o", program,
                 str(source), f"-I{HERE}", f"-I{package}/include",
                 f"-I{package}/include/torch/csrc/api/include", f"-L{package}/lib",
                 "-ltorch", "-ltorch_cpu", "-lc10", f"-Wl,-rpath,{package}/lib"], check=True)
            text = subprocess.run([program], capture_output=True, text=True, check=True).stdout
        source.with_suffix(".expected").write_text(text)
        print(f"{source.stem}: {len(text.splitlines())} lines")
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "compare":
        sys.exit(compare(sys.argv[2], sys.argv[3]))
    if len(sys.argv) >= 3 and sys.argv[1] == "record":
        sys.exit(record(sys.argv[2], sys.argv[3:]))
    sys.exit(__doc__)
