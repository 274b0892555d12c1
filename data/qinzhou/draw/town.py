"""The town: main streets by hand, hill lanes by their feet, and blocks parted into lanes until they are small."""

import math

from frame import curve, points, table
from chance import Numbers
from planar import arrange, ring
from shapes import area, centre, crossing, distance, inside, length


def thin(line, tolerance):
    """Leaves out vertices that say little (Douglas-Peucker)."""
    if len(line) < 3:
        return line
    far = max(range(1, len(line) - 1), key=lambda i: distance(line[i], [line[0], line[-1]]))
    if distance(line[far], [line[0], line[-1]]) < tolerance:
        return [line[0], line[-1]]
    return thin(line[: far + 1], tolerance)[:-1] + thin(line[far:], tolerance)


def main_streets(valley):
    lines = []
    for row in table("streets.csv"):
        controls = points(row["points"])
        line = [valley.place(s, t) for s, t in curve(controls, 30)]
        lines.append((thin(line, 0.8), dict(row, shops=float(row["shops"]), quarter="main")))
    return lines


def hill_lanes(valley, seed):
    """From the avenue at the foot of a hill upwards in turns; neighbours are joined along the slope."""
    numbers, lines, heads = Numbers(seed, "hills"), [], {"north": [], "south": []}
    for row in table("hills.csv"):
        s, climb = float(row["at"]), float(row["climb"])
        side = 1 if row["bank"] == "north" else -1
        avenue = foot_of_hill(s, side)
        tags = {"name_zh": row["name_zh"], "name_en": row["name_en"], "class": "residential", "grade": "general",
                "oneway": "no", "shops": 0.15, "quarter": "hill"}
        turns = [(s, avenue - side * 6), (s + numbers.between(-8, 8), avenue + side * 45)]
        lean, steps = numbers.sign(), max(3, round(climb / 85))
        for k in range(1, steps + 1):
            lean = -lean
            turns.append((s + lean * numbers.between(18, 62), avenue + side * (45 + (climb - 45) * k / steps)))
        lines.append((thin([valley.place(*at) for at in curve(turns, 14)], 0.6), tags))
        heads["north" if side > 0 else "south"].append((s, avenue, climb, turns, tags))
    for bank, side in (("north", 1), ("south", -1)):
        lanes = sorted(heads[bank], key=lambda head: head[0])
        for (s1, _, _, turns1, tags), (s2, _, _, turns2, _) in zip(lanes, lanes[1:]):
            if s2 - s1 > 900:
                continue
            for level in (2, 3):
                if level == 3 and numbers.share() < 0.35 or len(turns1) <= level + 1 or len(turns2) <= level + 1:
                    continue
                a, b = turns1[level], turns2[level]
                # Begins a little before the lane so that they cross.
                a, b = (a[0] - 6, a[1]), (b[0] + 6, b[1])
                bend = [(a[0] + (b[0] - a[0]) * u + numbers.between(-15, 15),
                         a[1] + (b[1] - a[1]) * u + numbers.between(-32, 32)) for u in (0.25, 0.5, 0.75)]
                named = dict(tags, name_zh=tags["name_zh"] + ("横巷" if level == 2 else "上巷"),
                             name_en=tags["name_en"] + (" Cross" if level == 2 else " Upper"), shops=0.05)
                lines.append((thin([valley.place(*at) for at in curve([a] + bend + [b], 14)], 0.6), named))
    return lines


def foot_of_hill(s, side):
    """Where the avenue at the foot runs: `t` of the hand-drawn lines."""
    names = ("秦州大道", "成纪大道") if side > 0 else ("羲皇大道",)
    rows = [points(row["points"]) for row in table("streets.csv") if row["name_zh"] in names]
    for line in rows:
        for (s1, t1), (s2, t2) in zip(line, line[1:]):
            if s1 <= s <= s2:
                return t1 + (t2 - t1) * (s - s1) / (s2 - s1)
    raise ValueError(f"no avenue at {s}")


class Character:
    """How finely a part of town is built: square metres of a block, how crooked, and what its lanes are."""

    def __init__(self, quarter, block, crooked, classes):
        self.quarter, self.block, self.crooked, self.classes = quarter, block, crooked, classes


