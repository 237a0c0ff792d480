#!/usr/bin/env bash
# The tests that nothing leaves the device beside the tunnel: what the kernel does with each packet, that each rule is
# needed, the whole of helper, program and exit in network namespaces, and the storm, with the app itself: the one in bin
# if MYSTERIUMVPN_BIN says so, else it is built. They need root, /dev/net/tun, ip and nft; where these are missing it says
# how many tests were left out.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS=-buildvcs=false LEAKS=1 PATH=$PATH:/usr/sbin:/sbin
tags=headless,migrated_fynedo
rules='^Test(EveryPacketGoesWhereTheRulesSay|EveryRuleIsNeeded)$'

missing() {
	[ "$(id -u)" -eq 0 ] || { echo "root"; return; }
	[ -c /dev/net/tun ] || { echo "/dev/net/tun"; return; }
	local tool
	for tool in ip nft; do command -v $tool >/dev/null || { echo "$tool"; return; }; done
	unshare --net true 2>/dev/null || echo "network namespaces"
}

why=$(missing)
if [ -n "$why" ]; then
	count=$(cat internal/leaks/*_test.go | grep '^func Test[^M]' | grep -cv 'TestTheVerdict\|TestDeviceBeside')
	echo "SKIPPED: $((count + 2)) tests of leaks need $why, which is not to be had here"
	exit 0
fi
go test -count=1 -timeout 5m -tags $tags -run "$rules" ./internal/netd
go test -count=1 -timeout 10m -tags $tags -v ./internal/leaks | grep -v '^=== RUN'
