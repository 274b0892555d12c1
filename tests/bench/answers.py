"""Times answers about cases: SECTIONS and GRID name running services (host:port) with 33,014 cases each, on streets and
without any. Prints the best and worst of 5 first answers and the middle and worst of 20 kept ones."""
import http.client
import os
import time

GRID = "unit=grid&cell_m=250&grid_crs=EPSG:32619&"


def timed(service, path):
    client = http.client.HTTPConnection(service)
    client.request("GET", "/healthz")
    client.getresponse().read()
    start = time.perf_counter()
    client.request("GET", path)
    answer = client.getresponse()
    body = answer.read()
    assert answer.status == 200, body[:500]
    return (time.perf_counter() - start) * 1e3, len(body)


def told(service, path, vary):
    first = [timed(service, path + vary(turn)) for turn in range(5)]
    kept = sorted(timed(service, path + vary(4))[0] for _ in range(20))
    times = [milliseconds for milliseconds, _ in first]
    return f"{min(times):.0f} ms (worst {max(times):.0f}), kept {kept[10]:.2f} ms (worst {kept[-1]:.2f}), {first[0][1] >> 10} KiB"


sections, grid = os.environ["SECTIONS"], os.environ["GRID"]
for method in ["ranking", "gi-star", "excess", "moran", "density", "network-density", "clusters", "emerging"]:
    # A parameter that changes the question and not the work.
    vary = lambda turn: f"&min_points={10 + turn}"
    line = told(sections, f"/api/hotspots?method={method}", vary)
    if method != "network-density":
        line += " | " + told(grid, f"/api/hotspots?{GRID}method={method}", vary)
    print(method, "|", line)
for question in ["recurrence", "time-patterns"]:
    vary = lambda turn: f"?to={2030 + turn}-01-01"
    print(question, "|", told(sections, f"/api/{question}", vary), "|", told(grid, f"/api/{question}", vary))
for path in ["scan", "scan&model=poisson", "near-repeat", "near-repeat&category=dumping", "gi-star&permutations=999"]:
    print(path, "|", "%.0f ms, %d bytes" % timed(sections, f"/api/hotspots?method={path}"))
