#!/usr/bin/env bash
# Cross-builds for Windows and puts a zip into dist: the program with the window, the one for consoles, the licences.
# The first time it compiles Fyne's C code for Windows, which takes minutes. docs/packaging.md says more.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C TZ=UTC GOFLAGS=-buildvcs=false GOOS=windows GOARCH=amd64
umask 022
command -v x86_64-w64-mingw32-gcc >/dev/null || { echo "package-windows.sh: there is no x86_64-w64-mingw32-gcc; Debian has it in gcc-mingw-w64-x86-64" >&2; exit 1; }

toml() { sed -n "s/^ *$1 = \"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p" FyneApp.toml; }
version=$(toml Version) site=$(toml Website) tags=migrated_fynedo
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y FyneApp.toml)}
export SOURCE_DATE_EPOCH
top=MysteriumVPN-$version-windows-amd64
work=dist/.windows
syso=cmd/mysteriumvpn/rsrc_windows_amd64.syso
rm -rf "$work"
mkdir -p "$work/$top"
trap 'rm -rf "$work" "$syso"' EXIT
out=$work/$top

convert assets/icon/{16,24,32,48,64,128,256}.png "$work/icon.ico"
sed -e "s|@ICON@|$work/icon.ico|" -e "s|@NUMBERS@|$(echo "$version" | tr . ,),$(toml Build)|" -e "s|@VERSION@|$version|" -e "s|@NAME@|$(toml Name)|" \
	packaging/windows/mysteriumvpn.rc >"$work/mysteriumvpn.rc"
x86_64-w64-mingw32-windres -O coff -o "$syso" "$work/mysteriumvpn.rc"

flags="-s -w -X main.version=$version"
echo "Building mysteriumvpn.com, for consoles"
CGO_ENABLED=0 go build -tags headless,$tags -ldflags "$flags" -o "$out/mysteriumvpn.com" ./cmd/mysteriumvpn
echo "Building mysteriumvpn.exe, with the window"
CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc go build -tags $tags -ldflags "$flags -H windowsgui -extldflags=-Wl,--no-insert-timestamp" -o "$out/mysteriumvpn.exe" ./cmd/mysteriumvpn

# It must start on a Windows that has none of the compiler's libraries.
if x86_64-w64-mingw32-objdump -p "$out/mysteriumvpn.exe" | sed -n 's/.*DLL Name: //p' | sort -u | grep -iE 'libgcc|libwinpthread|libstdc'; then
	echo "package-windows.sh: mysteriumvpn.exe needs libraries that Windows does not have" >&2
	exit 1
fi

# The C code is linked with parts of the compiler and of mingw-w64, so their licences belong to it.
GOOS='' GOARCH='' go run ./internal/notices -tags $tags -os windows -more assets/licences \
	-more /usr/share/doc/mingw-w64-x86-64-dev/copyright -more /usr/share/doc/gcc-mingw-w64-base/copyright \
	./cmd/mysteriumvpn | sed 's/$/\r/' >"$out/THIRD-PARTY.txt"
for module in $(go version -m "$out/mysteriumvpn.exe" "$out/mysteriumvpn.com" | awk '$1 == "dep" {print $2}' | sort -u); do
	grep -q "^  $module v" "$out/THIRD-PARTY.txt" || { echo "package-windows.sh: no licence for $module" >&2; exit 1; }
done
sed 's/$/\r/' LICENSE >"$out/LICENSE.txt"
sed -e "s|@VERSION@|$version|" -e "s|@SITE@|$site|" packaging/windows/README.txt >"$out/README.txt"

chmod 755 "$out"/mysteriumvpn.*
find "$work/$top" -exec touch -d "@$SOURCE_DATE_EPOCH" {} +
rm -f "dist/$top.zip"
(cd "$work" && find "$top" | sort | zip -q -X -9 -@ "../$top.zip")
echo "dist/$top.zip"