OLD = Character("old", 14_000, 0.30, [("living_street", 6), ("residential", 3), ("footway", 1)])
NORTH = Character("north", 29_000, 0.12, [("residential", 7), ("living_street", 2), ("service", 1)])
SOUTH = Character("south", 29_000, 0.12, [("residential", 8), ("living_street", 1), ("service", 1)])
EDGE = Character("edge", 56_000, 0.16, [("residential", 7), ("service", 3)])
HILL = Character("edge", 80_000, 0.25, [("residential", 6), ("footway", 3), ("steps", 1)])


def character(valley, at):
    s, t = down_valley(valley, at)
    if abs(t) < 88:
        return None
    if t > 0 and t > foot_of_hill(max(-6500, min(6200, s)), 1) + 10:
        return HILL
    if t < 0 and (s < -5500 or t < foot_of_hill(max(-5500, min(6100, s)), -1) - 10):
        return HILL if s > -1900 or s < -3300 else EDGE
    if t > 250 and -2100 < s < 1000:
        return OLD
    if -2750 < s < 3150:
        return NORTH if t > 0 else SOUTH
    if -3700 < s < 4400:
        return Character("edge", 42_000, 0.14, EDGE.classes)
    return EDGE


def down_valley(valley, at):
    near = min(range(0, len(valley.river) - 1), key=lambda i: math.dist(valley.river[i], at))
    a, b = valley.river[max(near - 1, 0)], valley.river[near + 1]
    size = math.dist(a, b)
    dx, dy = (b[0] - a[0]) / size, (b[1] - a[1]) / size
    rx, ry = at[0] - valley.river[near][0], at[1] - valley.river[near][1]
    return valley.along[near] + rx * dx + ry * dy, -rx * dy + ry * dx


