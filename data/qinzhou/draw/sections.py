"""Road sections out of the town's streets: on the grid, in one piece, in order, and found by place."""

import math

from frame import degrees, metres
from shapes import Cells, foot, length
from town import down_valley

# Half of the carriageway by class, metres.
HALF_WIDTH_M = {"trunk": 14.0, "primary": 12.0, "secondary": 9.0, "tertiary": 6.5, "residential": 4.5,
                "living_street": 3.5, "pedestrian": 6.0, "service": 2.5, "footway": 1.5, "steps": 1.5}


class Section:
    def __init__(self, line, tags):
        self.lonlat = [degrees(at) for at in line]
        self.line = [metres(at) for at in self.lonlat]
        self.tags, self.length, self.shops = tags, length(self.line), 0
        self.half_width = HALF_WIDTH_M[tags["class"]]

    def middle(self):
        return self.line[len(self.line) // 2]


class Town:
    def __init__(self, valley, plane):
        self.valley = valley
        streets = largest_piece(plane.drawn())
        open_to_vehicles(streets)
        sections = [Section(street.line, street.tags) for street in streets]
        order = {}
        for section in sections:
            order.setdefault(section.tags["name_zh"] or "", len(order))
        sections.sort(key=lambda section: (section.tags["quarter"] != "main", order[section.tags["name_zh"] or ""],
                                           down_valley(valley, section.middle())[0]))
        self.sections, self.cells = sections, Cells(60)
        for number, section in enumerate(sections, 1):
            section.index, section.id = number - 1, f"qz-s{number:04}"
            section.s, section.t = down_valley(valley, section.middle())
            self.cells.add(section.index, section.line)

    def near(self, at, count=1):
        """(metres, index) of the nearest sections, nearest first; looks about 60 m around."""
        found = []
        for index in self.cells.near(at):
            line = self.sections[index].line
            found.append((min(foot(at, a, b)[0] for a, b in zip(line, line[1:])), index))
        found.sort()
        return found[:count]

    def on_pavement(self, at, section, room):
        """Whether a place is off every carriageway and belongs to the section beyond doubt."""
        found = self.near(at, 4)
        clear = all(gap >= self.sections[index].half_width + room for gap, index in found)
        sure = len(found) < 2 or found[1][0] > found[0][0] + 0.5
        return bool(found) and found[0][1] == section.index and clear and sure

    def of_street(self, street, at, count):
        """The sections of a street nearest to a place along the valley."""
        place = self.valley.place(*at)
        named = [section for section in self.sections if section.tags["name_zh"] == street]
        return sorted(named, key=lambda section: math.dist(section.middle(), place))[:count]


def joined(streets):
    """The piece of the network that a junction belongs to, as a function."""
    piece = {}

    def root(junction):
        while piece.setdefault(junction, junction) != junction:
            piece[junction] = piece[piece[junction]]
            junction = piece[junction]
        return junction

    for street in streets:
        piece[root(street.start)] = root(street.end)
    return root


def open_to_vehicles(streets):
    """Widens footways without which vehicles would not get somewhere."""
    walked = ("footway", "steps", "pedestrian")
    for street in streets:
        if street.tags["class"] not in ("footway", "steps"):
            continue
        root = joined(other for other in streets if other.tags["class"] not in walked)
        driven = {end for other in streets if other.tags["class"] not in walked for end in (other.start, other.end)}
        if street.start in driven and street.end in driven and root(street.start) != root(street.end):
            street.tags = dict(street.tags, **{"class": "service"})


def largest_piece(streets):
    root = joined(streets)
    metres_of = {}
    for street in streets:
        metres_of[root(street.start)] = metres_of.get(root(street.start), 0.0) + length(street.line)
    largest = max(metres_of, key=metres_of.get)
    return [street for street in streets if root(street.start) == largest]
