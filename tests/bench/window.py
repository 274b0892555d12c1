"""A square box round the middle of the cases that holds so many features: `window.py ITEMS COUNT`."""
import json
import sys
import urllib.request

items, wanted = sys.argv[1], int(sys.argv[2])
lon, lat = 105.73, 34.575


def box(half):
    return f"{lon - half:.7f},{lat - half:.7f},{lon + half:.7f},{lat + half:.7f}"


def count(half):
    with urllib.request.urlopen(f"{items}?bbox={box(half)}&limit=1") as answer:
        return json.load(answer)["numberMatched"]


low, high = 0.0, 0.05
for _ in range(40):
    middle = (low + high) / 2
    if count(middle) < wanted:
        low = middle
    else:
        high = middle
print(box(high))
