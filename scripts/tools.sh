#!/usr/bin/env bash
# Puts pinned development tools into .tools: tools.sh gofumpt golangci-lint nfpm fyne
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A source=(
	[gofumpt]=mvdan.cc/gofumpt@v0.12.0
	[golangci-lint]=github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	[nfpm]=github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2
	[fyne]=fyne.io/fyne/v2/cmd/fyne@$(sed -n 's/^\tfyne.io\/fyne\/v2 //p' go.mod)
)

# fyne's packer belongs to the module that we use already. It is built inside a copy of it: from our own module Go misses
# sums of what only the packer imports, and "go install" would fetch newer ones.
fyne_packer() {
	local copy
	copy=$(mktemp -d)
	cp -r "$(go list -m -f '{{.Dir}}' fyne.io/fyne/v2)/." "$copy"
	chmod -R u+w "$copy"
	(cd "$copy" && GOFLAGS="-mod=mod -buildvcs=false" go build -o fyne ./cmd/fyne)
	mv "$copy/fyne" .tools/fyne
	rm -rf "$copy"
}

for tool in "$@"; do
	at=${source[$tool]}
	stamp=.tools/$tool-${at##*@}
	[ -x ".tools/$tool" ] && [ -e "$stamp" ] && continue
	echo "Building $tool ${at##*@}"
	mkdir -p .tools
	if [ "$tool" = fyne ]; then
		fyne_packer
	else
		GOBIN=$PWD/.tools GOFLAGS=-buildvcs=false go install "$at"
	fi
	touch "$stamp"
done
