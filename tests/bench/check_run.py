"""check_run.py BUILD: that tests/bench/run and kernels measure and report, not how fast.

First the table of a report made by hand, line by line; then a run of its own with
slices of almost no time and without peers.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def slices(*times, others=0.0, peak_mib=100):
    return [{"step_ms": t, "min_ms": t,
             "cpu_ms": t + o, "others": o, "peak_mib": peak_mib}
            for t, o in zip(times, others if isinstance(others, list) else [others] * 9)]


PEAK = {"gflops": 100.0, "read": 20.0, "copy": 18.0, "triad": 16.0, "gbytes": 20.0}
AGC = {"first_ms": 2500.0, "cached_first_ms": 50.0, "peak_mib": 40}
REPORT = {
    "machine": {"cpu": "a processor", "processors": 2, "cache_bytes": 1000,
                "peak": {"1": PEAK}},
    "versions": {"torch": "2", "jax": "0"},
    "rows": [
        # The second round was disturbed: neither its times nor its ratio count.
        {"work": "resnet18-b32-64", "threads": 1, "flops": 2e9, "bytes": 1e6,
         "agc": {**AGC, "slices": slices(40, 900, 60, others=[0, 0, 0])},
         "peers": {"eager": {"first_ms": 200.0,
                             "slices": slices(80, 80, 80, others=[0, 0.5, 0])},
                   "jax": {"first_ms": 4000.0, "slices": slices(200, 200, 200)}}},
        # More than the cache: memory is the floor. Every round was disturbed.
        {"work": "elementwise", "threads": 1, "flops": 1e6, "bytes": 2e8,
         "agc": {**AGC, "slices": slices(20, others=1.5)}, "peers": {}},
        # Within the cache: arithmetic is.
        {"work": "mlp-tiny-b1", "threads": 1, "flops": 1e5, "bytes": 900,
         "agc": {**AGC, "slices": slices(0.002)},
         "peers": {"compile": {"first_ms": 1.0, "slices": slices(0.02)}}}],
}
EXPECTED = """\
a processor, 2 processors; 1 thread: f32 FMA 100 GFLOP/s, memory read 20.0 copy 18.0 triad 16.0 GB/s
torch 2, jax 0

1 thread, ms a step (medians; of the ratio's, each round's by itself)

| work            | eager | compile | jax |   agc | agc / best | least–most | at most |  aim | floor | agc / floor |
| --------------- | ----- | ------- | --- | ----- | ---------- | ---------- | ------- | ---- | ----- | ----------- |
| resnet18-b32-64 |    80 |       – | 200 |    50 |       0.62 |  0.50–0.75 |    0.75 |  0.5 |    20 |        2.50 |
| elementwise *   |     – |       – |   – |  21.5 |          – |          – |    0.25 | 0.15 |    10 |        2.15 |
| mlp-tiny-b1     |     – |    0.02 |   – | 0.002 |       0.10 |  0.10–0.10 |     0.1 | 0.05 | 0.001 |        2.00 |

* in no round had the machine less than 10% of a processor to do for others; of one thread, this is processor time

first call and resident memory, 1 thread

| work                              | eager | compile | jax | agc | from the disk | at most |
| --------------------------------- | ----- | ------- | --- | --- | ------------- | ------- |
| first call, s, resnet18-b32-64    |   0.2 |       – |   4 | 2.5 |          0.05 |  3; 0.1 |
| peak memory, MiB, resnet18-b32-64 |   100 |       – | 100 |  40 |               |      40 |
| first call, s, elementwise        |     – |       – |   – | 2.5 |          0.05 |         |
| peak memory, MiB, elementwise     |     – |       – |   – |  40 |               |         |
| first call, s, mlp-tiny-b1        |     – |   0.001 |   – | 2.5 |          0.05 |         |
| peak memory, MiB, mlp-tiny-b1     |     – |     100 |   – |  40 |               |         |
"""


KERNELS = {
    "machine": REPORT["machine"],
    "cases": {
        "mm/nn/8x8x8/t1": {"rounds": [
            {"flops": 5e10, "products": 8e10, "peak": 1.25e11, "seconds": 2e-6, "others": 0,
             "peers": {"torch": 4e-6, "numpy": 1e-6}},
            {"flops": 1e9, "products": 1e9, "peak": 1e11, "seconds": 1e-3, "others": 0.7,
             "peers": {"torch": 4e-6, "numpy": 1e-6}}]},
        "conv/data/b1/64x64x8/3s1/t1": {"rounds": [
            {"flops": 1e10, "products": 2.5e10, "peak": 1e11, "seconds": 1e-3, "others": 2,
             "peers": {"torch": 1e-3}}]}}}
EXPECTED_KERNELS = """\
a processor, 2 processors; 1 thread: f32 FMA 100 GFLOP/s, memory read 20.0 copy 18.0 triad 16.0 GB/s

