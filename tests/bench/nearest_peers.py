"""pandana beside patrolmap: the same queries on foot, speed and share of right answers.

usage: nearest_peers.py SHARED NAME [URL]
SHARED holds networks/ and parking/ of the reference (their exact.py makes the right answers); NAME is the network; URL is
a running patrolmap with the same extract imported. Needs pandana, pandas, numpy, scipy, shapely.
"""
import json, os, sys, time, urllib.request

shared, name, url = (sys.argv[1:] + [None])[:3]
sys.path.insert(0, os.path.join(shared, "networks", "scripts"))
import numpy as np
import pandas as pd
import pandana
import exact

COUNT, K = 10_000, 5
net = exact.Net(os.path.join(shared, "networks", name))
ids, lon, lat = exact.parking(os.path.join(shared, "parking", name), ("car", "bicycle"))
truth = exact.Exact(net, lon, lat)
qx, qy = exact.random_queries(net, COUNT, 5)
distances, _ = truth.query(qx, qy)
right = exact.rank(distances, ids, K)


def judge(what, answers, took):
    first = sum(r[0][0] == a[0] for r, a in zip(right, answers)) / COUNT
    same = sum({i for i, _ in r} == set(a) for r, a in zip(right, answers)) / COUNT
    print(f"{what:<34} first right {first:7.2%}  same five {same:7.2%}  {COUNT / took:10.0f} queries a second")


started = time.perf_counter()
nodes = np.unique(np.r_[net.u, net.v])
peer = pandana.Network(
    pd.Series(net.x[nodes], nodes), pd.Series(net.y[nodes], nodes), pd.Series(net.u), pd.Series(net.v),
    pd.DataFrame({"m": net.len}), twoway=True)
peer.precompute(3000)
peer.set_pois("parking", 20_000, K, pd.Series(lon), pd.Series(lat))
print(f"pandana builds in {time.perf_counter() - started:.1f} s")
started = time.perf_counter()
at = peer.get_node_ids(pd.Series(qx), pd.Series(qy))
found = peer.nearest_pois(20_000, "parking", num_pois=K, include_poi_ids=True)
columns = found[[f"poi{n}" for n in range(1, K + 1)]].loc[at]
took = time.perf_counter() - started
rows = columns.to_numpy()
judge("pandana, all nodes at once", [[None if np.isnan(v) else ids[int(v)] for v in row] for row in rows], took)

if url is None:
    sys.exit()
body = json.dumps({"points": np.c_[qx, qy].tolist(), "k": K, "measure": "centroid", "kind": ["motor", "bicycle"]})
request = urllib.request.Request(
    f"{url}/api/collections/parking-points/nearest", body.encode(), {"content-type": "application/json"})
urllib.request.urlopen(request).read()
started = time.perf_counter()
text = urllib.request.urlopen(request).read()
took = time.perf_counter() - started
results = json.loads(text)["results"]
judge("patrolmap, one batch over HTTP", [[f["properties"]["external_id"] for f in r["features"]] for r in results], took)
# Answers that differ from the reference's sphere because the earth is an ellipsoid: how far off are they by its own measure?
position = {one: at for at, one in enumerate(ids)}
worse = [distances[q][position[r["features"][0]["properties"]["external_id"]]] - right[q][0][1] for q, r in enumerate(results)]
print(f"patrolmap's first answer is longer than the reference's by {max(worse):.2f} m at most")
