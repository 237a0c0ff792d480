#!/usr/bin/env bash
# Puts pinned development tools into .tools: tools.sh gofumpt golangci-lint
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A source=(
	[gofumpt]=mvdan.cc/gofumpt@v0.12.0
	[golangci-lint]=github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
)
for tool in "$@"; do
	at=${source[$tool]}
	stamp=.tools/$tool-${at##*@}
	[ -x ".tools/$tool" ] && [ -e "$stamp" ] && continue
	echo "Building $tool ${at##*@}"
	GOBIN=$PWD/.tools GOFLAGS=-buildvcs=false go install "$at"
	touch "$stamp"
done
