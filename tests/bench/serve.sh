#!/bin/sh
# Windows of 100, 1,000 and 10,000 features out of 1,000,000, beside a bare handler that returns the same bytes, in one
# run: requests a second, p50, p99, and processor time a request. `serve.sh DIRECTORY`: where data and logs go.
set -eu
work=${1:?directory}
seconds=${SECONDS_EACH:-10}
target=${CARGO_TARGET_DIR:-target}
program=$target/release/patrolmap
bare=$(find "$target/release/deps" -name 'bare-*' -type f -perm -u+x | xargs ls -t | head -1)
command -v wrk >/dev/null || { apt-get install -y -qq wrk >/dev/null; }
mkdir -p "$work"

if [ ! -d "$work/million" ]; then
    python3 tests/bench/cases.py 1000000 >"$work/cases.geojsonl"
    "$program" import violations "$work/cases.geojsonl" --data "$work/million"
fi

stop() { kill "$service" "$handler" 2>/dev/null || true; }
handler=
"$program" serve --data "$work/million" --listen 127.0.0.1:18080 2>"$work/serve.log" &
service=$!
trap stop EXIT INT TERM
until grep -q '^ready' "$work/serve.log"; do sleep 0.2; done
items=http://127.0.0.1:18080/api/collections/violations/items

ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

measure() { # name, process, address
    before=$(ticks "$2")
    wrk -t1 -c8 "-d${seconds}s" --latency "$3" >"$work/wrk.txt"
    after=$(ticks "$2")
    awk -v name="$1" -v ticks=$((after - before)) -v hertz="$(getconf CLK_TCK)" -v seconds="$seconds" '
        /50%/ { p50 = $2 } /99%/ { p99 = $2 } /requests in/ { count = $1 } /Requests\/sec/ { rate = $2 }
        /Non-2xx/ { failed = " FAILED ANSWERS " $NF }
        END { printf "%-28s %10.0f req/s  p50 %9s  p99 %9s  %7.1f us CPU a request%s\n", name, rate, p50, p99, ticks / hertz * 1e6 / count, failed }
    ' "$work/wrk.txt"
}

for count in 100 1000 10000; do
    box=$(python3 tests/bench/window.py "$items" "$count")
    curl -s "$items?bbox=$box&limit=10000" -o "$work/answer.json"
    "$bare" 127.0.0.1:18081 "$work/answer.json" &
    handler=$!
    sleep 0.5
    echo "window of $count features, $(stat -c %s "$work/answer.json") bytes"
    measure "  patrolmap" "$service" "$items?bbox=$box&limit=10000"
    measure "  bare handler" "$handler" "http://127.0.0.1:18081/"
    kill "$handler"
    wait "$handler" 2>/dev/null || true
done
