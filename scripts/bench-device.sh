#!/usr/bin/env bash
# Measures the app in device mode, with its helper and its firewall, beside wireguard-go's own program, in rounds that take
# turns and in network namespaces that end with it. Prints a table of ratios; figures of one run compare with nothing
# else. As root: bench-device.sh [ROUNDS]
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS=-buildvcs=false LEAKS=1 PATH=$PATH:/usr/sbin:/sbin
if [ "$(id -u)" -ne 0 ] || [ ! -c /dev/net/tun ]; then
	echo "SKIPPED: this needs root and /dev/net/tun"
	exit 0
fi
go test -count=1 -timeout 30m -tags headless,migrated_fynedo -run TestDeviceBesideWireGuardGo -v ./internal/leaks -devicebench="${1:-5}" |
	sed -n '/^--- FAIL/,$p;/^    beside/p;/ rounds in turns/,$p'
