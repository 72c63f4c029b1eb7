#!/bin/sh
# Install the system packages that are missing. `sh deploy/install_system.sh [run|test]`
#   run   what a stack needs: Redis, off-screen OpenGL for the preview picture, venv; and
#         Prometheus, without which it remembers no measurements
#   test  that, second opinions on the files we write (glTF validator, slicers), a browser, `hey`
set -eu

want=${1:-run}
missing=""

need() { # need PACKAGE COMMAND...: the package is missing when the command fails
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

has_python() { # Debian keeps venv and ensurepip in a package of their own
    for python in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        "$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' && return
    done 2>/dev/null
    return 1
}

has_browser() { # the names that tests/browser/conftest.py looks for
    command -v chromium || command -v chromium-browser || command -v google-chrome
}

may_install() {
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "Not root and no sudo here. As root, run: $*" >&2
        exit 1
    fi
}

available() { # only what this release of the distribution has
    for package in "$@"; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            echo "$package"
        else
            echo "skipping $package: not in this distribution" >&2
        fi
    done
}

on_debian() {
    export DEBIAN_FRONTEND=noninteractive
    need redis-server command -v redis-server
    need procps command -v ps
    need python3-venv has_python
    need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
    for package in libegl1 libegl-mesa0 libgl1-mesa-dri; do
        need "$package" dpkg -s "$package"
    done
    if [ "$want" = test ]; then
        need nodejs command -v node
        need npm command -v npm
        need jq command -v jq
        need admesh command -v admesh
        need prusa-slicer command -v prusa-slicer
        need chromium has_browser
        need hey command -v hey
    fi
    wanted=$missing
    need prometheus command -v prometheus
    [ -n "$missing" ] || return 0
    if [ -z "$wanted" ] && ! may_install; then # nothing else is missing, and it can do without
        echo "Not root and no sudo here: without prometheus, no measurements are kept." >&2
        return 0
    fi
    echo "installing:$missing"
    as_root apt-get update -q
    [ "$missing" = "$wanted" ] || hold_service mask
    failed=0
    # shellcheck disable=SC2046,SC2086  words are meant to split
    as_root apt-get install -q -y --no-install-recommends $(available $missing) || failed=$?
    [ "$missing" = "$wanted" ] || hold_service unmask
    return $failed
}

# Debian starts what it installs, and at every boot: a Prometheus of its own on all addresses,
# which looks at itself. A stack runs its own, as its own user; one that was there stays as it is.
hold_service() {
    if [ -d /run/systemd/system ]; then
        as_root systemctl --quiet "$1" prometheus.service
        [ "$1" = mask ] || as_root systemctl --quiet disable prometheus.service
    elif [ "$1" = unmask ] && [ -x /etc/init.d/prometheus ]; then
        as_root service prometheus stop || true
        as_root update-rc.d prometheus disable
    fi || echo "Debian's own Prometheus may be running: \`systemctl disable --now prometheus\`" >&2
}

on_mac() { # best effort, not tested
    need redis command -v redis-server
    need prometheus command -v prometheus
    need python@3.13 has_python
    if [ "$want" = test ]; then
        need node command -v npm
        need admesh command -v admesh
    fi
    [ -n "$missing" ] || return 0
    command -v brew >/dev/null || { echo "Please install:$missing (or Homebrew)" >&2; exit 1; }
    # shellcheck disable=SC2086
    brew install $missing
}

if command -v apt-get >/dev/null; then
    on_debian
elif [ "$(uname -s)" = Darwin ]; then
    on_mac
else
    command -v redis-server >/dev/null && exit 0
    echo "No apt-get and no Homebrew here. Please install Redis >= 6.2 and libEGL with Mesa." >&2
    exit 1
fi
