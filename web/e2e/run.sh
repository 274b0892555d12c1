#!/bin/sh
# Starts the demonstration, lets a real browser load the page, and looks at what it shows and draws.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
target=${CARGO_TARGET_DIR:-target}
"$target/debug/patrolmap" demo --data "$work/data" --listen 127.0.0.1:0 2>"$work/log" &
service=$!
trap 'kill $service 2>/dev/null; rm -rf "$work" || true' EXIT INT TERM

for _ in $(seq 100); do
    grep -q '^ready' "$work/log" && break
    sleep 0.1
done
base=$(sed -n 's#^listening at \(http://[^/]*\)/.*#\1#p' "$work/log")
if [ -z "$base" ]; then
    cat "$work/log" >&2
    exit 1
fi
node web/e2e/page.mjs "$base" "$work"
