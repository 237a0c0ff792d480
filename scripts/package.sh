#!/usr/bin/env bash
# Makes packages for Linux from bin/mysteriumvpn and puts them into dist: package.sh [deb] [rpm] [tar]
# Without a word all three. The same commit and the same program give the same bytes. docs/packaging.md says more.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS=-buildvcs=false LC_ALL=C TZ=UTC
umask 022

toml() { sed -n "s/^ *$1 = \"\(.*\)\"/\1/p" FyneApp.toml; }
name=mysteriumvpn program=bin/mysteriumvpn
id=$(toml ID) version=$(toml Version) arch=$(go env GOARCH)
# Every file gets the time of the commit. Where there is no history, that of the version's file.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y FyneApp.toml)}
export SOURCE_DATE_EPOCH

[ -x "$program" ] || { echo "package.sh: there is no $program; run make build" >&2; exit 1; }
built=$("$program" --version)
[ "$built" = "$name version $version" ] || { echo "package.sh: $program says '$built', FyneApp.toml says $version; run make build" >&2; exit 1; }

# The newest version of the C library that the program asks for.
glibc=$(objdump -T "$program" | sed -n 's/.*(\?GLIBC_\([0-9.]*\).*/\1/p' | sort -Vu | tail -1)

netd=bin/mysteriumvpn-netd
[ "$("$netd" version 2>/dev/null)" = "mysteriumvpn-netd version $version" ] || { echo "package.sh: $netd is not there or of another version; run make netd" >&2; exit 1; }

work=dist/.work stage=dist/.work/usr
rm -rf "$work"
mkdir -p "$work" "$stage"
doc=$stage/share/doc/$name

put() { install -D -m "${3:-644}" "$1" "$stage/$2"; } # put FILE PATH [MODE]

# Fyne's own packer makes the desktop entry out of FyneApp.toml. It works on a copy, because it counts the file's Build
# up; and it packs quickly, because all is packed again below.
fyne_packs() {
	mkdir -p "$work/fyne/source/assets/icon"
	cp FyneApp.toml "$work/fyne/source/"
	cp assets/icon/512.png "$work/fyne/source/assets/icon/"
	local fyne=$PWD/.tools/fyne exe=$PWD/$program
	if ! (cd "$work/fyne" && XZ_OPT=-0 "$fyne" package --os linux --src source --executable "$exe" --name "$id") >"$work/fyne/said" 2>&1; then
		cat "$work/fyne/said" >&2
		return 1
	fi
	tar -xJf "$work/fyne/$id.tar.xz" -C "$work/fyne"
	rm "$work/fyne/$id.tar.xz"
}

# The entry that fyne wrote is named by the id: so are the icon and the file, but not the program.
desktop_entry() {
	local entry
	entry=$(echo "$work"/fyne/$name/usr/*share/applications/"$id.desktop" "$work"/fyne/$name/usr/*/share/applications/"$id.desktop" | tr ' ' '\n' | grep -v '\*')
	sed -e "s/^Name=.*/Name=$(toml Name)/" -e '/^$/d' "$entry" >"$work/entry"
	printf 'TryExec=%s\nTerminal=false\nStartupNotify=false\nStartupWMClass=%s\n' "$name" "$(toml Name)" >>"$work/entry"
	put "$work/entry" "share/applications/$id.desktop"
	desktop-file-validate "$stage/share/applications/$id.desktop"
}

metainfo() {
	local site
	site=$(toml Website)
	sed -e "s|@ID@|$id|g" -e "s|@VERSION@|$version|" -e "s|@DATE@|$(date -u -d "@$SOURCE_DATE_EPOCH" +%F)|" \
		-e "s|@COMMENT@|$(toml Comment)|" -e "s|@PICTURES@|${site/github.com/raw.githubusercontent.com}/main/docs/screenshots|" \
		-e "s|@SITE@|$site|" packaging/linux/metainfo.xml >"$work/metainfo"
	put "$work/metainfo" "share/metainfo/$id.metainfo.xml"
	local picture
	for picture in $(sed -n 's|.*/docs/screenshots/\(.*\)</image>|\1|p' "$work/metainfo"); do
		[ -e "docs/screenshots/$picture" ] || { echo "package.sh: there is no docs/screenshots/$picture" >&2; return 1; }
	done
	appstreamcli validate --no-net --explain "$stage/share/metainfo/$id.metainfo.xml"
}

# Every module that the program names must stand in the notices.
notices() {
	go run ./internal/notices -tags migrated_fynedo -arch "$arch" -more assets/licences ./cmd/mysteriumvpn >"$work/notices"
	local missing=0 module
	while read -r module; do
		grep -qxF "  $module" "$work/notices" || { echo "package.sh: no licence for $module" >&2; missing=1; }
	done < <(go version -m "$program" | awk '$1 == "dep" {print $2 " " $3}')
	return $missing
}

