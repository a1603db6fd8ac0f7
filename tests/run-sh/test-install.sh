# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Packages are installed after a yes on a terminal, or with --install; $work/bin has all programs but QEMU's and
# apt-get.

installing() {
	local run=(env PATH="$work/bin" ./run.sh --host tcg --image "$stub") said on_terminal
	# shellcheck disable=SC2016 # the inner shell's
	on_terminal=(bash -c 'echo "$0" | script -qec "$(printf "%q " "$@")" /dev/null')
	((EUID == 0)) || { echo 'ok installing # SKIP needs root' && return; }
	printf '#!/bin/sh\necho "$*" >>%q\n' "$work/asked-apt" >"$work/bin/apt-get"
	chmod +x "$work/bin/apt-get"
	expect 'packages: no terminal' 99 'say --install, or: apt-get install .*qemu-system-x86' -- "${run[@]}"
	expect 'packages: no on a terminal' 99 'install them now\? \[y/N\]' 'say --install' -- "${on_terminal[@]}" n "${run[@]}"
	[[ ! -e $work/asked-apt ]]
	report 'packages: nothing is installed without a yes' $?
	for said in y --install; do
		rm -f "$work/asked-apt"
		if [[ $said == y ]]; then
			expect 'packages: yes on a terminal' 99 'still missing' -- "${on_terminal[@]}" y "${run[@]}"
		else
			expect 'packages: --install' 99 'still missing' -- "${run[@]}" --install
		fi
		grep -q 'install qemu-system-x86' "$work/asked-apt" 2>/dev/null
		report "packages: $said is a yes" $?
	done
}
