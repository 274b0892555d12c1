"""Changes of plans from files, by the command line, judged from outside.

usage: assignment_drifts.py PATROLMAP ASSIGNMENT [FIRST [LAST]]

PATROLMAP: the program; ASSIGNMENT: the folder with `streets` and `scripts`. Each town is imported with its bases, planned and
published; then one squad loses 4 of 15 people, and demand is imported anew under numbers FIRST to LAST: each times a
lognormal (0, 0.5) and a wave of a quarter in any direction. The flow bound is worked out here, by linear programming."""

import collections
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
from scipy.optimize import linprog

PROGRAM, ASSIGNMENT = sys.argv[1:3]
FIRST, LAST = (int(text) for text in (sys.argv[3:] + ["100", "105"][len(sys.argv) - 3:])[:2])
BAND, HANDOVER, SEAMS = 0.02, 1.25, 1.10
sys.path.insert(0, os.path.join(ASSIGNMENT, "scripts"))
import evaluate  # noqa: E402


class Town:
    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        instance = os.path.join(ASSIGNMENT, "streets", name + ".json")
        self.town = evaluate.load(instance)
        self.squads = json.load(open(instance))["squads"]
        script = os.path.join(ASSIGNMENT, "scripts", "to_geojson.py")
        subprocess.run([sys.executable, script, instance, folder], check=True)
        self.run("import", "road-sections", os.path.join(folder, "sections.geojson"))
        self.run("import", "squads", os.path.join(folder, "squads.geojson"))

    def run(self, *arguments):
        """What the program prints, and the seconds that it takes."""
        began = time.perf_counter()
        done = subprocess.run([PROGRAM, *arguments, "--data", os.path.join(self.folder, "store")], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{self.name}: {arguments}: {done.stderr}")
        return done.stdout, time.perf_counter() - began

    def assign(self, *more):
        """Squad by section, as numbers, and the seconds that it takes."""
        text, seconds = self.run("assign", "--workload", "workload_min", "--seed", "1", *more)
        number = {squad["id"]: at for at, squad in enumerate(self.squads)}
        squad = np.full(self.town.m, -1)
        for feature in json.loads(text)["features"]:
            squad[int(feature["properties"]["external_id"])] = number[feature["properties"]["squad_code"]]
        assert (squad >= 0).all(), "each section has a squad"
        return squad, seconds

    def drifted(self, number):
        """Minutes by section under a number."""
        random = np.random.default_rng(number)
        turn, phase = random.uniform(0, 2 * np.pi, 2)
        places = self.town.J[self.town.u]
        low, high = self.town.J.min(0), self.town.J.max(0)
        along = ((places - low) / (high - low)) @ [np.cos(turn), np.sin(turn)]
        return self.town.w * random.lognormal(0, 0.5, self.town.m) * (1 + 0.25 * np.sin(2 * np.pi * along + phase))

    def import_minutes(self, minutes):
        path = os.path.join(self.folder, "sections.geojson")
        sections = json.load(open(path))
        for feature, own in zip(sections["features"], minutes):
            feature["properties"]["workload_min"] = float(own)
        json.dump(sections, open(path, "w"))
        self.run("import", "road-sections", path)

    def flow_bound(self, minutes, squad, strengths):
        """The least share of the work that has to cross borders between neighbours, counted at each."""
        town, total = self.town, minutes.sum()
        target = total * strengths / strengths.sum()
        load = np.bincount(squad, minutes, minlength=town.k)
        at = collections.defaultdict(set)
        for end in (town.u, town.v):
            for junction, own in zip(end, squad):
                at[junction].add(own)
        pairs = sorted({(a, b) for here in at.values() for a in here for b in here if a != b})
        gain = np.array([[int(b == own) - int(a == own) for a, b in pairs] for own in range(town.k)], float)
        rows, limits = [gain, -gain], [(1 + BAND) * target - load, load - (1 - BAND) * target]
        return linprog(np.ones(len(pairs)), A_ub=np.vstack(rows), b_ub=np.hstack(limits)).fun / total

    def judge(self, what, minutes, strengths, last, more=()):
        squad, seconds = self.assign(*more)
        target = minutes.sum() * strengths / strengths.sum()
        deviation = abs(np.bincount(squad, minutes, minlength=self.town.k) / target - 1).max()
        handed = minutes[squad != last].sum() / minutes.sum() / self.flow_bound(minutes, last, strengths)
        seams = evaluate.seams(self.town, squad) / evaluate.seams(self.town, last)
        pieces = evaluate.comps(self.town, squad)
        kept = handed <= HANDOVER and seams <= SEAMS and deviation <= BAND + 1e-6 and pieces == 0
        print(f"{self.name}\t{what}\t{handed:.3f} x flow bound\t{seams:.3f} x seams\tdeviation {100 * deviation:.2f} %\t"
              f"extra pieces {pieces}\t{seconds:.2f} s, the whole command\t{'kept' if kept else 'EXCEEDED'}", flush=True)
        return kept


def main():
    kept = []
    for name in ("portland", "campo-grande", "monaco"):
        with tempfile.TemporaryDirectory() as folder:
            town = Town(name, folder)
            strengths = np.array([squad["strength"] for squad in town.squads], float)
            last, _ = town.assign("--publish")
            weak = next(at for at, squad in enumerate(town.squads) if squad["strength"] == 15)
            fewer = strengths - 4 * (np.arange(len(strengths)) == weak)
            more = ("--strength", f"{town.squads[weak]['id']}=11")
            kept.append((name, town.judge("15 people become 11", town.town.w, fewer, last, more)))
            for number in range(FIRST, LAST + 1):
                minutes = town.drifted(number)
                town.import_minutes(minutes)
                kept.append((name, town.judge(f"drift {number}", minutes, strengths, last)))
    for name in dict.fromkeys(name for name, _ in kept):
        own = [each for known, each in kept if known == name]
        print(f"{name}: {sum(own)} of {len(own)} kept")


main()
