#!/bin/sh
# Durable inserts of one violation each, with 1 and 8 clients, beside PostGIS in one run: commits a second, p50, p99.
# Both acknowledge only what an fsync has made durable. `insert.sh DIRECTORY`.
set -eu
work=$(mkdir -p "${1:?directory}" && cd "$1" && pwd)
seconds=${SECONDS_EACH:-10}
target=${CARGO_TARGET_DIR:-target}
program=$target/release/patrolmap
command -v wrk >/dev/null || { apt-get install -y -qq wrk >/dev/null; }
postgres=/usr/lib/postgresql/15/bin
[ -x "$postgres/postgres" ] || { apt-get install -y -qq --no-install-recommends postgresql-15 postgresql-15-postgis-3 >/dev/null; }

stop() {
    kill "$service" 2>/dev/null || true
    as_postgres "$postgres/pg_ctl -D $work/pg -m immediate stop" >/dev/null 2>&1 || true
}
as_postgres() { su postgres -c "$1"; }

# The same file system, a fresh cluster with its defaults: fsync and synchronous_commit are on.
rm -rf "$work/pg" "$work/inserts"
install -d -o postgres "$work/pg"
as_postgres "$postgres/initdb -D $work/pg -A trust" >/dev/null
as_postgres "$postgres/pg_ctl -D $work/pg -o '-p 15432 -k $work/pg' -w -l $work/pg/log start" >/dev/null
service=
trap stop EXIT INT TERM
sql() { psql -q -h "$work/pg" -p 15432 -U postgres "$@"; }
sql -c 'create extension postgis' -c "
    create table violation (
        id bigint generated always as identity primary key, category text not null, occurred_at timestamptz not null,
        status text not null default 'reported', description text, geometry geometry(Point, 4326) not null);
    create index on violation using gist (geometry);"
cat >"$work/insert.sql" <<'SQL'
\set x random(1056000000, 1058000000)
\set y random(345000000, 346000000)
insert into violation (category, occurred_at, description, geometry) values ('street-encroachment', '2026-03-01T08:00:00Z', 'a case by the road', st_setsrid(st_makepoint(:x / 1e7, :y / 1e7), 4326)) returning id;
SQL
cat >"$work/insert.lua" <<'LUA'
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/geo+json"
local places = {}
for at = 1, 1000 do
    places[at] = string.format(
        '{"type":"Feature","properties":{"category":"street-encroachment","occurred_at":"2026-03-01T08:00:00Z","description":"a case by the road"},"geometry":{"type":"Point","coordinates":[%.7f,%.7f]}}',
        105.6 + math.random() * 0.2, 34.5 + math.random() * 0.1)
end
local at = 0
request = function()
    at = at % 1000 + 1
    return wrk.format(nil, nil, nil, places[at])
end
LUA

"$program" serve --data "$work/inserts" --listen 127.0.0.1:18082 2>"$work/inserts.log" &
service=$!
until grep -q '^ready' "$work/inserts.log"; do sleep 0.1; done

for clients in 1 8; do
    echo "$clients clients"
    wrk -t1 -c$clients "-d${seconds}s" --latency -s "$work/insert.lua" http://127.0.0.1:18082/api/collections/violations/items |
        awk '/50%/ { p50 = $2 } /99%/ { p99 = $2 } /Requests\/sec/ { rate = $2 } /Non-2xx/ { failed = " FAILED ANSWERS " $NF }
            END { printf "  patrolmap over HTTP   %8.0f commits/s  p50 %9s  p99 %9s%s\n", rate, p50, p99, failed }'
    rm -f "$work"/pgbench_log.*
    (cd "$work" && PGOPTIONS= pgbench -n -h "$work/pg" -p 15432 -U postgres -c $clients -j 1 -M prepared -T "$seconds" -f insert.sql -l postgres >pgbench.txt 2>/dev/null)
    rate=$(awk '/tps/ { print $3 }' "$work/pgbench.txt")
    cat "$work"/pgbench_log.* | awk '{ print $3 }' | sort -n |
        awk -v rate="$rate" '{ at[NR] = $1 } END { printf "  PostGIS by pgbench    %8.0f commits/s  p50 %7.2fms  p99 %7.2fms\n", rate, at[int(NR * 0.5)] / 1e3, at[int(NR * 0.99)] / 1e3 }'
done
