# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A kernel that the archive no longer has, asked of an archive of all its days that is a folder.

snapshot() {
	local at=$work/days/archive/debian/20260102T000000Z/pool/main/l
	make_deb
	make_cache
	mkdir -p "$at"
	# shellcheck disable=SC2016 # the inner shell's
	local load='set -euo pipefail; for f in say packages archive snapshot debian-kernel; do . lab/$f.sh; done; KEPT_KERNELS=$0/list;'
	printf '# list\n' >"$work/list"
	sed -i "s|file:.*|file:$work/pool/main/l/linux.deb|" "$cache/archive/index"
	touch -d '2026-01-02' "$cache/archive/index"
	expect 'snapshot: written down' 0 -- bash -c "$load archive_index() { echo $cache/archive/index; }
		write_down_kernel 9.9.9-1 9.9.9-cloud-amd64; write_down_kernel 9.9.9-1 9.9.9-cloud-amd64" "$work"
	[[ $(sed 1d "$work/list" | cut -f 1,6,7) == $'9.9.9-cloud-amd64\tdebian/pool/main/l/linux.deb\t20260102' ]]
	report 'snapshot: written down once, without the mirror' $? "$work/list"
	printf '8.8.8-cloud-amd64\timage\t8.8.8-1\t2000000\tx\tfile:/none\n' >"$cache/archive/index"
	cp "$work/linux.deb" "$at/"
	expect 'snapshot: not asked for' 2 'no kernel 9.9' -- bash -c "$load debian_kernel 9.9" "$work"
	expect 'snapshot: asked' 0 'kernels/9.9.9-cloud-amd64$' -- \
		env REVENANT_SNAPSHOT="file:$work/days" bash -c "$load debian_kernel 9.9" "$work"
	kernel_is_whole 'snapshot: whole'
	rm -r "${cache:?}/kernels" "$cache/debs"/*
	echo changed >>"$at/linux.deb"
	one_sentence 'snapshot: another package than was used' '(failed|wrong checksum)' \
		"REVENANT_SNAPSHOT=file:$work/days bash -c '$load debian_kernel 9.9' $work"
	unset XDG_CACHE_HOME
}