fill() {
	local size page
	put "$program" "bin/$name" 755
	fyne_packs
	desktop_entry
	metainfo
	for size in 16 24 32 48 64 128 256 512; do
		put "assets/icon/$size.png" "share/icons/hicolor/${size}x$size/apps/$id.png"
	done
	put assets/brand/icon.svg "share/icons/hicolor/scalable/apps/$id.svg"
	for page in bash:share/bash-completion/completions/$name zsh:share/zsh/vendor-completions/_$name fish:share/fish/vendor_completions.d/$name.fish; do
		"$program" completion "${page%%:*}" >"$work/completion"
		put "$work/completion" "${page#*:}"
	done
	"$program" manual | gzip -9n >"$work/manual"
	put "$work/manual" "share/man/man1/$name.1.gz"
	notices
	put "$work/notices" "share/doc/$name/THIRD-PARTY.txt"
	{ printf 'MysteriumVPN, %s\nWorks of others that are part of it: THIRD-PARTY.txt, beside this file.\n\n' "$(toml Website)"; cat LICENSE; } >"$work/copyright"
	put "$work/copyright" "share/doc/$name/copyright"
	gzip -9nc CHANGELOG.md >"$work/changelog"
	put "$work/changelog" "share/doc/$name/changelog.gz"
	printf '%s (%s-1) unstable; urgency=medium\n\n  * See changelog.gz, beside this file.\n\n -- %s  %s\n' "$name" "$version" \
		"$(sed -n 's/^maintainer: //p' packaging/linux/nfpm.yaml)" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$work/debian"
	put "$work/debian" "share/doc/$name/changelog.Debian.gz"
	find "$stage" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
}

# The root helper is part of the .deb and the .rpm alone: its units name /usr/sbin.
fill_netd() {
	local unit root=$work/netd/usr
	install -D -m 755 "$netd" "$root/sbin/mysteriumvpn-netd"
	for unit in packaging/linux/netd/*.service packaging/linux/netd/*.socket; do
		install -D -m 644 "$unit" "$root/lib/systemd/system/${unit##*/}"
	done
	install -D -m 755 packaging/linux/netd/node "$root/lib/mysteriumvpn/node"
	install -D -m 644 packaging/linux/netd/sysusers.conf "$root/lib/sysusers.d/$name.conf"
	find "$root" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
}

# nfpm reads the version from its environment and the time from SOURCE_DATE_EPOCH. Each file is named to it: whole folders
# would make folders of the system ours. Fedora looks for some files in other places than Debian.
with_nfpm() { # with_nfpm deb|rpm FILE
	local file dst kind
	{
		cat packaging/linux/nfpm.yaml
		echo "contents:"
		while read -r file; do
			dst=/${file#netd/} kind=
			case $1/$file in
			rpm/*/changelog.Debian.gz) continue ;;
			esac
			if [ "$1" = rpm ]; then
				case $file in
				*/vendor-completions/*) dst=/usr/share/zsh/site-functions/_$name ;;
				*/copyright | */THIRD-PARTY.txt) dst=/usr/share/licenses/$name/${file##*/} kind=license ;;
				*/doc/*) kind=doc ;;
				esac
			fi
			echo "  - {src: $work/$file, dst: $dst${kind:+, type: $kind}}"
		done < <(cd "$work" && find usr netd -type f | sort)
	} >"$work/nfpm.yaml"
	VERSION=$version ARCH=$arch GLIBC=$glibc .tools/nfpm package --config "$work/nfpm.yaml" --packager "$1" --target "dist/$2" >"$work/said" ||
		{ cat "$work/said" >&2; return 1; }
	compare "$1" "dist/$2"
	echo "dist/$2"
}

# What a package holds and needs is compared with packaging/linux/contents.txt, so that nothing comes or goes unseen.
contents() { # contents linked|deb|rpm FILE
	echo "[$1]"
	case $1 in
	linked) readelf -d "$2" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort ;;
	deb)
		dpkg-deb -f "$2" Depends Recommends Suggests
		dpkg-deb --ctrl-tarfile "$2" | tar -t | sed -n 's,^\./\(p.*\),script \1,p' | sort
		dpkg-deb -c "$2" | awk '$1 !~ /^d/ {sub(/^\./, "", $6); print $1, $2, $6}'
		;;
	rpm)
		rpm -K "$2" >&2
		rpm -qp --requires --recommends "$2" | grep -v '^rpmlib'
		rpm -qp --scripts "$2" | sed -n 's/^\([a-z]*\) scriptlet.*/script \1/p'
		rpm -qp --qf '[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES}\n]' "$2"
		;;
	esac
}

compare() { # compare linked|deb|rpm FILE
	contents "$1" "$2" | sed "s/$glibc/GLIBC/" >"$work/contents"
	diff -u --label "packaging/linux/contents.txt" --label "$2" <(sed -n "/^\[$1\]/,/^\$/p" packaging/linux/contents.txt | sed '/^$/d') "$work/contents" ||
		{ echo "package.sh: $2 does not hold what packaging/linux/contents.txt says" >&2; return 1; }
}

tarball() {
	local top=$name-$version-linux-$arch
	local root=$work/tar/$top
	mkdir -p "$root"
	cp -a "$stage" "$root/usr"
	cp README.md LICENSE "$root/"
	sed -e "s|@ID@|$id|g" packaging/linux/Makefile >"$root/Makefile"
	chmod 644 "$root"/[A-Z]*
	find "$root" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
	tar --sort=name --owner=0 --group=0 --numeric-owner --format=gnu -C "$work/tar" -cf - "$top" | xz -T1 -6 >"dist/$top.tar.xz"
	echo "dist/$top.tar.xz"
}

scripts/tools.sh fyne nfpm
fill
fill_netd
compare linked "$program"
[ $# -gt 0 ] || set -- deb rpm tar
for kind in "$@"; do
	case $kind in
	deb) with_nfpm deb "${name}_$version-1_$arch.deb" ;;
	rpm) with_nfpm rpm "$name-$version-1.$(uname -m).rpm" ;;
	tar) tarball ;;
	*) echo "usage: package.sh [deb] [rpm] [tar]" >&2; exit 2 ;;
	esac
done
rm -rf "$work"
