"""Checks that includes point one way (docs/design.md, "The house").

include_direction.py ROOT: prints each include that points against the
direction, with the two folders; exits 1 if there is one.
"""

import pathlib
import re
import sys
import tempfile

# A folder may include itself and these; the longest name that fits decides.
MAY_INCLUDE = {
    "ir": [],
    "passes": ["ir"],
    "codegen": ["passes", "ir", "runtime/core", "runtime/shipped",
                "runtime/checkpoint"],
    "runtime/include": [],
    "runtime/core": ["runtime/include"],
    "runtime/shipped": ["runtime/core"],
    "runtime/checkpoint": ["runtime/core", "runtime/include"],
    "runtime/jit": ["runtime", "codegen", "ir"],
    "frontend/include": ["runtime/include"],
    "frontend": ["frontend/include", "runtime", "codegen", "ir"],
    "tools": ["frontend", "runtime", "codegen", "passes", "ir"],
}

# What links LLVM. All else must start without it, so it may not include it.
MAY_INCLUDE_LLVM = ["ir", "passes", "codegen", "tools/agc-opt",
                    "runtime/jit/ObjectLoader"]
# A file that includes MLIR takes about 9 s to compile: all of them five minutes on
# two cores, of the fifteen that a clean build may take.
MAX_MLIR_FILES = 66

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def within(path, folder):
    return path == folder or path.startswith(folder + "/")


def folder_of(path):
    fits = [folder for folder in MAY_INCLUDE if within(path, folder)]
    return max(fits, key=len, default=None)


def resolve(root, include):
    """The path in the tree that an include means, or None if it is not ours."""
    for public in ("frontend/include", "runtime/include"):
        if include.startswith("agc/") and (root / public / include).exists():
            return f"{public}/{include}"
    return include if folder_of(include) else None


def check(root):
    faults, mlir_files = [], 0
    # Not all of the root: tests come and go in a build folder meanwhile.
    tops = {folder.split("/")[0] for folder in MAY_INCLUDE}
    for path in sorted(path for top in tops for path in (root / top).rglob("*")):
        name = path.relative_to(root).as_posix()
        source = folder_of(name)
        if not source or path.suffix not in (".h", ".cpp", ".c"):
            continue
        includes = INCLUDE.findall(path.read_text())
        for include in includes:
            target = resolve(root, include)
            if not target:
                continue
            to = folder_of(target)
            allowed = [source, *MAY_INCLUDE[source]]
            if not any(within(target, folder) for folder in allowed):
                faults.append(f"{name}: {source} may not include {to} ({include})")
        mlir_files += any(i.startswith("mlir/") for i in includes)
        if any(i.startswith(("llvm/", "mlir/", "clang/")) for i in includes):
            if not any(name.startswith(place) for place in MAY_INCLUDE_LLVM):
                faults.append(f"{name}: {source} may not include LLVM or MLIR")
        if source.endswith("include") and any("google/protobuf" in i or
                                              ".pb.h" in i for i in includes):
            faults.append(f"{name}: a user's header may not include protobuf")
    if mlir_files > MAX_MLIR_FILES:
        faults.append(f"{mlir_files} files include MLIR; "
                      f"more than {MAX_MLIR_FILES} make the build too slow")
    return faults


def self_test():
    """The check itself can fail: a tree with each fault in it."""
    files = {
        "ir/A.h": '#include "passes/Passes.h"',
        "passes/B.cpp": '#include "ir/A.h"\n#include "mlir/IR/Value.h"',
        "runtime/core/C.cpp": '#include "codegen/Compiler.h"',
        "runtime/include/agc/Error.h": "#include <string>",
        "frontend/D.cpp": '#include <agc/Error.h>\n#include "llvm/ADT/ArrayRef.h"',
        "frontend/include/agc/E.h": '#include "ir/graph.pb.h"',
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text + "\n")
        found = check(root)
    expected = {
        "ir/A.h: ir may not include passes (passes/Passes.h)",
        "runtime/core/C.cpp: runtime/core may not include codegen "
        "(codegen/Compiler.h)",
        "frontend/D.cpp: frontend may not include LLVM or MLIR",
        "frontend/include/agc/E.h: frontend/include may not include ir "
        "(ir/graph.pb.h)",
        "frontend/include/agc/E.h: a user's header may not include protobuf",
    }
    assert set(found) == expected, found


if sys.argv[1:] == ["--self-test"]:
    self_test()
else:
    problems = check(pathlib.Path(sys.argv[1]))
    print("\n".join(problems) or "includes point one way")
    sys.exit(1 if problems else 0)
