#!/usr/bin/env bash
# Measures the window beside a bare Fyne window under Xvfb with software rendering, in rounds that take turns, and prints
# a table with the limits. The node is not counted. bench-ui.sh [ROUNDS]
set -euo pipefail
cd "$(dirname "$0")/.."
BENCH_UI=${1:-5} MYSTERIUMVPN_WINDOW=$PWD/bin/mysteriumvpn E2E_REQUIRED=1 LANG=en_US.UTF-8 GOFLAGS=-buildvcs=false \
	go test -count=1 -timeout 60m -tags headless,migrated_fynedo -run TestWindowCost -v ./internal/e2e |
	sed -n '/^ *cost_test.go/p; /at most/,/^---/{/^---/!p}; /FAIL/p'
