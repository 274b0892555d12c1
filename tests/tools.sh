#!/bin/sh
# Installs what the tests need and the machine lacks; with `page`, only what building needs. Says what it does; does
# nothing where all is there.
set -eu
only=${1:-}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

missing=""
need() { # command, package
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need cc gcc
need node nodejs
need npm npm
if [ "$only" != page ]; then
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 \
        || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"
    # Chinese on the map is drawn with the machine's own fonts.
    [ -n "$(fc-list :lang=zh-cn 2>/dev/null | head -n 1)" ] || missing="$missing fontconfig fonts-noto-cjk"
fi

if [ -n "$missing" ]; then
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "please install:$missing" >&2
        exit 1
    fi
    echo "installing:$missing" >&2
    as_root apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

if ! command -v cargo >/dev/null 2>&1; then
    echo "please install Rust 1.95 or newer: https://rustup.rs" >&2
    exit 1
fi
[ "$only" = page ] || for part in fmt clippy; do
    cargo "$part" --version >/dev/null 2>&1 || rustup component add rustfmt clippy
done

# The page is built with Vite, which needs Node.js 20.19; Debian 12 brings 18. A newer one comes as a package, for this
# checkout only: the Makefile puts it first on the path.
here=$(cd "$(dirname "$0")/.." && pwd)
PATH=$here/target/node/node_modules/node/bin:$PATH
if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; then
    echo "Node.js $(node --version) is too old for the page: taking 22 into target/node" >&2
    mkdir -p "$here/target/node"
    npm install --silent --no-save --no-package-lock --prefix "$here/target/node" node@22
fi
# The packages of the page, when there are none or the lock file is newer.
page=$(dirname "$0")/../web
if [ ! -e "$page/node_modules/.package-lock.json" ] || [ "$page/package-lock.json" -nt "$page/node_modules/.package-lock.json" ]; then
    echo "installing the packages of the page" >&2
    (cd "$page" && npm ci --silent && touch node_modules/.package-lock.json)
fi
