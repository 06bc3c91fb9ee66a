"""What this machine can do at most, as machine.cpp measures it."""

import json
import os
import pathlib
import subprocess


def cpu_name():
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return os.uname().machine


def cache_bytes():
    """Of the largest cache; 0 if the system does not say."""
    sizes = [0]
    for file in pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        text = file.read_text().strip()
        sizes.append(int(text.rstrip("KMG")) << {"K": 10, "M": 20, "G": 30}.get(text[-1], 0))
    return max(sizes)


def measure(build, threads, seconds):
    done = subprocess.run(
        [build / "bin/agc-bench-machine", "--benchmark_format=json",
         "--benchmark_repetitions=3", f"--benchmark_min_time={seconds}"], capture_output=True, text=True, check=True)
    found = {}
    for each in json.loads(done.stdout)["benchmarks"]:
        if each["run_type"] != "iteration":
            continue
        name, _, count = each["name"].partition("/real_time/threads:")
        rate = each.get("flops", each.get("bytes")) / 1e9
        if name == "fma": # of processor time, which nobody shares; memory is shared
            rate *= each["real_time"] * int(count) / each["cpu_time"]
        # The most: what else runs only ever makes it less.
        found[name, int(count)] = max(rate, found.get((name, int(count)), 0))
    peak = {}
    for n in threads:
        of = lambda name: found[name, n]
        peak[str(n)] = {"gflops": of("fma"), "read": of("memoryRead"),
                        "copy": of("memoryCopy"), "triad": of("memoryTriad")}
        peak[str(n)]["gbytes"] = max(list(peak[str(n)].values())[1:])
    return {"cpu": cpu_name(), "processors": len(os.sched_getaffinity(0)),
            "cache_bytes": cache_bytes(), "peak": peak}
