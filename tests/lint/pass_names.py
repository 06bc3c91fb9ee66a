"""Checks that a pass has one name in four spellings.

def FuseElementwisePass, FuseElementwise.cpp, agc-fuse-elementwise, and
tests/<folder>/fuse-elementwise.mlir.

pass_names.py ROOT exits 1 and names what is missing.
"""

import pathlib
import re
import sys

DEFINITION = re.compile(r'^def (\w+?)Pass\s*:\s*Pass(?:Base)?<"([\w-]+)"', re.MULTILINE)


def kebab(name):
    words = re.sub(r"([a-z])([A-Z])", r"\1-\2", name)
    return re.sub(r"([A-Z])([A-Z][a-z])", r"\1-\2", words).lower()


def check(root):
    faults, passes = [], 0
    for records in sorted(root.glob("*/Passes.td")):
        folder = records.parent.name
        for name, flag in DEFINITION.findall(records.read_text()):
            passes += 1
            want = kebab(name)
            if flag != f"agc-{want}":
                faults.append(f"{name}Pass: flag is {flag}, not agc-{want}")
            if not (records.parent / f"{name}.cpp").exists():
                faults.append(f"{name}Pass: no {folder}/{name}.cpp")
            test = root / "tests" / folder / f"{want}.mlir"
            if not test.exists():
                faults.append(f"{name}Pass: no tests/{folder}/{want}.mlir")
            elif f"-{flag}" not in test.read_text():
                faults.append(f"{name}Pass: its test does not run -{flag}")
    if not passes:
        faults.append("no pass found: has Passes.td moved?")
    return faults


problems = check(pathlib.Path(sys.argv[1]))
print("\n".join(problems) or "every pass has its four names")
sys.exit(1 if problems else 0)
