"""How lit runs the tests of IR and command line.

By hand: lit -v -D build=build tests/passes. Substitutions: agc, agc-opt,
FileCheck, not, %data (tests/data), %make (cli/Inputs/make.py), %t (a
file of the test's own).
"""

import os

import lit.formats

config.name = "agc"
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs"]
config.test_format = lit.formats.ShTest(execute_external=True)
config.test_source_root = os.path.dirname(__file__)

root = os.path.dirname(config.test_source_root)
build = os.path.join(root, lit_config.params.get("build", "build"))
llvm = lit_config.params.get("llvm", "/usr/lib/llvm-22/bin")
config.test_exec_root = os.path.join(build, "tests", "lit")

config.substitutions += [
    ("%data", os.path.join(config.test_source_root, "data")),
    # Writes small programs, weights and data, good and bad, into a folder.
    ("%make", "/usr/bin/python3 "
     + os.path.join(config.test_source_root, "cli", "Inputs", "make.py")),
]
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(build, "bin"), llvm, os.environ["PATH"]]
)
# No test finds what an earlier build of agc compiled.
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"
config.environment["AGC_CACHE_DIR"] = os.path.join(build, "tests", "cache")
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

# A bare chroot may have no pseudo-terminals.
try:
    for descriptor in os.openpty():
        os.close(descriptor)
    config.available_features.add("terminal")
except OSError:
    pass
