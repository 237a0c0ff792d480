#!/usr/bin/env bash
# Tries the programs of dist/*.zip under wine and leaves a picture of the window in dist/wine.png. Look at it. This is no
# test of Windows: Debian's wine (8.0) lacks things that Go and we need, and two of them are put in here.
#
#   bcryptprimitives.dll   Go asks it for random numbers; a small one is made of wine's own.
#   Unix sockets           the programs are built once more with packaging/windows/wine in place of internal/unixsock.
#
# Nothing can be connected: Go sets an option of UDP sockets that this wine does not know ("winapi error #10045").
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/packages.sh wine
[ -x /usr/bin/wine ] || { echo "wine.sh: there is no wine" >&2; exit 1; }
work=$(mktemp -d)
export WINEPREFIX=$work/prefix WINEARCH=win64 WINEDEBUG=-all LC_ALL=C.UTF-8
children=()
finish() {
	wineserver -k 2>/dev/null || true
	[ ${#children[@]} -eq 0 ] || kill "${children[@]}" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
zip=$(echo dist/MysteriumVPN-*-windows-amd64.zip)
[ -e "$zip" ] || fail "there is no $zip; run make package-windows"
unzip -q "$zip" -d "$work"
version=$(sed -n 's/^ *Version = "\(.*\)"/\1/p' FyneApp.toml)

echo "== wine makes its folders"
cat >"$work/prng.c" <<'C'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) { return SystemFunction036(data, (ULONG)size); }
C
timeout 300 wineboot -i >/dev/null 2>&1
x86_64-w64-mingw32-gcc -shared -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" "$work/prng.c" -ladvapi32

echo "== the programs of $zip"
said=$(cd "$work"/Mysterium*/ && timeout 120 wine ./mysteriumvpn.com --version | tr -d '\r')
echo "$said"
[ "$said" = "mysteriumvpn version $version" ] || fail "mysteriumvpn.com --version"
code=0
(cd "$work"/Mysterium*/ && timeout 120 wine ./mysteriumvpn.com nonsense) || code=$?
[ "$code" = 2 ] || fail "wrong usage ends with $code under wine, not 2"

echo "== built once more, with sockets that wine has"
{
	printf '{"Replace": {'
	for file in internal/unixsock/*.go; do
		case $file in
		*_test.go) ;;
		*/unixsock.go) printf '"%s": "%s", ' "$PWD/$file" "$PWD/packaging/windows/wine/unixsock.go.txt" ;;
		*) printf '"%s": "", ' "$PWD/$file" ;;
		esac
	done
	printf '"%s": ""}}' "$PWD/internal/unixsock/none.go"
} >"$work/overlay.json"
export GOFLAGS="-buildvcs=false -overlay=$work/overlay.json"
GOOS=windows GOARCH=amd64 CGO_ENABLED=0 go build -tags headless,migrated_fynedo -ldflags "-s -w -X main.version=$version" -o "$work/mysteriumvpn.com" ./cmd/mysteriumvpn
GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc go build -tags migrated_fynedo -ldflags "-s -w -X main.version=$version -H windowsgui" \
	-o "$work/mysteriumvpn.exe" ./cmd/mysteriumvpn

echo "== the window"
mkfifo "$work/display"
Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp 3>"$work/display" 2>/dev/null &
children+=($!)
read -r -t 30 number <"$work/display"
export DISPLAY=:$number
openbox >/dev/null 2>&1 &
children+=($!)
kept=$WINEPREFIX/drive_c/users/$(id -un)/AppData/Local/MysteriumVPN
mkdir -p "$kept"
sed -n 's/^const TermsVersion = \(".*"\)/{"accepted":\1}/p' internal/ui/welcome_words.go >"$kept/terms.json" # no first start
cd "$work"
wine ./mysteriumvpn.exe >"$work/said" 2>&1 &
children+=($!)
timeout 90 xdotool search --sync --onlyvisible --name '^MysteriumVPN$' >/dev/null || { cat "$work/said" >&2; fail "no window came"; }
timeout 10 wine ./mysteriumvpn.com status --watch | tr -d '\r' || true # the window draws later than it says so
[ "$(timeout 60 wine ./mysteriumvpn.com countries | wc -l)" -gt 30 ] || fail "the node offers nothing"
import -window root "$OLDPWD/dist/wine.png"
timeout 60 wine ./mysteriumvpn.com quit || fail "quit"
echo "dist/wine.png shows the window, with the sandbox's exits"
