#!/usr/bin/env bash
# Every test of the project, with the display and D-Bus that they need. Prints the time of each step.
# test.sh quick leaves out all that takes longer than reading the code.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS=-buildvcs=false LANG=en_US.UTF-8
tags=migrated_fynedo
times=()

step() { # step NAME COMMAND…
	local name=$1 from=$SECONDS
	shift
	echo "== $name"
	if ! "$@"; then
		echo "FAILED: $name" >&2
		exit 1
	fi
	times+=("$(printf '%4ds  %s' $((SECONDS - from)) "$name")")
}

formatted() {
	local bad
	bad=$(git ls-files '*.go' | xargs .tools/gofumpt -l)
	[ -z "$bad" ] || { echo "not formatted (make fmt mends it):"; echo "$bad"; return 1; }
	go mod verify >/dev/null
}

cross() { # all but the window, for every system that we name
	local os
	for os in linux/arm64 windows/amd64 darwin/arm64; do
		echo "   $os"
		CGO_ENABLED=0 GOOS=${os%/*} GOARCH=${os#*/} go build -tags headless,$tags -o /dev/null ./cmd/mysteriumvpn
		CGO_ENABLED=0 GOOS=${os%/*} GOARCH=${os#*/} go build -o /dev/null ./cmd/mysteriumvpn-netd
	done
	CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go vet -tags headless,$tags ./...
}

# All packages are race-tested without OpenGL: cmd is built headless here, and no other package reaches Fyne's driver.
race() { CGO_ENABLED=1 go test -race -shuffle=on -timeout 20m -tags headless,$tags $(go list -tags headless,$tags ./... | grep -v /internal/e2e); }

# What finds no races and would take minutes under the detector: the long day, and pictures pixel by pixel.
window() { CGO_ENABLED=0 go test -count=1 -timeout 5m -tags headless,$tags -run 'TestNothingGrows|TestPictures' ./internal/ui; }

e2e() {
	MYSTERIUMVPN_BIN=$PWD/bin/mysteriumvpn-headless MYSTERIUMVPN_WINDOW=$PWD/bin/mysteriumvpn E2E_REQUIRED=1 \
		go test -count=1 -timeout 20m -tags headless,$tags -v -skip '^TestRealNode$' ./internal/e2e
}

leaks() { MYSTERIUMVPN_BIN=$PWD/bin/mysteriumvpn-headless scripts/leaks.sh; }

# Told only where MYST names a real node and we are root; else it says so.
realnode() { MYSTERIUMVPN_BIN=$PWD/bin/mysteriumvpn-headless scripts/realnode.sh; }

# The packages are made twice: they hold what they should, and the same program gives the same bytes. What makes them is
# no part of the program, so a computer that cannot get it skips this.
packages() {
	local first tool
	for tool in "scripts/packages.sh package" "scripts/tools.sh nfpm fyne" "type appstreamcli desktop-file-validate rpm dpkg-deb"; do
		$tool >/dev/null || { echo "SKIPPED: what makes packages cannot be had here ($tool)"; return 0; }
	done
	rm -f dist/*.deb dist/*.rpm
	scripts/package.sh deb rpm || return 1
	first=$(cd dist && sha256sum ./*.deb ./*.rpm)
	scripts/package.sh deb rpm >/dev/null || return 1
	(cd dist && sha256sum --quiet -c <<<"$first")
}

step "what Debian has" scripts/packages.sh test
step "tools" scripts/tools.sh gofumpt golangci-lint
step "formatting" formatted
step "go vet" go vet -tags headless,$tags ./...
step "golangci-lint" .tools/golangci-lint run --build-tags headless,$tags ./...
step "layers and house rules" go test -tags headless,$tags ./internal/house
if [ "${1:-}" != quick ]; then
	step "cross-builds without a window" cross
	step "race tests" race
	step "window: a long day, pictures" window
	step "build" make --no-print-directory build netd headless
	step "leaks: the whole device through the tunnel or nowhere" leaks
	step "packages for Debian and Fedora" packages
	step "end to end: traffic, window, tray" e2e
	step "end to end: a real node" realnode
fi

echo
echo "time by step:"
printf '%s\n' "${times[@]}"
echo "$(printf '%4ds' "$SECONDS")  in all"
