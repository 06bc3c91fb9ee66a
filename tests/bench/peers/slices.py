"""What both peers share: a step timed in slices, one for each line of stdin.

    echo | python torch_peer.py mlp-b128          one slice
    yes '' | head -5 | python jax_peer.py lstm    five

The first line of output says what the first call took; then comes one for each
slice. tests/bench/run asks for slices by turns with agc's, so that what else
the machine does meanwhile meets all alike.
"""

import argparse
import json
import statistics
import sys
import time


def arguments(workloads):
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", choices=workloads)
    parser.add_argument("--mode", default="eager", choices=["eager", "compile"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2, help="of a slice")
    return parser.parse_args()


def peak_mib():
    """The most memory that this process ever had; not getrusage's, which
    begins with what the parent had."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    return None


def say(**fields):
    print(json.dumps(fields), flush=True)


def serve(version, parameters, seconds, step):
    """Calls step(), which waits for its end, as stdin asks; parameters: how many
    numbers are trained."""
    begin = time.perf_counter()
    step()
    say(version=version, parameters=parameters,
        first_ms=(time.perf_counter() - begin) * 1e3)
    for _ in range(2):
        step()
    for _ in sys.stdin:
        times, end = [], time.perf_counter() + seconds
        processors = time.process_time()
        while len(times) < 3 or time.perf_counter() < end:
            begin = time.perf_counter()
            step()
            times.append((time.perf_counter() - begin) * 1e3)
        processors = time.process_time() - processors
        say(step_ms=statistics.median(times), min_ms=min(times),
            cpu_ms=processors * 1e3 / len(times), steps=len(times), peak_mib=peak_mib())
