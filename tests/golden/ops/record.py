#!/usr/bin/env python3
"""record.py PACKAGE [GROUP...] writes GROUP.safetensors beside GROUP.cpp with
the libtorch of PACKAGE, a PyTorch wheel's folder `torch`."""
import concurrent.futures
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def record(source):
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/program"
        subprocess.run(
            ["g++", "-std=c++20", "-O0", "-w", "-DAGC_GOLDEN_TORCH", "-o", program,
             str(source), str(HERE / "record.cpp"), f"-I{PACKAGE}/include",
             f"-I{PACKAGE}/include/torch/csrc/api/include", f"-L{PACKAGE}/lib",
             "-ltorch", "-ltorch_cpu", "-lc10", f"-Wl,-rpath,{PACKAGE}/lib"], check=True)
        run = subprocess.run([program, source.with_suffix(".safetensors")],
                             capture_output=True, text=True)
        return run.stdout + run.stderr, run.returncode


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PACKAGE = pathlib.Path(sys.argv[1])
    sources = [s for s in sorted(HERE.glob("*.cpp")) if s.stem != "record" and
               (s.stem in sys.argv[2:] or not sys.argv[2:])]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(record, sources))
    for text, _ in results:
        print(text, end="")
    sys.exit(max(code for _, code in results))
