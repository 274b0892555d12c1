"""Zones that tile the jurisdiction: dividers along streets and the river, each drawn once and used from both sides."""

from frame import degrees, metres, table
from town import down_valley

# West to east: squad, bank, and the dividers at its ends.
NORTH = [("YQ", None, "west"), ("XG", "west", "dacheng"), ("DC", "dacheng", "dongguan"), ("DG", "dongguan", "east"),
         ("QLD", "east", None)]
SOUTH = [("TSJ", None, "qingnian"), ("DG", "qingnian", "east"), ("QLD", "east", None)]


def outline_parts(valley):
    north = [(s, degrees(valley.place(s, t))) for s, t in valley.north]
    south = [(s, degrees(valley.place(s, t))) for s, t in reversed(valley.south)]
    west, east = degrees(valley.place(-6700, 0)), degrees(valley.place(6350, 0))
    return north, south, west, east


def follow(valley, sections, street, top, bottom):
    """The vertices of a street between two `t`, from north to south, through its sections."""
    ends = {}
    for section in sections:
        if section.tags["name_zh"] == street:
            for here, there, line in ((section.lonlat[0], section.lonlat[-1], section.lonlat),
                                      (section.lonlat[-1], section.lonlat[0], section.lonlat[::-1])):
                ends.setdefault(here, []).append((there, line))
    across = {at: down_valley(valley, metres(at))[1] for at in ends}
    start = min(across, key=lambda at: abs(across[at] - top))
    path, at = [start], start
    while True:
        onward = [(across[there], there, line) for there, line in ends[at] if across[there] < across[at] - 1]
        onward = [step for step in onward if step[0] >= bottom - 25]
        if not onward:
            return path
        _, at, line = min(onward, key=lambda step: step[0])
        path.extend(line[1:])


def dividers(valley, sections):
    """For each: from the northern edge to the river, and from the river to the southern edge."""
    north, south, _, _ = outline_parts(valley)
    found = {}
    for row in table("zones.csv"):
        s = float(row["at_s"])
        river = degrees(valley.place(s, 0))
        above, below = [river], [river]
        if row["north_s"]:
            edge = next(at for corner, at in north if corner == float(row["north_s"]))
            above = [edge] + follow(valley, sections, row["street"], 1000, 92) + [river]
        if row["south_s"]:
            edge = next(at for corner, at in south if corner == float(row["south_s"]))
            below = [river] + follow(valley, sections, row["street"], -95, -560) + [edge]
        found[row["divider"]] = (above, below, s)
    return found


def river_between(valley, s1, s2):
    inner = [s for s in range(-6600, 6400, 110) if s1 + 40 < s < s2 - 40]
    return [degrees(valley.place(s, 0)) for s in inner]


def draw_zones(valley, sections):
    """Rings by squad (several where it holds pieces of both banks), and the jurisdiction's ring."""
    north, south, west, east = outline_parts(valley)
    parts, lines = {}, dividers(valley, sections)
    rivers = {}

    def river(first, last):
        """The river between two dividers with every divider's place on it, so that both banks share all corners."""
        stops = sorted((s, above[-1]) for above, _, s in lines.values())
        stops = [(-6700.0, west)] + stops + [(6350.0, east)]
        chain = []
        for (s1, a), (s2, b) in zip(stops, stops[1:]):
            chain.extend([a] + rivers.setdefault((s1, s2), river_between(valley, s1, s2)))
        chain.append(stops[-1][1])
        return chain[chain.index(first): chain.index(last) + 1]

    for banks, squads in (("north", NORTH), ("south", SOUTH)):
        edge = north if banks == "north" else south
        for squad, left, right in squads:
            side = 0 if banks == "north" else 1
            # Dividers run from north to south: above the river towards it, below away from it.
            ends = {"west": [edge[0][1], west], "east": [edge[-1][1], east]}
            if side == 1:
                ends = {name: line[::-1] for name, line in ends.items()}
            a = lines[left][side] if left else ends["west"]
            b = lines[right][side] if right else ends["east"]
            outer_a, river_a = (a[0], a[-1]) if side == 0 else (a[-1], a[0])
            outer_b, river_b = (b[0], b[-1]) if side == 0 else (b[-1], b[0])
            corners = [at for _, at in edge]
            rim = corners[corners.index(outer_a): corners.index(outer_b) + 1]
            middle = river(river_a, river_b)
            if side == 0:
                # Down the left divider, along the river, up the right divider, back along the rim.
                ring = a[:-1] + middle + b[::-1][1:] + rim[::-1][1:]
            else:
                ring = middle[:-1] + b + rim[::-1][1:] + a[::-1][1:]
            if ring[0] != ring[-1]:
                ring.append(ring[0])
            if side == 1:
                ring.reverse()
            parts.setdefault(squad, []).append((ring, middle, side))
    zones = {}
    for squad, pieces in parts.items():
        zones[squad] = joined(pieces) if len(pieces) == 2 else pieces[0][0]
    whole = [west] + [at for _, at in south] + [east] + [at for _, at in reversed(north)] + [west]
    return zones, whole


def joined(pieces):
    """Both banks in one ring: what they share of the river goes."""
    edges = {}
    for ring, _, _ in pieces:
        for a, b in zip(ring, ring[1:]):
            if (b, a) in edges:
                del edges[(b, a)]
            else:
                edges[(a, b)] = True
    after = {}
    for a, b in edges:
        if a in after:
            raise AssertionError("a zone touches itself")
        after[a] = b
    start = next(iter(after))
    ring = [start]
    while len(ring) == 1 or ring[-1] != start:
        ring.append(after[ring[-1]])
    if len(ring) != len(after) + 1:
        raise AssertionError("a zone falls apart")
    return ring