| case                          |   µs | GFLOP/s | of peak | products | agc / numpy | agc / torch |
| ----------------------------- | ---- | ------- | ------- | -------- | ----------- | ----------- |
| mm/nn/8x8x8/t1                |    2 |      50 |     40% |      64% |        2.00 |        0.50 |
| conv/data/b1/64x64x8/3s1/t1 * | 1000 |      10 |     10% |      25% |           – |        1.00 |
"""


def run(*arguments, script="run", status=0):
    done = subprocess.run([sys.executable, HERE / script, *arguments],
                          capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def main(build):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "report.json"
        file.write_text(json.dumps(REPORT))
        printed = run(f"--from={file}").stdout
        assert printed == EXPECTED, printed

        printed = run("mlp-tiny-b1", "lstm", "--peers=none", "--threads=1", "--rounds=2",
                      "--seconds=0.02", "--wait=0", f"--json={file}",
                      f"--build={build}").stdout
        report = json.loads(file.read_text())
    assert "| mlp-tiny-b1" in printed and "| lstm" in printed, printed
    peak = report["machine"]["peak"]["1"]
    assert all(peak[key] > 0 for key in ("gflops", "read", "copy", "triad")), peak
    assert peak["gbytes"] == max(peak["read"], peak["copy"], peak["triad"]), peak
    tiny, lstm = report["rows"]
    for row in (tiny, lstm):
        assert len(row["agc"]["slices"]) == 2 and row["peers"] == {}, row
        assert row["agc"]["first_ms"] > row["agc"]["cached_first_ms"] > 0, row
        assert row["agc"]["peak_mib"] > 0, row
        assert {"agc_ms", "floor_ms", "rounds"} <= row["summary"].keys(), row
        assert row["summary"]["agc_ms"] > 0 < row["summary"]["floor_ms"], row
    # Parameters and momentum are read and written, the batch and the rate read,
    # and the loss is written; sizes are of (16 + 1) 32 + (32 + 1) 32 + (32 + 1) 4.
    assert tiny["bytes"] == 4 * (4 * 1732 + 16 + 1 + 1) + 8, tiny
    # Forward and gradients of the weights, and of two layers' inputs, at least.
    assert tiny["flops"] >= 2 * (2 * 1664 + 1152), tiny

    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "kernels.json"
        file.write_text(json.dumps(KERNELS))
        printed = run(f"--from={file}", script="kernels").stdout
        assert printed == EXPECTED_KERNELS, printed
        names = ["mm/tn/33x33x33/t1"] + [f"conv/{what}/b1/512x512x2/3s1/t1"
                                         for what in ("forward", "data", "weight")]
        run("^(" + "|".join(names) + ")", "--peers=none", "--rounds=1", "--seconds=0.01",
            "--wait=0", f"--json={file}", f"--build={build}", script="kernels")
        cases = json.loads(file.read_text())["cases"]
    assert sorted(cases) == sorted(names), cases
    for name, case in cases.items():
        one, = case["rounds"]
        flops = 2 * 33 ** 3 if name.startswith("mm") else 2 * 2 * 2 * 512 * 512 * 9
        assert abs(one["flops"] * one["seconds"] / flops - 1) < 1e-3, (name, one)
        assert one["products"] > 0 < one["peak"] and one["peers"] == {}, (name, one)

    for arguments, why in ((["frobnicate"], "there is no workload 'frobnicate'"),
                           (["--without=jax,caffe"], "there is no peer 'caffe'"),
                           (["--threads=3"], "--threads: one, two or both"),
                           (["--rounds=0"], "--rounds and --seconds are more than 0")):
        assert why in run(*arguments, status=2).stderr


main(sys.argv[1])
