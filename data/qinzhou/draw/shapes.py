"""Plane geometry in metres: lengths, areas, feet on lines, crossings."""

import math


def length(line):
    return sum(math.dist(a, b) for a, b in zip(line, line[1:]))


def along(line, metres):
    """The point and the direction after so many metres of the line."""
    for a, b in zip(line, line[1:]):
        here = math.dist(a, b)
        if metres <= here and here > 0:
            u = metres / here
            return (a[0] + u * (b[0] - a[0]), a[1] + u * (b[1] - a[1])), ((b[0] - a[0]) / here, (b[1] - a[1]) / here)
        metres -= here
    a, b = line[-2], line[-1]
    here = math.dist(a, b) or 1.0
    return b, ((b[0] - a[0]) / here, (b[1] - a[1]) / here)


def beside(line, metres, offset):
    """The point `offset` metres to the left of the line, after so many metres of it."""
    (x, y), (dx, dy) = along(line, metres)
    return (x - dy * offset, y + dx * offset)


def foot(at, a, b):
    """Distance to the segment, and how far along it the foot lies, 0 to 1."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    square = dx * dx + dy * dy
    u = 0.0 if square == 0 else min(1.0, max(0.0, ((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / square))
    return math.hypot(at[0] - a[0] - u * dx, at[1] - a[1] - u * dy), u


def distance(at, line):
    return min(foot(at, a, b)[0] for a, b in zip(line, line[1:]))


def area(ring):
    """Signed; positive when it runs against the clock. The ring is not closed."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1])) / 2


def centre(ring):
    total, x, y = 0.0, 0.0, 0.0
    for a, b in zip(ring, ring[1:] + ring[:1]):
        cross = a[0] * b[1] - b[0] * a[1]
        total, x, y = total + cross, x + (a[0] + b[0]) * cross, y + (a[1] + b[1]) * cross
    return (x / (3 * total), y / (3 * total)) if total else ring[0]


def inside(at, ring):
    within = False
    for a, b in zip(ring, ring[1:] + ring[:1]):
        if (a[1] > at[1]) != (b[1] > at[1]) and at[0] < a[0] + (at[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0]):
            within = not within
    return within


def crossing(a, b, c, d):
    """Shares along `ab` and `cd` at which they cross; none where they do not."""
    rx, ry, qx, qy = b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]
    cross = rx * qy - ry * qx
    if abs(cross) < 1e-12:
        return None
    u = ((c[0] - a[0]) * qy - (c[1] - a[1]) * qx) / cross
    v = ((c[0] - a[0]) * ry - (c[1] - a[1]) * rx) / cross
    return (u, v) if 0 <= u <= 1 and 0 <= v <= 1 else None


class Cells:
    """Lines by the squares that they pass: what lies near a place."""

    def __init__(self, size):
        self.size, self.cells = size, {}

    def add(self, key, line):
        for a, b in zip(line, line[1:]):
            steps = max(1, int(math.dist(a, b) / (self.size / 2)) + 1)
            for k in range(steps + 1):
                x, y = a[0] + (b[0] - a[0]) * k / steps, a[1] + (b[1] - a[1]) * k / steps
                entry = self.cells.setdefault((math.floor(x / self.size), math.floor(y / self.size)), [])
                if key not in entry:
                    entry.append(key)

    def near(self, at, reach=1):
        cx, cy = math.floor(at[0] / self.size), math.floor(at[1] / self.size)
        found = {}
        for x in range(cx - reach, cx + reach + 1):
            for y in range(cy - reach, cy + reach + 1):
                for key in self.cells.get((x, y), ()):
                    found[key] = True
        return found
