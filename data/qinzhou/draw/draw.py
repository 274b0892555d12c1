"""Draws the demonstration: `python3 data/qinzhou/draw/draw.py` writes the files, `--check` compares them.

Python 3.8 or newer, nothing but its standard library. The content of the files depends on the seed and the tables in
`hand` alone; compressed files are compared by their content.
"""

import gzip
import json
import sys
from pathlib import Path

from areas import bring_to
from cases import Drawing, features
from frame import Valley, table
from places import draw_assistants, draw_construction, draw_parking, draw_shops, draw_squads, draw_vending
from sections import Town
from town import draw_town
from truths import truths
from zones import draw_zones

SEED, BUILT_M2 = 620_502, 60_831.902
OUT = Path(__file__).resolve().parent.parent
ABOUT = "Drawn for demonstration; not surveyed, not official."


def collection(features):
    lines = [json.dumps({"type": "Feature", "geometry": geometry, "properties": properties}, ensure_ascii=False,
                        separators=(",", ":")) for geometry, properties in features]
    return f'{{"type":"FeatureCollection","description":"{ABOUT}","features":[\n' + ",\n".join(lines) + "\n]}\n"


def section_features(town):
    made = []
    for section in town.sections:
        tags = section.tags
        properties = {"external_id": section.id, "class": tags["class"]}
        if tags["name_zh"]:
            properties.update({"name": tags["name_zh"], "name:zh": tags["name_zh"], "name:en": tags["name_en"]})
        properties["grade"] = tags["grade"]
        if tags["oneway"] != "no":
            properties.update(oneway=tags["oneway"], oneway_bicycle="no")
        if tags["class"] == "trunk":
            # Pavements and cycle tracks run along it.
            properties.update(foot=True, bicycle=True)
        if tags["class"] == "pedestrian":
            properties["bicycle"] = False
        if section.shops:
            properties["shops"] = section.shops
        properties["workload_min"] = round(section.length * {"strict": 0.09, "controlled": 0.06, "general": 0.035}
                                           [tags["grade"]] + section.shops * 0.8, 1)
        made.append(({"type": "LineString", "coordinates": [list(at) for at in section.lonlat]}, properties))
    return made


def ring_feature(ring, properties):
    return {"type": "Polygon", "coordinates": [[list(at) for at in ring]]}, properties


def draw():
    valley = Valley()
    plane, blocks = draw_town(valley, SEED)
    town = Town(valley, plane)
    zones, whole = draw_zones(valley, town.sections)
    shops = draw_shops(town, SEED)
    drawing = Drawing(town, SEED)
    drawing.draw()
    cases = features(drawing, SEED)
    bring_to([geometry for geometry, properties in cases if properties["category"] == "illegal-construction"], BUILT_M2)
    names = {row["code"]: row for row in table("squads.csv")}
    files = {
        "jurisdictions.geojson": collection([ring_feature(whole, {
            "external_id": "620502", "code": "620502", "name": "秦州城区", "name:en": "Qinzhou town"})]),
        "squads.geojson": collection(draw_squads(valley)),
        "squad-zones.geojson": collection([ring_feature(ring, {
            "external_id": f"qz-z-{squad}", "squad_code": squad, "name": names[squad]["name"] + "责任区",
            "name:en": names[squad]["name_en"] + " zone"}) for squad, ring in zones.items()]),
        "road-sections.geojson.gz": collection(section_features(town)),
        "parking-points.geojson": collection(draw_parking(town, SEED)),
        "shops.geojson.gz": collection(shops),
        "vending-sites.geojson": collection(draw_vending(town, SEED)),
        "construction-sites.geojson": collection(draw_construction(town, blocks, plane, SEED)),
        "assistants.geojson": collection(draw_assistants(town, zones, SEED)),
        "violations.geojson.gz": collection(cases),
        "truths.json": json.dumps(truths(drawing, town, SEED), ensure_ascii=False, indent=1) + "\n",
    }
    return files


def main():
    wrong = []
    for name, text in draw().items():
        path, content = OUT / name, text.encode("utf-8")
        packed = name.endswith(".gz")
        if "--check" in sys.argv:
            stored = path.read_bytes() if path.exists() else b""
            if (gzip.decompress(stored) if packed and stored else stored) != content:
                wrong.append(name)
        else:
            path.write_bytes(gzip.compress(content, 9, mtime=0) if packed else content)
    for name in wrong:
        print(f"{name} is not what the generator draws: run python3 data/qinzhou/draw/draw.py", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
