"""The table of tests/bench/run, out of what it measured (its --json)."""

import statistics

import workloads

PEERS = ("eager", "compile", "jax")
# Of a processor, busy with something else, from where a slice is not counted.
MOST_OTHERS = 0.1


def median(values):
    return statistics.median(values)


def clean_rounds(row):
    """Positions of the rounds in which the machine was ours; all, if none was."""
    slices = [row["agc"]["slices"]] + [peer["slices"] for peer in row["peers"].values()]
    rounds = range(min(map(len, slices)))
    clean = [i for i in rounds
             if all(each[i]["others"] <= MOST_OTHERS for each in slices)]
    return clean or list(rounds), not clean


def floor_ms(row, machine):
    """The larger of arithmetic at the peak and memory at its bandwidth; of no
    memory where all of it stays in the last cache from step to step."""
    peak = machine["peak"][str(row["threads"])]
    moved = row["bytes"] if row["bytes"] > machine["cache_bytes"] else 0
    return max(row["flops"] / peak["gflops"], moved / peak["gbytes"]) / 1e6


def summary(row, machine):
    """A row's medians and ratios; what --json has beside the slices."""
    rounds, disturbed = clean_rounds(row)
    # On one thread a step's time is its processor's, whatever others do.
    measure = "cpu_ms" if disturbed and row["threads"] == 1 else "step_ms"
    step = lambda who: [who["slices"][i][measure] for i in rounds]
    agc, peers = step(row["agc"]), {n: step(p) for n, p in row["peers"].items()}
    result = {"agc_ms": median(agc), "peers_ms": {n: median(t) for n, t in peers.items()},
              "floor_ms": floor_ms(row, machine), "rounds": len(rounds),
              "disturbed": disturbed}
    if peers:
        best = min(result["peers_ms"], key=result["peers_ms"].get)
        ratios = [ours / theirs for ours, theirs in zip(agc, peers[best])]
        result.update(best=best, ratio=median(ratios), least_ratio=min(ratios),
                      most_ratio=max(ratios))
    return result


def number(value):
    return "–" if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"


def lines(rows):
    """A table in Markdown, its columns aligned."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    rows.insert(1, ["-" * width for width in widths])
    for row in rows:
        cells = [cell.ljust(width) if i == 0 else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        yield "| " + " | ".join(cells) + " |"


def step_table(report, threads):
    yield (f"{threads} thread{'s' * (threads > 1)}, ms a step (medians; of the ratio's, "
           "each round's by itself)")
    yield ""
    rows = [["work", *PEERS, "agc", "agc / best", "least–most", "at most", "aim", "floor",
             "agc / floor"]]
    disturbed = False
    for row in report["rows"]:
        if row["threads"] != threads:
            continue
        s = summary(row, report["machine"])
        _, at_most, aim = workloads.WORKLOADS[row["work"]]
        disturbed |= s["disturbed"]
        rows.append([
            row["work"] + " *" * s["disturbed"],
            *(number(s["peers_ms"].get(peer)) for peer in PEERS), number(s["agc_ms"]),
            f"{s['ratio']:.2f}" if "ratio" in s else "–",
            f"{s['least_ratio']:.2f}–{s['most_ratio']:.2f}" if "ratio" in s else "–",
            str(at_most), str(aim), number(s["floor_ms"]),
            f"{s['agc_ms'] / s['floor_ms']:.2f}"])
    yield from lines(rows)
    if disturbed:
        yield ""
        yield "* in no round had the machine less than " + \
              f"{MOST_OTHERS:.0%} of a processor to do for others" + \
              "; of one thread, this is processor time" * (threads == 1)


def whole_table(report, threads):
    """First call and memory."""
    rows = [["work", *PEERS, "agc", "from the disk", "at most"]]
    for row in report["rows"]:
        if row["threads"] != threads:
            continue
        agc, peers = row["agc"], row["peers"]
        limited = row["work"] == workloads.WHOLE
        rows.append(["first call, s, " + row["work"],
                     *(number(peers[p]["first_ms"] / 1e3) if p in peers else "–"
                       for p in PEERS),
                     number(agc["first_ms"] / 1e3), number(agc["cached_first_ms"] / 1e3),
                     f"{workloads.FIRST_S:g}; {workloads.CACHED_S:g}" if limited else ""])
        memory = [max(s["peak_mib"] for s in peers[p]["slices"]) if p in peers else None
                  for p in PEERS]
        best = min([m for m in memory if m], default=None)
        rows.append(["peak memory, MiB, " + row["work"], *map(number, memory),
                     number(agc["peak_mib"]), "",
                     f"{workloads.MEMORY_RATIO * best:.0f}" if limited and best else ""])
    yield f"first call and resident memory, {threads} thread{'s' * (threads > 1)}"
    yield ""
    yield from lines(rows)


def machine_line(machine):
    return f"{machine['cpu']}, {machine['processors']} processors; " + "; ".join(
        f"{n} thread{'s' * (n != '1')}: f32 FMA {peak['gflops']:.0f} GFLOP/s, memory read "
        f"{peak['read']:.1f} copy {peak['copy']:.1f} triad {peak['triad']:.1f} GB/s"
        for n, peak in machine["peak"].items())


def table(report):
    yield machine_line(report["machine"])
    if report["versions"]:
        yield ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    counts = sorted({row["threads"] for row in report["rows"]}, reverse=True)
    for threads in counts:
        yield ""
        yield from step_table(report, threads)
    if counts:
        yield ""
        yield from whole_table(report, counts[0])
