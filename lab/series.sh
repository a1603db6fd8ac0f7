# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What a long series of runs needs: a scratch folder that goes when the series ends, however it ends,
# with all that still runs; and an image of ours that stays what it is meanwhile.

# Sets work.
begin_series() {
	work=$(mktemp -d)
	trap end_series EXIT
	trap 'exit 130' INT TERM
}

# shellcheck disable=SC2317 # called by trap
end_series() {
	local children
	mapfile -t children < <(jobs -p)
	((${#children[@]} == 0)) || kill "${children[@]}" 2>/dev/null || true
	wait
	rm -rf "$work"
}

# $work/revenant.elf, from ELF or else from what TOP builds. Sets image_sum.
take_image() { # TOP ELF
	local elf=$2
	if [[ -z $elf ]]; then
		elf=$1/build/revenant.elf
		make -s -C "$1" build/revenant.elf
	fi
	cp "$elf" "$work/revenant.elf"
	# shellcheck disable=SC2034 # the caller's
	image_sum=$(sha256sum <"$work/revenant.elf")
}
