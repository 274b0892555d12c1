"""Areas on the ellipsoid, and bringing a sum of small ones to a figure."""

import math

from frame import AXIS_M, ECCENTRICITY_SQUARED

STEP = 1e-7


def area_m2(ring):
    """Of a small closed ring in degrees: plane area times the scale at its middle; better than 1e-7 for a building."""
    x0, y0 = ring[0]
    local = [(x - x0, y - y0) for x, y in ring]
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(local, local[1:]))
    lat = math.radians(y0 + sum(y for _, y in local[:-1]) / (len(local) - 1))
    w = 1 - ECCENTRICITY_SQUARED * math.sin(lat) ** 2
    scale = math.radians(1) ** 2 * AXIS_M * AXIS_M * (1 - ECCENTRICITY_SQUARED) / w**2 * math.cos(lat)
    return abs(twice) / 2 * scale


def bring_to(polygons, total):
    """Scales all rings about their first corner, then moves single corners by steps of the grid until the sum fits."""
    share = math.sqrt(total / sum(area_m2(polygon["coordinates"][0]) for polygon in polygons))
    for polygon in polygons:
        ring = polygon["coordinates"][0]
        x0, y0 = ring[0]
        polygon["coordinates"][0] = [[round(x0 + (x - x0) * share, 7), round(y0 + (y - y0) * share, 7)] for x, y in ring]
    for polygon in polygons:
        ring = polygon["coordinates"][0]
        left = total - sum(area_m2(other["coordinates"][0]) for other in polygons)
        best = (abs(left), None)
        before = area_m2(ring)
        corner = ring[2]
        for dx in range(-3, 4):
            for dy in range(-3, 4):
                moved = [round(corner[0] + dx * STEP, 7), round(corner[1] + dy * STEP, 7)]
                miss = abs(left - (area_m2(ring[:2] + [moved] + ring[3:]) - before))
                if miss < best[0]:
                    best = (miss, moved)
        if best[1]:
            ring[2] = best[1]
        if best[0] < 1e-4:
            return
