"""The scientific Python stack on the input of the benchmark `hotspots_events`, one thread, one process a case.

    make bench-hotspots-events

Prints for each case the seconds of both by the clock and on a core, the ratio of the latter, what both found (clusters
and noise, or pairs), and the peer's peak memory.
A case that is not done after LIMIT seconds, or that needs more than 12 GiB, is ended and reported as such.
"""

import json
import os
import resource
import subprocess
import sys
import time

LIMIT = 120.0


def load(directory, name):
    import numpy as np

    return np.fromfile(os.path.join(directory, name)).reshape(-1, 3)


def best(runs, work):
    clock, core = [], []
    for _ in range(runs):
        start, on_core = time.perf_counter(), time.process_time()
        found = work()
        clock.append(time.perf_counter() - start)
        core.append(time.process_time() - on_core)
    return min(clock), min(core), found


def partition(labels):
    return [int(labels.max()) + 1, int((labels < 0).sum())]


def sklearn_dbscan(directory, name, eps, runs):
    from sklearn.cluster import DBSCAN

    places = load(directory, name)[:, :2].copy()
    return best(runs, lambda: partition(DBSCAN(eps=eps, min_samples=20, n_jobs=1).fit(places).labels_))


def sklearn_hdbscan(directory):
    from sklearn.cluster import HDBSCAN

    places = load(directory, "city.f64")[:, :2].copy()
    question = HDBSCAN(min_cluster_size=25, min_samples=10, n_jobs=1, copy=True)
    return best(1, lambda: partition(question.fit(places).labels_))


def hdbscan_hdbscan(directory, name, count, runs):
    import hdbscan

    places = load(directory, name)[:count, :2].copy()
    # This package does not count the case itself among its samples.
    question = hdbscan.HDBSCAN(
        min_cluster_size=25, min_samples=9, approx_min_span_tree=False, core_dist_n_jobs=1, algorithm="boruvka_kdtree"
    )
    return best(runs, lambda: partition(question.fit(places).labels_))


def pointpats_knox(directory, permutations):
    import warnings

    warnings.filterwarnings("ignore")
    from pointpats import Knox

    rows = load(directory, "city.f64")

    def work():
        found = Knox(rows[:, :2], rows[:, 2:3], 150.0, 7.0, permutations=permutations)
        return [int(found.statistic_), permutations]

    return best(1, work)


CASES = {
    "sklearn DBSCAN": ("dbscan 33014", lambda d: sklearn_dbscan(d, "city.f64", 40.0, 5)),
    "sklearn DBSCAN, a million": ("dbscan 1000000", lambda d: sklearn_dbscan(d, "million.f64", 12.0, 1)),
    "sklearn HDBSCAN": ("hdbscan 33014", sklearn_hdbscan),
    "hdbscan": ("hdbscan 33014", lambda d: hdbscan_hdbscan(d, "city.f64", 33_014, 3)),
    "hdbscan, 100,000": ("hdbscan 100000", lambda d: hdbscan_hdbscan(d, "million.f64", 100_000, 1)),
    "pointpats Knox, 1 permutation": ("knox 33014", lambda d: pointpats_knox(d, 1)),
    "pointpats Knox, 99 permutations": ("knox 33014", lambda d: pointpats_knox(d, 99)),
}


def child(directory, case):
    resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))
    clock, core, found = CASES[case][1](directory)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"clock": clock, "core": core, "found": found, "peak": peak}))


def main(directory):
    with open(os.path.join(directory, "ours.tsv")) as file:
        ours = {row[0]: row[1:] for row in (line.rstrip("\n").split("\t") for line in file)}
    one_thread = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")}
    print("peer", "s", "on a core", "ours s", "on a core", "ratio on a core", "found", "ours", "peer MiB", sep="\t")
    for case, (own, _) in CASES.items():
        clock, core, first, second, _ = ours[own]
        command = [sys.executable, os.path.abspath(__file__), directory, case]
        try:
            run = subprocess.run(
                command, env={**os.environ, **one_thread}, capture_output=True, text=True, timeout=LIMIT
            )
            found = json.loads(run.stdout.splitlines()[-1])
        except subprocess.TimeoutExpired:
            print(case, f"not done in {LIMIT:.0f} s", sep="\t", flush=True)
            continue
        except (json.JSONDecodeError, IndexError):
            print(case, "failed: " + (run.stderr.strip().splitlines() or ["killed"])[-1], sep="\t", flush=True)
            continue
        ratio = found["core"] / float(core)
        row = [case, f"{found['clock']:.3f}", f"{found['core']:.3f}", clock, core, f"{ratio:.1f}"]
        print(*row, found["found"], f"[{first}, {second}]", found["peak"], sep="\t", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        child(sys.argv[1], sys.argv[2])
    else:
        main(sys.argv[1])
