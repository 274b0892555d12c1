"""Streets as a plane graph: crossings become junctions, blocks are the faces between, and blocks can be parted."""

import math

from shapes import Cells, area, crossing, length


class Street:
    """A line between two junctions. Parted ones have two children and are no longer drawn."""

    def __init__(self, start, end, line, tags):
        self.start, self.end, self.line, self.tags, self.children = start, end, line, tags, None


class Plane:
    def __init__(self):
        self.junctions, self.streets = [], []

    def junction(self, at):
        self.junctions.append([at, 0])
        return len(self.junctions) - 1

    def add(self, start, end, line, tags):
        street = Street(start, end, line, tags)
        self.streets.append(street)
        self.junctions[start][1] += 1
        self.junctions[end][1] += 1
        return street

    def drawn(self):
        return [street for street in self.streets if street.children is None]

    def part(self, street, metres):
        """Cuts a street after so many metres; answers the new junction."""
        left, before = [street.line[0]], 0.0
        for i, (a, b) in enumerate(zip(street.line, street.line[1:])):
            here = math.dist(a, b)
            if before + here >= metres:
                u = (metres - before) / here
                at = (a[0] + u * (b[0] - a[0]), a[1] + u * (b[1] - a[1]))
                right = [at] + list(street.line[i + 1:])
                # A vertex next to the cut says nothing more.
                if len(left) > 1 and math.dist(left[-1], at) < 4:
                    left.pop()
                if len(right) > 2 and math.dist(right[1], at) < 4:
                    right.pop(1)
                left.append(at)
                break
            left.append(b)
            before += here
        junction = self.junction(at)
        self.junctions[street.start][1] -= 1
        self.junctions[street.end][1] -= 1
        street.children = (self.add(street.start, junction, left, street.tags),
                           self.add(junction, street.end, right, street.tags))
        return junction

    def resolve(self, street, forward):
        """What a directed street has become."""
        if street.children is None:
            return [(street, forward)]
        children = street.children if forward else street.children[::-1]
        return [piece for child in children for piece in self.resolve(child, forward)]

    def blocks(self):
        """Every face but the outer one, as directed streets against the clock."""
        outgoing = {}
        for street in self.drawn():
            outgoing.setdefault(street.start, []).append((heading(street.line), street, True))
            outgoing.setdefault(street.end, []).append((heading(street.line[::-1]), street, False))
        for leaving in outgoing.values():
            leaving.sort(key=lambda entry: entry[0])
        places = {(id(street), forward): (junction, i) for junction, leaving in outgoing.items()
                  for i, (_, street, forward) in enumerate(leaving)}
        seen, faces = set(), []
        for street in self.drawn():
            for forward in (True, False):
                face, step = [], (street, forward)
                while (id(step[0]), step[1]) not in seen:
                    seen.add((id(step[0]), step[1]))
                    face.append(step)
                    junction, i = places[(id(step[0]), not step[1])]
                    _, follows, onward = outgoing[junction][i - 1]
                    step = (follows, onward)
                if face and area(ring(face)) > 0:
                    faces.append(face)
        return faces


def heading(line):
    return math.atan2(line[1][1] - line[0][1], line[1][0] - line[0][0])


def ring(face):
    corners = []
    for street, forward in face:
        corners.extend((street.line if forward else street.line[::-1])[:-1])
    return corners


def arrange(lines, shortest_tail):
    """A plane graph out of lines that cross: `lines` are (points, tags). Loose ends shorter than the tail go."""
    cells, cuts = Cells(120), [[] for _ in lines]
    for i, (line, _) in enumerate(lines):
        for k, pair in enumerate(zip(line, line[1:])):
            cells.add((i, k), pair)
    done = set()
    for keys in cells.cells.values():
        for p, (i, k) in enumerate(keys):
            for j, m in keys[p + 1:]:
                pair = tuple(sorted(((i, k), (j, m))))
                if i == j or pair in done:
                    continue
                done.add(pair)
                (i1, k1), (j1, m1) = pair
                a, b, c, d = lines[i1][0][k1], lines[i1][0][k1 + 1], lines[j1][0][m1], lines[j1][0][m1 + 1]
                shares = crossing(a, b, c, d)
                if shares:
                    at = (a[0] + shares[0] * (b[0] - a[0]), a[1] + shares[0] * (b[1] - a[1]))
                    cuts[i1].append((k1 + shares[0], at))
                    cuts[j1].append((m1 + shares[1], at))
    plane, known = Plane(), {}

    def junction(at):
        key = (round(at[0], 3), round(at[1], 3))
        if key not in known:
            known[key] = plane.junction(at)
        return known[key]

    for (line, tags), found in zip(lines, cuts):
        stops = sorted([(0.0, line[0]), (len(line) - 1.0, line[-1])] + found, key=lambda cut: cut[0])
        for (u, a), (v, b) in zip(stops, stops[1:]):
            if math.dist(a, b) < 0.01:
                continue
            inner = [line[k] for k in range(math.floor(u) + 1, math.ceil(v)) if
                     math.dist(line[k], a) > 4 and math.dist(line[k], b) > 4]
            plane.add(junction(a), junction(b), [a] + inner + [b], tags)
    trimmed = True
    while trimmed:
        trimmed = False
        for street in list(plane.streets):
            ends = (plane.junctions[street.start][1], plane.junctions[street.end][1])
            if 1 in ends and length(street.line) < shortest_tail:
                plane.streets.remove(street)
                plane.junctions[street.start][1] -= 1
                plane.junctions[street.end][1] -= 1
                trimmed = True
    contract(plane, 24)
    return plane


def contract(plane, shortest):
    """Makes one junction of two that a very short street joins."""
    while True:
        short = next((street for street in plane.streets if length(street.line) < shortest), None)
        if short is None:
            return
        keep, gone = short.start, short.end
        plane.streets.remove(short)
        for street in plane.streets:
            if street.start == gone:
                street.start, street.line[0] = keep, plane.junctions[keep][0]
            if street.end == gone:
                street.end, street.line[-1] = keep, plane.junctions[keep][0]
        plane.junctions[keep][1] += plane.junctions[gone][1] - 2
        plane.junctions[gone][1] = 0
