#!/bin/sh
# Nearest parking along the streets of an extract: in process on one core, over HTTP with 8 connections, and beside
# pandana (a Python environment with it as PANDANA, else left out). `nearest.sh DIRECTORY EXTRACT.osm.pbf`
set -eu
work=${1:?directory}
extract=${2:?extract of OpenStreetMap}
target=${CARGO_TARGET_DIR:-target}
program=$target/release/patrolmap
bench=$(find "$target/release/deps" -name 'nearest-*' -type f -perm -u+x | xargs ls -t | head -1)
command -v wrk >/dev/null || { apt-get install -y -qq wrk >/dev/null; }
mkdir -p "$work"
[ -d "$work/streets" ] || "$program" import-osm "$extract" --data "$work/streets"
"$bench" "$work/streets"

"$program" serve --data "$work/streets" --listen 127.0.0.1:18082 2>"$work/nearest.log" &
service=$!
trap 'kill $service 2>/dev/null || true' EXIT INT TERM
until grep -q '^ready' "$work/nearest.log"; do sleep 0.2; done
"$program" export road-sections --data "$work/streets" -f csv >"$work/sections.csv"
python3 tests/bench/nearest_queries.py "$work/sections.csv" >"$work/queries.lua"
curl -s "http://127.0.0.1:18082/api/collections/parking-points/nearest?lon=0&lat=0" >/dev/null
sleep 2
wrk -t1 -c8 "-d${SECONDS_EACH:-10}s" --latency -s "$work/queries.lua" http://127.0.0.1:18082
[ -z "${PANDANA:-}" ] || "$PANDANA" tests/bench/nearest_peers.py "$(dirname "$extract")/.." "$(basename "$extract" .osm.pbf)" http://127.0.0.1:18082
