#!/usr/bin/env bash
# Installs dist/*.deb with apt in a fresh Debian, uses the program there as a user who is not root, with its window too,
# removes it, and compares every file of that Debian with before. Needs root, for chroot and namespaces; takes minutes.
# The Debian comes from the mirror that this computer's apt uses and is kept in .debian-root. Rpm is tried as far as a
# Debian can: installed without its dependencies into an empty folder, verified, and removed.
# package-test.sh; it calls itself with "inside", within namespaces of its own that take everything along when it ends.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C GOFLAGS=-buildvcs=false
store=$PWD/.debian-root
say() { echo "== $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }

# What apt and dpkg keep for themselves. All else must be as before, to the byte.
allowed=(
	/var/log/dpkg.log '/var/log/apt/.*'              # their logs
	'/var/cache/apt/.*' /var/cache/ldconfig/aux-cache  # their caches, and the linker's
	'/var/lib/apt/.*' /var/lib/dpkg/status-old         # which packages came for others; what was there one step before
	'/var/cache/debconf/.*-old'                        # what iproute2 was asked is kept a step back
	/etc/hosts                                       # made by netbase, which nftables recommends, and left by it
)

outside() {
	[ "$(id -u)" -eq 0 ] || { echo "SKIPPED: package-test needs root, to make a Debian of its own"; exit 0; }
	command -v apt-get >/dev/null || { echo "SKIPPED: package-test needs apt, to learn of a Debian mirror"; exit 0; }
	unshare --mount --pid --fork true 2>/dev/null || { echo "SKIPPED: package-test needs namespaces, which this computer does not allow"; exit 0; }
	scripts/packages.sh package-test
	mkdir -p "$store"
	make_root
	scripts/package.sh deb rpm
	work=$(mktemp -d "$store/run.XXXXXX")
	trap 'rm -rf --one-file-system "$work"' EXIT
	unshare --mount --propagation private --pid --fork --kill-child --mount-proc "$0" inside "$work"
}

# The mirror and the proxy are those of this computer's apt.
make_root() {
	local codename mirror
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	root_tar=$store/$codename-$(dpkg --print-architecture).tar
	if [ ! -e "$root_tar" ]; then
		mirror=$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
			awk -v c="$codename" '$1 == c && $2 == "main" {print $3; exit}')
		[ -n "$mirror" ] || fail "apt names no mirror of $codename here"
		say "a fresh $codename from $mirror"
		rm -rf --one-file-system "$store/new"
		http_proxy=$(apt-config dump Acquire::http::Proxy | sed -n 's/.*"\(.*\)";/\1/p') \
			debootstrap --variant=minbase "$codename" "$store/new" "$mirror" >"$store/debootstrap.log" || { tail "$store/debootstrap.log" >&2; fail "debootstrap"; }
		apt-config dump | grep -E '^Acquire::https?::Proxy' >"$store/new/etc/apt/apt.conf.d/99proxy" || true
		tar -C "$store/new" --one-file-system -cf "$root_tar.new" .
		mv "$root_tar.new" "$root_tar"
		rm -rf --one-file-system "$store/new"
	fi
}

in_root() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

# as_user runs a program as user 1000, with a home of its own and a network that has only itself.
as_user() {
	nsenter --net="$work/net" chroot --userspec=1000:1000 --groups=1000 "$root" /usr/bin/env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 \
		HOME=/home/user XDG_RUNTIME_DIR=/run/user/1000 DISPLAY="${DISPLAY:-}" "$@"
}

# files lists all that is in the Debian: kind, mode, owner, where a link points to, the content's sum.
files() {
	(cd "$root" && find . -xdev \( -type f -printf '%y %m %U:%G %P\0' -o -printf '%y %m %U:%G %P -> %l\0' \) | tr '\0' '\n' | sort -k4)
	(cd "$root" && find . -xdev -type f -print0 | sort -z | xargs -0 sha256sum)
}

line() { # line SECONDS PATTERN <FILE: waits for a line
	local l
	while IFS= read -r -t "$1" l; do
		echo "   $l"
		[[ $l =~ $2 ]] && return 0
	done
	fail "'$2' was not said within $1 s"
}

