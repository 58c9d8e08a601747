#!/usr/bin/env bash
# Install the programs that the tests talk to, when they are missing, by apt; leave no daemon behind.
#
# Debian's packages start their services and enable them for the next boot. Both would take ports that
# belong to Tollhouse, so starting is forbidden while apt runs (a temporary policy-rc.d answering
# "101: not allowed") and the services that this run brought in are disabled again afterwards. What was
# installed before is never touched.
set -euo pipefail

packages=()
disable=()

want() { # want PATH-OR-COMMAND PACKAGE [SERVICE]: note the package (and its service) if it is missing
    local found
    found=$(command -v "$1" || compgen -G "$1" || true)
    if [ -z "$found" ]; then
        packages+=("$2")
        if [ $# -gt 2 ]; then disable+=("$3"); fi
    fi
}

PATH="$PATH:/usr/sbin:/sbin"
want '/usr/lib/postgresql/*/bin/initdb' postgresql postgresql
want radclient freeradius-utils
want freeradius freeradius freeradius
want /usr/share/freeradius/dictionary freeradius-common
want /usr/lib/freeradius/rlm_sql_postgresql.so freeradius-postgresql
want systemd-analyze systemd
want setpriv util-linux
want /usr/include/sqlite3ext.h libsqlite3-dev
if [ "${1:-}" = fuzz ]; then # what `make fuzz` and `make sanitize` compile with
    want clang clang
    want '/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.asan*' libclang-rt-14-dev
fi

if [ ${#packages[@]} -eq 0 ]; then exit 0; fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=(sudo -n); else
        echo "The tests need peers that are not installed; as root: apt-get install ${packages[*]}" >&2
        exit 1
    fi
fi
if ! command -v apt-get >/dev/null; then
    echo "The tests need peers that are not installed, and there is no apt-get: ${packages[*]}" >&2
    exit 1
fi

policy=/usr/sbin/policy-rc.d
kept=
restore() {
    if [ -n "$kept" ]; then "${as_root[@]}" mv "$kept" "$policy"; else "${as_root[@]}" rm -f "$policy"; fi
}
if [ -e "$policy" ]; then
    kept="$policy.tollhouse-kept"
    "${as_root[@]}" mv "$policy" "$kept"
fi
trap restore EXIT
printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
"${as_root[@]}" chmod 755 "$policy"

log=$(mktemp)
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o DPkg::Lock::Timeout=120 "$@" </dev/null >>"$log" 2>&1
}
echo "Installing test peers: ${packages[*]} ..."
if ! apt install --no-install-recommends "${packages[@]}"; then
    apt update || true
    if ! apt install --no-install-recommends "${packages[@]}"; then
        tail -n 20 "$log" >&2
        echo "apt-get could not install: ${packages[*]} (whole log: $log)" >&2
        exit 1
    fi
fi
rm -f "$log"

if command -v systemctl >/dev/null; then
    for service in "${disable[@]}"; do
        "${as_root[@]}" systemctl --quiet disable "$service" >/dev/null 2>&1 || true
    done
fi
