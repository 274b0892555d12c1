# `make demo` serves the demonstration; `make test` runs every test and installs what is missing.

CARGO ?= cargo
LISTEN ?= 127.0.0.1:8080
BENCH_DIR ?= target/bench

.PHONY: demo test lint fmt web rust browser bless bench bench-serve bench-insert bench-commits bench-kill bench-nearest tools clean-demo

demo: tools
	$(CARGO) run --release --quiet -- demo --listen $(LISTEN)

test: tools lint rust web browser

lint: tools
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked -- -D warnings

rust: tools
	$(CARGO) test --locked --lib --bin patrolmap --test it

# The page's own logic, without a browser.
web: tools
	cd web && node --test

# The page in a real browser, against a real service.
browser: tools
	$(CARGO) build --locked
	sh web/e2e/run.sh

fmt:
	$(CARGO) fmt

# Takes the description of the interface as it is now for the right one: look at the difference.
bless:
	BLESS=1 $(CARGO) test --test it tidy::the_description

tools:
	@sh tests/tools.sh

# Each writes its figures to stdout; docs/performance.md tells what was measured.
bench: bench-serve bench-insert bench-commits bench-kill

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

# EXTRACT names an extract of OpenStreetMap.
bench-nearest: tools
	$(CARGO) build --release --locked
	$(CARGO) bench --no-run --locked --bench nearest
	sh tests/bench/nearest.sh $(BENCH_DIR) $(EXTRACT)

clean-demo:
	rm -rf patrolmap-demo
