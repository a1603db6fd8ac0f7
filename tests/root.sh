#!/bin/bash
# SPDX-License-Identifier: MIT
#
# root.sh SUITE
#
# README's two commands on a clean root of another release (trixie, forky, ...), as whoever has only
# that and this checkout would run them: nothing is shared with this machine but its kernel and its
# network. The root is made by debootstrap from the mirror that apt is configured with, below the
# cache, and is gone afterwards; its logs are kept in build/check-SUITE/.

set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck source=lab/say.sh
. lab/say.sh
# shellcheck source=lab/packages.sh
. lab/packages.sh
# shellcheck source=lab/archive.sh
. lab/archive.sh

suite=${1-}
[[ $suite =~ ^[a-z]+$ ]] || usage_error "--root needs a release of the distribution by name, such as trixie"
((EUID == 0)) || our_error "--root needs root: debootstrap and chroot do. Try: sudo tests/check.sh --root $suite"

make_root() { # FOLDER
	local script=/usr/share/debootstrap/scripts/$suite
	[[ -e $script ]] || script=${script%/*}/sid # a release that is younger than this debootstrap
	debootstrap --variant=minbase --include=ca-certificates "$suite" "$1" "$uri" "$script" ||
		return
	cp -L /etc/resolv.conf "$1/etc/"
	apt-config dump | grep -E '^Acquire::https?::Proxy ' >"$1/etc/apt/apt.conf.d/90proxy" || true
}

# What `git clone` would bring, and what is not committed yet.
copy_checkout() { # FOLDER
	mkdir "$1"
	git ls-files -z --cached --others --exclude-standard | while IFS= read -rd '' file; do
		[[ ! -e $file ]] || printf '%s\0' "$file"
	done | tar -c --null -T - | tar -x -C "$1"
	git -C "$1" init -q
	git -C "$1" add -A
}

# Mounts and processes end with the command, however it ends.
# shellcheck disable=SC2016 # expanded by the inner shell
in_root() { # COMMAND
	unshare --mount --pid --fork --kill-child sh -c '
		cd "$0" && mount -t proc proc proc && mount -t sysfs sys sys && mount --rbind /dev dev &&
			exec chroot . env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
				"http_proxy=${http_proxy-}" "https_proxy=${https_proxy-}" sh -c "cd /root/revenant && $1"' \
		"$root" "$1"
}

clean_up() {
	[[ ! -e $root/root/revenant/build/check ]] || cp -a "$root/root/revenant/build/check/." "$logs/"
	rm -rf --one-file-system "$root"
}

need_packages root
# The repository that this machine's own release comes from.
release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
uri=$(configured_repositories | awk -v release="$release" '$2 == release { print $1; exit }')
logs=build/check-$suite
rm -rf "$logs"
mkdir -p "$logs"
root=$(mktemp -d "$(cache_dir)/root-$suite.XXXXXX")
chmod 755 "$root" # for whoever in there is not root
trap clean_up EXIT
trap 'exit 130' INT TERM
while_saying "making a clean root of $suite" make_root "$root" ||
	our_error "debootstrap made no root of $suite (above): does the mirror have that release?"
copy_checkout "$root/root/revenant"

status=0
printf '# ==== %s: ./run.sh --install -v --cpu all (%s)\n' "$suite" "$logs/run.ktap"
in_root './run.sh --install -v --cpu all' >"$logs/run.ktap" || status=$?
sed -n '/^# ==== summary/,$p' "$logs/run.ktap"
printf '# ==== %s: tests/check.sh --install\n' "$suite"
in_root 'tests/check.sh --install' || status=$?
exit "$status"
