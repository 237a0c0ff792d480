#!/usr/bin/env bash
# The stories of a user with a real Mysterium node, offline, in network namespaces: MYST=/path/to/myst scripts/realnode.sh
# Needs root; the app itself is run by an ordinary user. Without a node, or without root, it says how many were left out.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS=-buildvcs=false LANG=en_US.UTF-8
if [ -n "${MYST:-}" ] && [ "$(id -u)" = 0 ]; then
	scripts/packages.sh realnode
	[ -n "${MYSTERIUMVPN_BIN:-}" ] || make --no-print-directory headless
fi
export MYSTERIUMVPN_BIN=${MYSTERIUMVPN_BIN:-$PWD/bin/mysteriumvpn-headless}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
rc=0
go test -count=1 -timeout 20m -tags headless,migrated_fynedo -v -run '^TestRealNode$' ./internal/e2e > "$out" 2>&1 || rc=$?
if [ $rc -ne 0 ]; then
	cat "$out"
	exit $rc
fi
if grep -q 'were not told' "$out"; then
	sed -n 's/^ *[a-z_]*test.go:[0-9]*: \(.*were not told.*\)/SKIP: \1/p' "$out"
	exit 0
fi
grep -E '^ +--- ' "$out"
echo "$(grep -cE '^ +--- PASS' "$out") stories of a real node were told, $(grep -cE '^ +--- SKIP' "$out" || true) skipped"
