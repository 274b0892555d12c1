# `make demo` serves the demonstration; `make test` runs every test and installs what is missing.

CARGO ?= cargo
LISTEN ?= 127.0.0.1:8080
BENCH_DIR ?= target/bench
ASSIGNMENT ?= ../shared/data/assignment
# A newer Node.js, where tests/tools.sh had to take one.
export PATH := $(CURDIR)/target/node/node_modules/node/bin:$(PATH)

.PHONY: demo test lint fmt web rust browser bless bench bench-serve bench-insert bench-commits bench-kill tools page-tools clean-demo draw-demo check-demo bench-hotspots bench-hotspots-events web-build pictures bench-nearest bench-assignment

demo: web-build
	$(CARGO) run --release --quiet -- demo --listen $(LISTEN)

test: tools lint web web-build rust browser

lint: tools
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings

rust: tools
	$(CARGO) test --locked --lib --bin patrolmap --test it

# The page: types of the interface anew, type check, lint, its own logic without a browser.
web: tools
	cd web && npm run --silent check && npm test --silent

# Bundles the page into web/dist, which the next build of the program takes in. Only when something of it has changed.
web-build: page-tools web/dist/index.html

web/dist/index.html: $(shell find web/src -type f -not -name schema.d.ts) web/index.html web/vite.config.ts web/package-lock.json
	cd web && npm run --silent build

# The page in a real browser, against a real service: the program as the tests built it.
browser: tools web-build
	$(CARGO) test --locked --no-run --test it
	cd web && npm run --silent browser

# Pictures of the page, to be looked at: by day and night, in both languages, wide and on a phone.
pictures: tools web-build
	$(CARGO) test --locked --no-run --test it
	cd web && PICTURES=$(abspath target/pictures) npm run --silent browser

fmt:
	$(CARGO) fmt

# Takes the description of the interface as it is now for the right one: look at the difference.
bless:
	BLESS=1 $(CARGO) test --test it tidy::the_description

tools:
	@sh tests/tools.sh

page-tools:
	@sh tests/tools.sh page

# Each writes its figures to stdout; docs/performance.md tells what was measured.
bench: bench-serve bench-insert bench-commits bench-kill bench-hotspots bench-hotspots-events

bench-serve: tools
	$(CARGO) build --release --locked
	$(CARGO) bench --no-run --locked --bench bare
	sh tests/bench/serve.sh $(BENCH_DIR)

bench-insert: tools
	$(CARGO) build --release --locked
	sh tests/bench/insert.sh $(BENCH_DIR)

bench-commits: tools
	$(CARGO) bench --locked --bench commits

bench-kill: tools
	$(CARGO) bench --locked --bench kill -- 500

# Ours and the programs of the scientific Python stack on the same cases, one core each.
bench-hotspots: tools
	test -x $(BENCH_DIR)/python/bin/python || python3 -m venv $(BENCH_DIR)/python
	$(BENCH_DIR)/python/bin/pip install -q -r tests/bench/hotspots_peers.txt
	$(CARGO) bench --locked --bench hotspots -- $(abspath $(BENCH_DIR))
	$(BENCH_DIR)/python/bin/python tests/bench/hotspots_peers.py $(BENCH_DIR)

# Instances: files of streets, cut edges or arc districting. The peers come from PyPI into a place of their own.
bench-assignment: tools
	test -d $(BENCH_DIR)/peers || python3 -m venv $(BENCH_DIR)/peers
	$(BENCH_DIR)/peers/bin/pip install --quiet numpy scipy pymetis mtkahypar
	$(CARGO) bench --locked --bench assignment -- $(ASSIGNMENT)/streets/*.json $(ASSIGNMENT)/cutedges/*.json $(ASSIGNMENT)/arc_districting/*.json
	$(BENCH_DIR)/peers/bin/python tests/bench/assignment_peers.py $(ASSIGNMENT)/streets/*.json
	$(CARGO) build --release --locked
	$(BENCH_DIR)/peers/bin/python tests/bench/assignment_drifts.py target/release/patrolmap $(ASSIGNMENT)

bench-hotspots-events: tools
	test -x $(BENCH_DIR)/python/bin/python || python3 -m venv $(BENCH_DIR)/python
	$(BENCH_DIR)/python/bin/pip install -q -r tests/bench/hotspots_events_peers.txt
	$(CARGO) bench --locked --bench hotspots_events -- $(abspath $(BENCH_DIR))
	$(BENCH_DIR)/python/bin/python tests/bench/hotspots_events_peers.py $(BENCH_DIR)

# EXTRACT names an extract of OpenStreetMap.
bench-nearest: tools
	$(CARGO) build --release --locked
	$(CARGO) bench --no-run --locked --bench nearest
	sh tests/bench/nearest.sh $(BENCH_DIR) $(EXTRACT)

clean-demo:
	rm -rf patrolmap-demo

# The drawn town: draws it again, or says whether the committed files are what the generator draws.
draw-demo:
	python3 data/qinzhou/draw/draw.py

check-demo:
	python3 data/qinzhou/draw/draw.py --check
