#!/usr/bin/env bash
# Installs the Debian packages that a step needs and that are missing: packages.sh build|test|assets|package|package-test|package-windows|wine|realnode
# Elsewhere than on Debian and its children it only says what is needed.
set -euo pipefail

build=(gcc libc6-dev libgl1-mesa-dev libx11-dev libxrandr-dev libxinerama-dev libxcursor-dev libxi-dev libxxf86vm-dev)
test=("${build[@]}" libgl1-mesa-dri xvfb openbox xdotool x11-utils imagemagick dbus iproute2 procps curl)
realnode=(iproute2 iptables curl procps)
assets=(librsvg2-bin npm curl unzip)
package=(appstream desktop-file-utils rpm xz-utils)
package_test=("${package[@]}" debootstrap xvfb libgl1-mesa-dri imagemagick xdotool iproute2)
package_windows=(gcc-mingw-w64-x86-64 imagemagick zip)
wine=(wine wine64 gcc-mingw-w64-x86-64 xvfb libgl1-mesa-dri openbox xdotool imagemagick unzip)

case "${1:-}" in
build) want=("${build[@]}") ;;
test) want=("${test[@]}") ;;
assets) want=("${assets[@]}") ;;
package) want=("${package[@]}") ;;
package-test) want=("${package_test[@]}") ;;
package-windows) want=("${package_windows[@]}") ;;
wine) want=("${wine[@]}") ;;
realnode) want=("${realnode[@]}") ;;
*) echo "usage: packages.sh build|test|assets|package|package-test|package-windows|wine|realnode" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	echo "This is not a Debian system. Needed here, under your system's names: ${want[*]}"
	exit 0
fi

missing=()
for p in "${want[@]}"; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)" = installed ] || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || { echo "Missing packages: ${missing[*]}. Install them as root, then try again." >&2; exit 1; }
	as_root=(sudo)
fi
echo "Installing missing Debian packages: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