class Namer:
    """Names of lanes, quarter by quarter: a stem, and which of its lanes."""

    ENDINGS = [("巷", "Lane"), ("一巷", "Lane 1"), ("二巷", "Lane 2"), ("三巷", "Lane 3"), ("四巷", "Lane 4"),
               ("五巷", "Lane 5"), ("六巷", "Lane 6"), ("七巷", "Lane 7"), ("八巷", "Lane 8"), ("九巷", "Lane 9")]

    def __init__(self):
        self.stems = {}
        for row in table("lanes.csv"):
            self.stems.setdefault(row["quarter"], []).append((row["name_zh"], row["name_en"]))
        self.used = {}

    def name(self, quarter):
        count = self.used.get(quarter, 0)
        self.used[quarter] = count + 1
        stems = self.stems[quarter]
        zh, en = stems[count % len(stems)]
        ending = self.ENDINGS[count // len(stems) % len(self.ENDINGS)]
        return zh + ending[0], f"{en} {ending[1]}"


def part_blocks(plane, valley, seed):
    numbers, namer = Numbers(seed, "blocks"), Namer()
    waiting = plane.blocks()
    whole = []
    while waiting:
        face = [piece for street, forward in waiting.pop() for piece in plane.resolve(street, forward)]
        corners = ring(face)
        kind = character(valley, centre(corners))
        size = abs(area(corners))
        if kind is None:
            continue
        if size < kind.block * numbers.between(0.8, 1.7):
            whole.append((face, kind))
            continue
        parts = None
        for attempt in range(8):
            parts = part(plane, face, corners, kind, numbers, namer, attempt)
            if parts:
                break
        if parts:
            waiting.extend(parts)
        else:
            whole.append((face, kind))
    return whole


def part(plane, face, corners, kind, numbers, namer, attempt):
    """A lane across a block, about square to its longer side; none where it would be a bad one."""
    (cx, cy), (ux, uy), reach = long_axis(corners)
    if attempt >= 5:
        ux, uy = -uy, ux
    shift = numbers.between(-0.14, 0.14) * reach
    angle = numbers.around(kind.crooked) + math.pi / 2
    dx, dy = ux * math.cos(angle) - uy * math.sin(angle), ux * math.sin(angle) + uy * math.cos(angle)
    px, py = cx + ux * shift, cy + uy * shift
    far = 4 * reach + 3000
    a, b = (px - dx * far, py - dy * far), (px + dx * far, py + dy * far)
    hits = []
    for index, (street, forward) in enumerate(face):
        before = 0.0
        for p, q in zip(street.line, street.line[1:]):
            shares = crossing(a, b, p, q)
            if shares:
                hits.append((shares[0], index, before + shares[1] * math.dist(p, q)))
            before += math.dist(p, q)
    hits.sort()
    spans = [(hits[i], hits[i + 1]) for i in range(0, len(hits) - 1, 2)]
    spans = [span for span in spans if span[0][0] <= 0.5 <= span[1][0]]
    if not spans or spans[0][0][1] == spans[0][1][1]:
        return None
    ends = [stop(plane, face, index, metres) for _, index, metres in spans[0]]
    if None in ends:
        return None
    places = [plane.junctions[where][0] if kind_of == "junction" else at for kind_of, where, at in ends]
    span = math.dist(*places)
    if span < 42:
        return None
    line = bent(places, span, kind, numbers)
    if not stays_within(line, corners) or too_sharp(face, ends, line):
        return None
    junctions = [where if kind_of == "junction" else plane.part(*where) for kind_of, where, _ in ends]
    if junctions[0] == junctions[1]:
        return None
    line[0], line[-1] = (plane.junctions[junction][0] for junction in junctions)
    tags = continued(plane, face, junctions, line) or new_tags(kind, numbers, namer)
    lane = plane.add(junctions[0], junctions[1], line, tags)
    face = [piece for street, forward in face for piece in plane.resolve(street, forward)]
    starts = [street.start if forward else street.end for street, forward in face]
    if junctions[0] not in starts or junctions[1] not in starts:
        raise AssertionError("a lane must start and end on its block")
    i, j = starts.index(junctions[0]), starts.index(junctions[1])
    turned = face[i:] + face[:i]
    j = (j - i) % len(face)
    return [turned[:j] + [(lane, False)], turned[j:] + [(lane, True)]]


def long_axis(corners):
    """Centre, direction of the longer extent and half of it, by the box of least area."""
    best = None
    for k in range(36):
        angle = math.pi * k / 36
        ux, uy = math.cos(angle), math.sin(angle)
        along = [x * ux + y * uy for x, y in corners]
        across = [-x * uy + y * ux for x, y in corners]
        long, wide = max(along) - min(along), max(across) - min(across)
        if long >= wide and (best is None or long * wide < best[0]):
            u, v = (max(along) + min(along)) / 2, (max(across) + min(across)) / 2
            best = (long * wide, (u * ux - v * uy, u * uy + v * ux), (ux, uy), long / 2)
    return best[1], best[2], best[3]


NEAR_JUNCTION_M = 34


def stop(plane, face, index, metres):
    """Where a lane ends: a junction when one is near and takes another street, else a cut with room on both sides."""
    street, _ = face[index]
    total = length(street.line)
    for junction, gap in ((street.start, metres), (street.end, total - metres)):
        if gap < NEAR_JUNCTION_M:
            if plane.junctions[junction][1] <= 3:
                return ("junction", junction, None)
            if total < 2 * NEAR_JUNCTION_M + 10:
                return None
            metres = NEAR_JUNCTION_M + 4 if junction == street.start else total - NEAR_JUNCTION_M - 4
    rest, before = metres, street.line[0]
    for a, b in zip(street.line, street.line[1:]):
        here = math.dist(a, b)
        if rest <= here:
            return ("cut", (street, metres), (a[0] + rest / here * (b[0] - a[0]), a[1] + rest / here * (b[1] - a[1])))
        rest, before = rest - here, b
    return ("cut", (street, metres), before)


def bent(places, span, kind, numbers):
    (ax, ay), (bx, by) = places
    bow = numbers.around(kind.crooked * 0.22) * span
    bow = max(-0.16 * span, min(0.16 * span, bow))
    nx, ny = -(by - ay) / span, (bx - ax) / span
    inner = []
    count = max(1, min(5, round(span / 55)))
    wave = numbers.between(-2.5, 2.5) if kind.crooked > 0.2 else numbers.between(-1, 1)
    for k in range(1, count + 1):
        u = k / (count + 1)
        off = bow * 4 * u * (1 - u) + wave * math.sin(2 * math.pi * u)
        inner.append((ax + (bx - ax) * u + nx * off, ay + (by - ay) * u + ny * off))
    return [places[0]] + inner + [places[1]]


def stays_within(line, corners):
    for at in line[1:-1]:
        if not inside(at, corners) or distance(at, corners + corners[:1]) < 10:
            return False
    edges = list(zip(corners, corners[1:] + corners[:1]))
    for k, (a, b) in enumerate(zip(line, line[1:])):
        for p, q in edges:
            shares = crossing(a, b, p, q)
            if shares:
                at = (a[0] + shares[0] * (b[0] - a[0]), a[1] + shares[0] * (b[1] - a[1]))
                if min(math.dist(at, line[0]), math.dist(at, line[-1])) > 0.5:
                    return False
    return True


def too_sharp(face, ends, line):
    """Whether the lane leaves the edge of its block under less than about 40 degrees."""
    for (kind_of, where, _), toward in zip(ends, (line[:2], line[::-1][:2])):
        dx, dy = toward[1][0] - toward[0][0], toward[1][1] - toward[0][1]
        for street, _ in face:
            if kind_of == "cut" and street is not where[0]:
                continue
            if kind_of == "junction" and where not in (street.start, street.end):
                continue
            pieces = [(street.line[0], street.line[1]), (street.line[-1], street.line[-2])]
            if kind_of == "cut":
                pieces = [min(zip(street.line, street.line[1:]), key=lambda piece: distance(toward[0], piece))]
            for a, b in pieces:
                if kind_of == "junction" and math.dist(a, toward[0]) > 0.5:
                    continue
                ex, ey = b[0] - a[0], b[1] - a[1]
                cosine = (dx * ex + dy * ey) / (math.hypot(dx, dy) * math.hypot(ex, ey))
                if kind_of == "cut" and abs(cosine) > 0.8 or kind_of == "junction" and cosine > 0.72:
                    return True
    return False


def continued(plane, face, junctions, line):
    """The tags of a lane that this one goes on, straight over a junction."""
    for junction, toward in ((junctions[0], (line[1], line[0])), (junctions[1], (line[-2], line[-1]))):
        dx, dy = toward[1][0] - toward[0][0], toward[1][1] - toward[0][1]
        for street in plane.streets:
            if street.children is not None or junction not in (street.start, street.end):
                continue
            if street.tags["quarter"] == "main" or street.tags["class"] in ("service", "footway", "steps"):
                continue
            a, b = (street.line[0], street.line[1]) if street.start == junction else (street.line[-1], street.line[-2])
            ex, ey = b[0] - a[0], b[1] - a[1]
            if (dx * ex + dy * ey) / (math.hypot(dx, dy) * math.hypot(ex, ey)) > 0.88:
                return street.tags
    return None


def new_tags(kind, numbers, namer):
    totals, classes = 0, []
    for name, weight in kind.classes:
        totals += weight
        classes.append(totals)
    chosen = kind.classes[numbers.weighted(classes)][0]
    zh, en = namer.name(kind.quarter)
    if chosen in ("service", "footway", "steps"):
        zh, en = None, None
    shops = {"old": 0.5, "north": 0.3, "south": 0.25, "edge": 0.06}[kind.quarter] if zh else 0.0
    return {"name_zh": zh, "name_en": en, "class": chosen, "grade": "controlled" if kind.quarter == "old" else "general",
            "oneway": "no", "shops": shops, "quarter": kind.quarter}


def yards(plane, blocks, seed):
    """Dead ends into the larger blocks: ways into yards."""
    numbers = Numbers(seed, "yards")
    for face, kind in blocks:
        if numbers.share() > 0.22:
            continue
        face = [piece for street, forward in face for piece in plane.resolve(street, forward)]
        corners = ring(face)
        street, forward = max(face, key=lambda piece: length(piece[0].line))
        total = length(street.line)
        if total < 95:
            continue
        middle = total * numbers.between(0.42, 0.58)
        found = stop(plane, face, face.index((street, forward)), middle)
        if found is None or found[0] != "cut":
            continue
        at, to = found[2], centre(corners)
        reach = min(math.dist(at, to) * 0.95, numbers.between(38, 75))
        if reach < 30:
            continue
        size = math.dist(at, to)
        head = (at[0] + (to[0] - at[0]) / size * reach, at[1] + (to[1] - at[1]) / size * reach)
        bend = ((at[0] + head[0]) / 2 + numbers.between(-4, 4), (at[1] + head[1]) / 2 + numbers.between(-4, 4))
        line = [at, bend, head]
        if not stays_within(line + [head], corners) or too_sharp(face, [found], line):
            continue
        start = plane.part(street, middle)
        line[0] = plane.junctions[start][0]
        tags = {"name_zh": None, "name_en": None, "class": "service", "grade": "general", "oneway": "no", "shops": 0.0,
                "quarter": kind.quarter}
        plane.add(start, plane.junction(head), line, tags)


def draw_town(valley, seed):
    plane = arrange(main_streets(valley) + hill_lanes(valley, seed), 45)
    blocks = part_blocks(plane, valley, seed)
    yards(plane, blocks, seed)
    return plane, blocks
