#!/usr/bin/env bash
# Measures our tunnel beside the stock netstack device of wireguard-go, behind the same proxy front, in rounds that take
# turns. Prints a table of ratios; wall times of one run compare with nothing else. bench.sh [ROUNDS]
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS=-buildvcs=false
go test -count=1 -timeout 30m -run TestThroughputBesideStock -v ./internal/tunnel -tunnelbench="${1:-7}" |
	sed -n '/ rounds of /,$p'
