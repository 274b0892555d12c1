"""The same statistics by the scientific Python stack: `hotspots_peers.py DIRECTORY` after the benchmark `hotspots`.

Each measure runs in a process of its own on one core: the best CPU time of three (one where it takes over 5 s), with
imports and just-in-time compilation before. What takes over 90 s by the clock is given up. Prints both programs and their ratio.
"""
import os, sys, time, signal, resource, warnings
for name in ("OMP", "OPENBLAS", "MKL", "NUMBA"): os.environ[name + "_NUM_THREADS"] = "1"
warnings.filterwarnings("ignore")
import numpy as np, shapely
from libpysal.weights import W, lat2W
from esda.getisord import G_Local
from scipy.stats import false_discovery_control
from sklearn.neighbors import KernelDensity
from KDEpy import TreeKDE, FFTKDE
from pointpats import centrography

LIMIT_S = 90
DIRECTORY = sys.argv[1]
TOWN, JUNCTIONS = (6200.0, 4900.0), (34, 27)
PLACES = np.array([(column * 50 + 25.0, row * 50 + 25.0) for row in range(98) for column in range(124)])

def streets():
    xs, ys = (np.linspace(0, length, count) for length, count in zip(TOWN, JUNCTIONS))
    lines, ends = [], []
    for row in range(JUNCTIONS[1]):
        for column in range(JUNCTIONS[0]):
            here = row * JUNCTIONS[0] + column
            if column + 1 < JUNCTIONS[0]: lines.append([(xs[column], ys[row]), (xs[column + 1], ys[row])]); ends.append((here, here + 1))
            if row + 1 < JUNCTIONS[1]: lines.append([(xs[column], ys[row]), (xs[column], ys[row + 1])]); ends.append((here, here + JUNCTIONS[0]))
    return shapely.linestrings(lines), ends

def gi_star_and_bh(counts, weights, permutations=0):
    found = G_Local(counts.astype(float), weights, transform="B", star=True, permutations=permutations, n_jobs=1)
    return false_discovery_control(found.p_norm)

def on_sections(cases):
    lines, ends = streets()
    def run():
        _, section = shapely.STRtree(lines).query_nearest(shapely.points(cases), all_matches=False)
        at = {}
        for number, pair in enumerate(ends):
            for end in pair: at.setdefault(end, set()).add(number)
        weights = W({n: sorted((at[a] | at[b]) - {n}) for n, (a, b) in enumerate(ends)}, silence_warnings=True)
        gi_star_and_bh(np.bincount(section, minlength=len(lines)), weights)
    return run

def cells(cases):
    columns, rows = 124, 98
    index = (cases[:, 1] // 50).astype(int) * columns + (cases[:, 0] // 50).astype(int)
    return np.bincount(index, minlength=columns * rows), lat2W(rows, columns, rook=False, id_type="int")

def on_cells(cases):
    return lambda: gi_star_and_bh(*cells(cases))

def permutations(cases):
    counts, weights = cells(cases)
    gi_star_and_bh(counts, weights, 9)
    return lambda: gi_star_and_bh(counts, weights, 999)

def sklearn_kde(kernel, bandwidth):
    def prepare(cases):
        return lambda: KernelDensity(kernel=kernel, bandwidth=bandwidth, rtol=0, atol=0).fit(cases).score_samples(PLACES)
    return prepare

def kdepy_tree(cases):
    # KDEpy gives bandwidths in standard deviations of the kernel; the biweight reaches sqrt(7) of them.
    grid = PLACES[np.lexsort((PLACES[:, 1], PLACES[:, 0]))]
    return lambda: TreeKDE(kernel="biweight", bw=400 / 7 ** 0.5, norm=2).fit(cases).evaluate(grid)

def kdepy_fft(cases):
    return lambda: FFTKDE(kernel="gaussian", bw=150).fit(cases).evaluate((128, 128))

def centres(cases):
    return lambda: (centrography.euclidean_median(cases), centrography.ellipse(cases))

QUARTIC, GAUSSIAN = "quartic density, 400 m, 12,152 places", "gaussian density, 150 m, 12,152 places"
MEASURES = [
    ("snap, Gi* and BH on sections", "shapely 2 + esda", on_sections),
    ("count, Gi* and BH on cells of 50 m", "esda", on_cells),
    ("999 conditional permutations, same cells", "esda", permutations),
    (QUARTIC, "scikit-learn, Epanechnikov", sklearn_kde("epanechnikov", 400)),
    (QUARTIC, "KDEpy TreeKDE, biweight", kdepy_tree),
    (GAUSSIAN, "scikit-learn, exact", sklearn_kde("gaussian", 150)),
    (GAUSSIAN, "KDEpy FFTKDE, binned, 128 x 128", kdepy_fft),
    ("median centre and ellipse", "pointpats", centres),
]

def measure(prepare, cases):
    """Best CPU seconds and peak MiB, in a child process; None past the limit."""
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(LIMIT_S)
        try:
            run, best = prepare(cases), float("inf")
            for _ in range(3):
                started = time.process_time(); run(); best = min(best, time.process_time() - started)
                if best > 5: break
            os.write(sending, f"{best} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}".encode())
        except Exception as error: print(error, file=sys.stderr)
        os._exit(0)
    os.close(sending)
    said = os.read(receiving, 100).decode().split()
    os.close(receiving); os.waitpid(child, 0)
    return (float(said[0]), int(said[1])) if said else None

def main():
    ours = {}
    for line in open(os.path.join(DIRECTORY, "patrolmap.tsv")):
        what, count, seconds = line.rstrip("\n").split("\t"); ours[what, int(count)] = float(seconds)
    # Compiled once, before the processes part.
    gi_star_and_bh(np.arange(100), lat2W(10, 10, rook=False, id_type="int"), 9)
    for count in (33_014, 1_000_000):
        cases = np.fromfile(os.path.join(DIRECTORY, f"cases_{count}.f64"), dtype="<f8").reshape(-1, 2)
        for what, peer, prepare in MEASURES:
            own = ours.get((what, count))
            if own is None: continue
            found = measure(prepare, cases)
            theirs = f"{found[0] * 1e3:10.1f} ms {found[1]:5} MiB, {found[0] / own:7.1f} times ours" if found else f"not done in {LIMIT_S} s"
            print(f"{count:>9} cases: {what}: ours {own * 1e3:.2f} ms; {peer}: {theirs}", flush=True)

main()
