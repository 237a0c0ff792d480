#!/usr/bin/env bash
# Fetches the pictures, the font and the map that assets/ embeds, and turns them once into the forms the program reads.
# The results are committed, so nobody needs this to build. Run it after changing a version below, then look at the
# difference. Needs: npm, node, rsvg-convert (librsvg2-bin), apt-get, tzdata.
set -euo pipefail

FLAGS=circle-flags@2.8.3
ICONS=lucide-static@1.62.0
WORLD=world-atlas@2.0.2
CODES=i18n-iso-countries@7.14.0 # build time only: numeric country codes to letters
FONT=fonts-inter=4.0~beta7+ds-1

icons="activity arrow-down arrow-left arrow-right arrow-up bell check chevron-down chevron-left chevron-right circle-alert
circle-check circle-help circle-x clock coins copy download ellipsis external-link eye funnel gauge globe history house info
keyboard languages list locate-fixed log-out map-pin minus monitor moon network pause play plug plus power refresh-cw repeat
rotate-ccw route scroll-text search server settings shuffle sliders-horizontal star sun sun-moon terminal trash-2
triangle-alert unplug upload users wallet wifi x zap"

here=$(cd "$(dirname "$0")" && pwd)
out=$here/../assets
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

npm_get() { # package@version folder
	(cd "$work" && mkdir -p "$2" && tar xzf "$(npm pack --silent "$1" | tail -1)" -C "$2" --strip-components=1)
}
npm_get $FLAGS flags
npm_get $ICONS icons
npm_get $WORLD world
npm_get $CODES codes
(cd "$work" && apt-get download -q "$FONT" >/dev/null && dpkg -x fonts-inter_*.deb font)

mkdir -p "$out"/{flags,icons,font,icon,tray,world,licences}

# Flags: drawn by rsvg because Fyne's SVG reader gets one in twenty wrong. 72 pixels serve 28 points at up to 2.5x.
rm -f "$out"/flags/*.png
for cc in $(grep -o '^[A-Z][A-Z]' /usr/share/zoneinfo/iso3166.tab | tr A-Z a-z) xk xx; do
	if [ -f "$work/flags/flags/$cc.svg" ]; then
		rsvg-convert -w 72 -h 72 "$work/flags/flags/$cc.svg" -o "$out/flags/$cc.png"
	fi
done

# Icons: masks, tinted by the window. Fyne's SVG reader misreads packed arc flags and does not scale strokes, so that an
# icon drawn by it is mangled or too thin. 72 pixels serve 24 points at 3x, and 30 at 2x.
rm -f "$out"/icons/*
for name in $icons; do rsvg-convert -w 72 -h 72 "$work/icons/icons/$name.svg" -o "$out/icons/$name.png"; done
sed 's|fill="none"|fill="currentColor"|' "$work/icons/icons/star.svg" | rsvg-convert -w 72 -h 72 -o "$out/icons/star-filled.png"
sed 's|INK|#000|g; s|DOT||' "$out/brand/mark.svg" | rsvg-convert -w 144 -a -o "$out/icons/mark.png"
sed 's|INK|none|g; s|DOT|<circle cx="318" cy="255" r="38"/>|' "$out/brand/mark.svg" | rsvg-convert -w 144 -a -o "$out/icons/mark-dot.png"
node "$here/assets.js" "$work" "$out/world/world.bin"

# Where time zones are: "zone longitude latitude", in degrees; "alias =zone" for other names of one.
{
	awk -F'\t' '!/^#/ && NF > 2 {
		match($2, /[+-][0-9]+$/); lat = substr($2, 1, RSTART-1); lon = substr($2, RSTART)
		printf "%s %.1f %.1f\n", $3, degrees(lon, 3), degrees(lat, 2)
	}
	function degrees(s, n) { return (substr(s, 1, 1) == "-" ? -1 : 1) * (substr(s, 2, n) + substr(s, 2+n, 2)/60) }
	' /usr/share/zoneinfo/zone1970.tab /usr/share/zoneinfo/zone.tab
	awk '$1 == "L" { print $3 " =" $2 }' /usr/share/zoneinfo/tzdata.zi
} | sort -u -k1,1 >"$out/world/zones.txt"

for w in Regular Medium SemiBold; do cp "$work/font/usr/share/fonts/opentype/inter/Inter-$w.otf" "$out/font/"; done
cp "$work/font/usr/share/fonts/opentype/inter/InterDisplay-SemiBold.otf" "$out/font/"

# The program's own icon, and the tray's: one per state, told apart by shape as well as by colour.
for s in 16 24 32 48 64 128 256 512; do rsvg-convert -w $s -h $s "$out/brand/icon.svg" -o "$out/icon/$s.png"; done
tray() { # name opacity-of-mark dot
	for panel in dark light; do
		ink='#FFFFFF'
		[ $panel = light ] && ink='#1B2333'
		rsvg-convert -w 48 -h 48 -a -o "$out/tray/$1-$panel.png" <(sed -e "s|viewBox=\"0 0 360 310\"|viewBox=\"0 -25 360 360\"|; s|width=\"360\" height=\"310\"|width=\"360\" height=\"360\"|; s|INK|$ink|g; s|stroke-width=\"50\"|stroke-width=\"54\" opacity=\"$2\"|g; s|DOT|$3|; s|PAPER|$ink|g" "$out/brand/mark.svg")
	done
}
tray down 0.75 '<circle cx="312" cy="258" r="28" fill="none" stroke="PAPER" stroke-width="24" opacity="0.75"/>'
tray busy 1 '<path d="M270 258 A42 42 0 0 1 354 258 Z" fill="#FFB84D" transform="rotate(-45 312 258)"/><circle cx="312" cy="258" r="34" fill="none" stroke="#FFB84D" stroke-width="18"/>'
tray up 1 '<circle cx="312" cy="258" r="46" fill="#35D9A6"/>'
tray trouble 1 '<circle cx="312" cy="258" r="50" fill="#FF5C6C"/><path d="M312 232 V260" stroke="#FFFFFF" stroke-width="18" stroke-linecap="round"/><circle cx="312" cy="286" r="9" fill="#FFFFFF"/>'

cp "$work/flags/LICENSE.md" "$out/licences/circle-flags.txt"
cp "$work/icons/LICENSE" "$out/licences/lucide.txt"
cp "$work/world/LICENSE" "$out/licences/world-atlas.txt"
cp "$work/font/usr/share/doc/fonts-inter/copyright" "$out/licences/inter.txt"
du -sh "$out"/*/
