"""Where things are: metres east and north of the town's middle, degrees, and coordinates along the valley.

Along the valley (`s`, `t`): metres down the river from the middle, and metres to its left, which is north.
"""

import csv
import math
from pathlib import Path

HAND = Path(__file__).resolve().parent.parent / "hand"
LON, LAT = 105.72, 34.58
# WGS 84: metres of one degree here.
AXIS_M, ECCENTRICITY_SQUARED = 6378137.0, 0.0066943799901413165
_W = 1 - ECCENTRICITY_SQUARED * math.sin(math.radians(LAT)) ** 2
EAST_M = math.radians(1) * AXIS_M / math.sqrt(_W) * math.cos(math.radians(LAT))
NORTH_M = math.radians(1) * AXIS_M * (1 - ECCENTRICITY_SQUARED) / _W**1.5


def degrees(at):
    """On the grid of what is stored, 1e-7 degrees."""
    return (round(LON + at[0] / EAST_M, 7), round(LAT + at[1] / NORTH_M, 7))


def metres(lonlat):
    return ((lonlat[0] - LON) * EAST_M, (lonlat[1] - LAT) * NORTH_M)


def on_grid(at):
    return metres(degrees(at))


def table(name):
    with open(HAND / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def points(text):
    return [tuple(float(part) for part in pair.split(":")) for pair in text.split()]


def curve(controls, step):
    """A smooth line through the controls (Catmull-Rom), about `step` metres between its points."""
    line = [controls[0]]
    for i in range(len(controls) - 1):
        a, b, c, d = controls[max(i - 1, 0)], controls[i], controls[i + 1], controls[min(i + 2, len(controls) - 1)]
        pieces = max(1, round(math.dist(b, c) / step))
        for k in range(1, pieces + 1):
            u = k / pieces
            line.append(tuple(
                0.5 * (2 * b[j] + (c[j] - a[j]) * u + (2 * a[j] - 5 * b[j] + 4 * c[j] - d[j]) * u * u
                       + (3 * b[j] - a[j] - 3 * c[j] + d[j]) * u**3)
                for j in (0, 1)))
    return line


class Valley:
    def __init__(self):
        rows = {row["line"]: points(row["points"]) for row in table("valley.csv")}
        self.north, self.south = rows["north"], rows["south"]
        self.river = curve(rows["river"], 25)
        at, self.along = 0.0, [0.0]
        for a, b in zip(self.river, self.river[1:]):
            at += math.dist(a, b)
            self.along.append(at)
        middle = min(range(len(self.river)), key=lambda i: abs(self.river[i][0]))
        zero = self.along[middle]
        self.along = [value - zero for value in self.along]

    def place(self, s, t):
        """Metres east and north. The ground is uneven: streets swing a little."""
        low, high = 0, len(self.along) - 2
        while low < high:
            middle = (low + high + 1) // 2
            if self.along[middle] <= s:
                low = middle
            else:
                high = middle - 1
        share = (s - self.along[low]) / (self.along[low + 1] - self.along[low])
        (ax, ay), (bx, by) = self.river[low], self.river[low + 1]
        # The direction of the valley, smoothed so that far sides do not fold.
        first, last = self.river[max(low - 14, 0)], self.river[min(low + 15, len(self.river) - 1)]
        first2, last2 = self.river[max(low - 13, 0)], self.river[min(low + 16, len(self.river) - 1)]
        dx = (last[0] - first[0]) * (1 - share) + (last2[0] - first2[0]) * share
        dy = (last[1] - first[1]) * (1 - share) + (last2[1] - first2[1]) * share
        length = math.hypot(dx, dy)
        x, y = ax + share * (bx - ax) - dy / length * t, ay + share * (by - ay) + dx / length * t
        swing = 14 * min(1.0, max(0.0, (abs(t) - 60) / 200))
        return (x + swing * math.sin(y / 173 + 0.8) + 0.6 * swing * math.sin(x / 311 + y / 97),
                y + swing * math.sin(x / 207 + 1.9) + 0.6 * swing * math.sin(y / 263 - x / 131))

    def outline(self):
        """The jurisdiction: both hill sides, every corner as drawn by hand, in order around."""
        return [self.place(s, t) for s, t in self.north + self.south]
