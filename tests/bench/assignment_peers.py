"""METIS and Mt-KaHyPar on the street instances that the assignment bench solves: seconds, deviation, pieces, seams.

usage: assignment_peers.py INSTANCE.json...   (needs numpy, scipy, pymetis, mtkahypar; `make bench-assignment` makes them)
METIS partitions the graph of sections that share a junction, Mt-KaHyPar the hypergraph with junctions as nets; both know
targets, neither knows bases. Deviation is taken on both sides."""
import json
import sys
import time

import mtkahypar
import numpy as np
import pymetis
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

mtk = mtkahypar.initialize(2)


def judge(inst, x):
    load = np.bincount(x, inst["w"], minlength=inst["k"])
    pairs = np.unique(np.r_[inst["u"] * inst["k"] + x, inst["v"] * inst["k"] + x])
    seams = len(pairs) - len(np.unique(pairs // inst["k"]))
    extra = 0
    for squad in range(inst["k"]):
        own = np.flatnonzero(x == squad)
        ends, numbered = np.unique(np.r_[inst["u"][own], inst["v"][own]], return_inverse=True)
        a, b = numbered[: len(own)], numbered[len(own):]
        pieces, _ = connected_components(coo_matrix((np.ones(len(own)), (a, b)), shape=(len(ends),) * 2))
        extra += pieces - 1
    return f"deviation {100 * abs(load / inst['target'] - 1).max():.2f} %\textra pieces {extra}\tseams {seams}"


def load(path):
    raw = json.load(open(path))
    inst = {"name": raw["name"], "k": len(raw["squads"]), "u": np.array(raw["u"]), "v": np.array(raw["v"])}
    inst["w"] = np.array(raw["demand_min"], float)
    strength = np.array([squad["strength"] for squad in raw["squads"]], float)
    inst["share"] = strength / strength.sum()
    inst["target"] = inst["w"].sum() * inst["share"]
    inst["whole"] = np.maximum(1, np.round(inst["w"] * 1000)).astype(int)
    inst["at"] = [[] for _ in raw["junctions"]]
    for section, (u, v) in enumerate(zip(raw["u"], raw["v"])):
        for junction in {u, v}:
            inst["at"][junction].append(section)
    return inst


def metis(inst, cuts):
    near = [set() for _ in inst["w"]]
    for sections in inst["at"]:
        for section in sections:
            near[section].update(other for other in sections if other != section)
    options = pymetis.Options(contig=1, ncuts=cuts, ufactor=10)
    began = time.perf_counter()
    _, x = pymetis.part_graph(
        inst["k"], adjacency=[sorted(own) for own in near], vweights=inst["whole"].tolist(),
        tpwgts=inst["share"].tolist(), options=options, recursive=False)
    return time.perf_counter() - began, np.array(x)


def kahypar(inst, preset):
    nets = [sections for sections in inst["at"] if len(sections) > 1]
    context = mtk.context_from_preset(preset)
    context.set_partitioning_parameters(inst["k"], 0.02, mtkahypar.Objective.KM1)
    total = int(inst["whole"].sum())
    context.set_individual_target_block_weights([int(np.ceil(total * share * 1.02)) for share in inst["share"]])
    mtkahypar.set_seed(1)
    graph = mtk.create_hypergraph(
        context, len(inst["w"]), len(nets), nets, inst["whole"].tolist(), [1] * len(nets))
    began = time.perf_counter()
    answer = graph.partition(context)
    seconds = time.perf_counter() - began
    return seconds, np.array([answer.block_id(node) for node in range(len(inst["w"]))])


for path in sys.argv[1:]:
    inst = load(path)
    rivals = [("METIS contig", lambda: metis(inst, 1)), ("METIS contig, 50 cuts", lambda: metis(inst, 50)),
              ("Mt-KaHyPar default", lambda: kahypar(inst, mtkahypar.PresetType.DEFAULT)),
              ("Mt-KaHyPar quality", lambda: kahypar(inst, mtkahypar.PresetType.QUALITY))]
    for name, run in rivals:
        try:
            seconds, x = run()
            print(f"{inst['name']}\t{name}\t{seconds:.3f} s\t{judge(inst, x)}", flush=True)
        except Exception as error:  # a peer's failure is a result, too
            print(f"{inst['name']}\t{name}\tfailed: {error!r}", flush=True)