inside() {
	work=$1 root=$1/root
	local codename deb
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	deb=$(echo "$PWD"/dist/*.deb)
	mkdir -p "$root" "$work/files"
	tar -C "$root" -xpf "$store/$codename-$(dpkg --print-architecture).tar"
	mount -t proc proc "$root/proc"
	mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
	mount -t tmpfs -o mode=755 tmpfs "$root/home"
	mount -t tmpfs -o mode=755 tmpfs "$root/run"
	mount -t tmpfs tmpfs "$root/dev/shm"
	# Packages that were fetched once are kept beside the Debian.
	mkdir -p "$store/archives/partial"
	mount --bind "$store/archives" "$root/var/cache/apt/archives"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	install -d -o 1000 -g 1000 -m 700 "$root/home/user" "$root/run/user" "$root/run/user/1000"
	touch "$work/net"
	unshare --net="$work/net" ip link set lo up
	cp "$deb" "$root/tmp/mysteriumvpn.deb"

	say "before"
	in_root apt-get update -qq
	in_root apt-get clean -qq -o Dir::Cache::archives=/nowhere || true
	files >"$work/before"

	say "apt installs the package and what it needs"
	in_root apt-get install -y -qq /tmp/mysteriumvpn.deb >"$work/apt" 2>&1 || { cat "$work/apt" >&2; fail "apt-get install"; }
	in_root dpkg --verify mysteriumvpn

	use_commands
	use_window

	say "apt removes it, and what came with it"
	in_root apt-get purge -y -qq --autoremove mysteriumvpn >"$work/apt" 2>&1 || { cat "$work/apt" >&2; fail "apt-get purge"; }
	files >"$work/after"
	traces

	try_rpm
	say "done in $SECONDS s"
}

use_commands() {
	say "the command line"
	local said
	said=$(as_user mysteriumvpn --version)
	[ "$said" = "mysteriumvpn version $(sed -n 's/^ *Version = "\(.*\)"/\1/p' FyneApp.toml)" ] || fail "--version says '$said'"
	mkfifo "$work/said"
	as_user mysteriumvpn run >"$work/said" 2>&1 &
	local program=$!
	exec 4<"$work/said"
	line 60 '  down$' <&4
	as_user mysteriumvpn status
	as_user timeout 60 mysteriumvpn connect germany
	as_user mysteriumvpn status --json | grep -q '"phase": *"up"' || fail "status does not say up"
	as_user timeout 60 mysteriumvpn disconnect
	as_user timeout 60 mysteriumvpn quit
	wait "$program" || fail "run ended with $?"
	exec 4<&-
}

# The display is this computer's, the program and its libraries are the Debian's.
use_window() {
	say "the window"
	local number program colours node
	coproc DISPLAYED { exec Xvfb -displayfd 1 -screen 0 1280x800x24 -nolisten tcp 2>"$work/xvfb"; }
	read -r -t 30 number <&"${DISPLAYED[0]}" || { cat "$work/xvfb" >&2; fail "no display"; }
	export DISPLAY=:$number
	mkdir -p "$root/tmp/.X11-unix"
	mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
	local kept=$root/home/user/.config/mysteriumvpn
	in_root install -d -o 1000 -g 1000 /home/user/.config /home/user/.config/mysteriumvpn
	sed -n 's/^const TermsVersion = \(".*"\)/{"accepted":\1}/p' internal/ui/welcome_words.go >"$kept/terms.json" # no first start
	chown 1000:1000 "$kept/terms.json"
	as_user mysteriumvpn >"$work/window" 2>&1 &
	program=$!
	timeout 60 xdotool search --sync --onlyvisible --name '^MysteriumVPN$' >/dev/null || { cat "$work/window" >&2; fail "no window came"; }
	as_user timeout 60 mysteriumvpn connect germany
	# The program knows its own path: so its node is started, and so the entry that starts it at login is written.
	node=$(as_user mysteriumvpn status --json | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')
	tr '\0' ' ' <"/proc/$node/cmdline" | grep -o '^/usr/bin/mysteriumvpn node ' || fail "the node is not the installed program: $(tr '\0' ' ' <"/proc/$node/cmdline")"
	as_user timeout 5 mysteriumvpn status --watch >/dev/null || true # the window draws later than the command returns
	import -window root dist/package-test.png
	as_user timeout 60 mysteriumvpn quit
	wait "$program" || fail "the window's program ended with $?: $(cat "$work/window")"
	kill "$DISPLAYED_PID"
	colours=$(convert dist/package-test.png -format %k info:)
	[ "$colours" -gt 200 ] || fail "dist/package-test.png has only $colours colours: nothing was drawn"
	echo "   dist/package-test.png shows it, in $colours colours"
}

traces() {
	say "what is left"
	local pattern
	pattern="^[-+]($(IFS='|'; echo "${allowed[*]}"))\$"
	# Lines are "kind mode owner path" and "sum  ./path"; of what differs the path counts.
	diff -U0 "$work/before" "$work/after" | grep -E '^[-+][^-+]' | sed -E -e 's/^([-+])[a-z] [0-7]+ [0-9]+:[0-9]+ ([^ ]*).*/\1\/\2/' -e 's/^([-+])[0-9a-f]{64}  \./\1/' |
		sort -u >"$work/differs" || true
	echo "   apt's and dpkg's own: $(grep -cE "$pattern" "$work/differs" || true)"
	if grep -vE "$pattern" "$work/differs"; then fail "the Debian is not as it was before"; fi
	if grep -i mysterium "$work/after"; then fail "something with our name is left"; fi
	echo "   else nothing: $(wc -l <"$work/after") lines are as before"
}

try_rpm() {
	say "rpm installs, verifies and removes"
	local at=$work/rpm
	mkdir -p "$at"
	rpm --root "$at" --initdb
	(cd "$at" && find . -not -path './var/*' | sort) >"$work/before"
	rpm --root "$at" --install --nodeps --noscripts dist/*.rpm
	rpm --root "$at" --verify --nodeps mysteriumvpn
	rpm --root "$at" --erase --noscripts mysteriumvpn
	(cd "$at" && find . -not -path './var/*' -not -type d | sort) >"$work/after"
	if grep -i mysterium "$work/after"; then fail "rpm left something behind"; fi
}

if [ "${1:-}" = inside ]; then inside "$2"; else outside; fi
