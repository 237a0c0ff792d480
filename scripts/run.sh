#!/usr/bin/env bash
# Opens the window on the sandbox network; where there is no display, runs the same core in the terminal.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -n "${DISPLAY:-}" ]; then
	exec bin/mysteriumvpn --network sandbox
fi
echo "There is no display here (DISPLAY is not set), so this runs in the terminal instead. Ctrl-C ends it."
echo "In another terminal: bin/mysteriumvpn connect, status, countries, disconnect."
exec bin/mysteriumvpn run --network sandbox
