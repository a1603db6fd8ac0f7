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

# $work/revenant.elf, from ELF or else from what TOP builds. Sets image_sum, and bochs_sum for cpu_sum.
take_image() { # TOP ELF
	local elf=$2
	if [[ -z $elf ]]; then
		elf=$1/build/revenant.elf
		make -s -C "$1" build/revenant.elf
	fi
	cp "$elf" "$work/revenant.elf"
	# shellcheck disable=SC2034 # the caller's
	image_sum=$(sha256sum <"$work/revenant.elf")
	bochs_sum=$(cat "$1"/lab/bochs/*.patch "$1"/lab/bochs/tlb/* "$1/model/oracle/rules.c" | sha256sum)
}

# A host is a vendor and parameters of its KVM's modules, among which may be words about the machine
# (hosts.sh). Where the TLB keeps what it may, Bochs emulates it: AMD with `tlb=keep`, Intel always.
keeps() { # VENDOR PARAMS
	[[ $1 == intel || " $2 " == *' tlb=keep '* ]]
}

# Sets host_options, for run.sh.
choose_host_options() { # VENDOR PARAMS
	local word params=''
	host_options=(--host lab --cpu "$1")
	for word in $2; do
		case $word in
		tlb=* | smp=* | host-cpus=*) host_options+=("--${word%%=*}" "${word#*=}") ;;
		*) params+=${params:+ }$word ;;
		esac
	done
	host_options+=(--host-params "$params")
}

# What a result on such a host depends on, beside the image and the kernel.
cpu_sum() { # VENDOR PARAMS
	! keeps "$@" || printf '%s\n' "$bochs_sum"
}
