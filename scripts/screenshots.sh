#!/usr/bin/env bash
# Drives the window under a virtual display and writes docs/screenshots. Look at each picture afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p docs/screenshots
export TZ=${TZ:-Europe/Vilnius} # where the dot stands that is this computer
SCREENSHOTS=$PWD/docs/screenshots MYSTERIUMVPN_WINDOW=$PWD/bin/mysteriumvpn E2E_REQUIRED=1 LANG=en_US.UTF-8 GOFLAGS=-buildvcs=false \
	go test -count=1 -tags headless,migrated_fynedo -run 'TestScreenshots|TestTheWholeDeviceInAWindow' -v ./internal/e2e
