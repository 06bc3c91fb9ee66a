"""Who is measured: agc and its peers, each a slice of time at a time.

A slice also says how much of the machine others took meanwhile: times from a
busy machine say little, most of all of programs whose threads wait for each
other.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
# What an interpreter must import to be a peer, and what that makes possible.
PACKAGES = {"torch": ("torch, torchvision", ["eager", "compile"]),
            "jax": ("jax, flax, optax", ["jax"])}
INSTALL = """to measure PyTorch and JAX too:
  python3 -m venv .venv/torch && .venv/torch/bin/pip install torch torchvision
  python3 -m venv .venv/jax && .venv/jax/bin/pip install jax flax optax
  tests/bench/run --peers=.venv/torch/bin/python,.venv/jax/bin/python"""


class Failed(Exception):
    pass


def busy_seconds():
    """Of all processors together, since the machine started."""
    with open("/proc/stat") as stat:
        user, nice, system, _, _, irq, softirq, steal = map(
            int, stat.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def process_seconds(pid):
    """That a process and those it waited for spent."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class Watch:
    """others(): processors that everyone else had busy since it was made."""

    def __init__(self, own_seconds):
        self.own_seconds = own_seconds
        self.begin = self.now()

    def now(self):
        return os.times().elapsed, busy_seconds() - self.own_seconds()

    def others(self):
        elapsed, busy = (a - b for a, b in zip(self.now(), self.begin))
        return round(max(0.0, busy) / max(elapsed, 0.01), 3)


def wait_for_idle(seconds):
    """Until others leave nearly all of the machine alone, but no longer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        watch = Watch(lambda: 0.0)
        time.sleep(0.2)
        if watch.others() <= 0.1:
            return


def children_seconds():
    times = os.times()
    return times.children_user + times.children_system + times.user + times.system


class Agc:
    """One workload of agc, traced and in an object cache of its own."""
    name = "agc"

    def __init__(self, agc, workload, new_arguments, folder):
        self.agc, self.folder = agc, pathlib.Path(folder)
        self.file = self.folder / f"{workload}.agc"
        self.cache = self.folder / f"{workload}.cache"
        if not self.file.exists():
            self.call("new", *new_arguments, "-o", self.file)
        shutil.rmtree(self.cache, ignore_errors=True)

    def call(self, *arguments):
        done = subprocess.run(
            [self.agc, *map(str, arguments)], capture_output=True, text=True,
            env={**os.environ, "AGC_CACHE_DIR": str(self.cache)})
        if done.returncode:
            raise Failed(done.stderr.strip())
        return done.stdout

    def slice(self, threads, seconds):
        """The first one of all finds the cache empty: first_ms says what that takes."""
        watch = Watch(children_seconds)
        result = json.loads(self.call("bench", self.file, "--measure=speed",
                                      f"--threads={threads}", f"--seconds={seconds}"))
        return {**result, "others": watch.others()}

    def peak_mib(self, threads):
        return json.loads(self.call("bench", self.file, "--measure=memory",
                                    f"--threads={threads}"))["peak_mib"]

    def cost(self):
        """Parameters, FLOPs of a step, and bytes that it must move: each argument is read and
        what is changed is written, even if all between stays in caches."""
        step, = json.loads(self.call("inspect", self.file, "--function=train_step",
                                     "--json"))["functions"]
        width = {"f64": 8, "i64": 8, "f16": 2, "bf16": 2, "i8": 1, "u8": 1, "bool": 1}

        def size(entry):
            count = 1
            for extent in entry["shape"]:
                count *= extent
            return count * width.get(entry["dtype"], 4)

        return step["parameters"], step["flops"], sum(map(size, step["arguments"] + step["results"]))


class Peer:
    """A workload of a peer, which stays ready between slices."""

    def __init__(self, name, python, workload, threads, seconds):
        self.name, self.cache = name, tempfile.mkdtemp(prefix="agc-bench-")
        script = "jax_peer.py" if name == "jax" else "torch_peer.py"
        arguments = [python, str(HERE / "peers" / script), workload,
                     f"--threads={threads}", f"--seconds={seconds}"]
        if name == "compile":
            arguments.append("--mode=compile")
        # torch.compile's first call is to find nothing from before.
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env={**os.environ, "TORCHINDUCTOR_CACHE_DIR": self.cache})
        self.first = self.read()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"{self.name} ended with status {self.process.wait()}")
        return json.loads(line)

    def slice(self):
        watch = Watch(lambda: process_seconds(self.process.pid) + sum(os.times()[:2]))
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return {**self.read(), "others": watch.others()}

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.cache, ignore_errors=True)


def interpreters(choice):
    """Those named, or, with `auto`, those of .venv/torch and .venv/jax and the python3
    in the path."""
    if choice == "none":
        return []
    root = HERE.parents[1]
    pythons = ([root / ".venv/torch/bin/python", root / ".venv/jax/bin/python",
                "python3"] if choice == "auto" else choice.split(","))
    return [str(python) for python in pythons if shutil.which(python)]


def has(python, packages):
    return subprocess.run([python, "-c", f"import {packages}"],
                          capture_output=True).returncode == 0


def find_peers(choice):
    """By name, the interpreter that has it."""
    found = {}
    for python in interpreters(choice):
        for packages, names in PACKAGES.values():
            if names[0] not in found and has(python, packages):
                found.update(dict.fromkeys(names, python))
    return found
