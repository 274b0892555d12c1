"""Queries near the streets of a table of sections, as a script for wrk: `nearest_queries.py SECTIONS.csv`"""
import csv, random, re, sys

csv.field_size_limit(1 << 30)
random.seed(5)
places = []
for row in csv.DictReader(open(sys.argv[1], encoding="utf-8")):
    text = next(value for value in row.values() if value and value.upper().startswith("LINESTRING"))
    numbers = re.findall(r"-?[0-9.]+", text)
    places.append((float(numbers[0]), float(numbers[1])))
print("local paths = {")
for _ in range(20_000):
    lon, lat = random.choice(places)
    lon, lat = lon + random.gauss(0, 4e-4), lat + random.gauss(0, 3e-4)
    print(f'  "/api/collections/parking-points/nearest?lon={lon:.7f}&lat={lat:.7f}",')
print("}")
print("local at = 0")
print("request = function() at = at % #paths + 1; return wrk.format('GET', paths[at]) end")
