# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# lab/matrix.sh on a machine that is made up: a folder for /sys/module, and a modprobe that works on it. There npt is
# 1 and vgif N by configuration, and kvm_amd has no parameter that is called otherwise. kvm computes two of
# its own when kvm_amd comes, if nobody gave them.

make_matrix_machine() { # PARAMETER-IN-FORCE of kvm_amd...
	rm -rf "$work/sys" && mkdir -p "$work/sys"
	cat >"$work/modprobe" <<-'MODPROBE'
		#!/bin/sh
		# modprobe [-r] MODULE [NAME=VALUE...]
		cd "${0%/*}/sys" || exit
		if [ "$1" = -r ]; then
			[ "$2" != kvm ] || [ ! -e kvm_amd ] || exit 1
			[ "$(cat "$2/refcnt")" = 0 ] || exit 1
			rm -r "$2" && exit
		fi
		module=$1 && shift
		[ ! -e "$module" ] || exit 0
		[ "$module" = kvm ] || [ -e kvm ] || "$0" kvm
		mkdir -p "$module/parameters" && echo 0 >"$module/refcnt"
		case $module in
		kvm) echo Y >kvm/parameters/tdp_mmu; echo -1 >kvm/parameters/pi_inject_timer; echo Y >kvm/parameters/enable_pmu ;;
		*) echo 1 >"$module/parameters/npt"; echo 1 >"$module/parameters/nested"; echo N >"$module/parameters/vgif" ;;
		esac
		for word; do
			[ -e "$module/parameters/${word%%=*}" ] || continue # the kernel only warns
			echo "${word#*=}" | sed 's/^0$/'"$([ "${word%%=*}" = npt ] && echo 0 || echo N)/" >"$module/parameters/${word%%=*}"
		done
		[ "$module" = kvm ] || { sed -i 's/^-1$/0/' kvm/parameters/pi_inject_timer; echo N >kvm/parameters/enable_pmu; }
		chmod a-w "$module"/parameters/*; chmod u+w kvm/parameters/pi_inject_timer
	MODPROBE
	chmod +x "$work/modprobe"
	"$work/modprobe" kvm
	"$work/modprobe" kvm_amd "$@"
}

with_matrix() { # SCRIPT; with lab/matrix.sh at the machine that is made up
	bash -c 'set -euo pipefail; . lab/say.sh; . lab/packages.sh; . lab/hosts.sh; . lab/matrix.sh
		KVM_MODULES=$1/sys MODPROBE=$1/modprobe KVM_DEVICE=$1/kvm
		'"$1" - "$work"
}
export -f with_matrix

state_of_machine() {
	(cd "$work/sys" && grep -r . ./*/parameters | sort)
}

comes_back() { # NAME SCRIPT STATUS: what is in force is as it was, however SCRIPT ends
	local before status=0 _
	make_matrix_machine 'npt=0'
	before=$(state_of_machine)
	with_matrix "begin_matrix kvm_amd; trap end_matrix EXIT; $2" >"$work/out" 2>&1 || status=$?
	for _ in {1..50}; do
		[[ $(state_of_machine 2>/dev/null) != "$before" ]] || break
		sleep 0.1
	done
	diff <(echo "$before") <(state_of_machine) >>"$work/out" && [[ $status == "$3" ]] && ! grep 'could not be put back' "$work/out"
	report "matrix, $1: all is as it was" $? "$work/out"
}

matrix() {
	local other="load_kvm kvm_amd 'vgif=1 kvm.tdp_mmu=0 npt=1' && [[ \$(cat \$KVM_MODULES/kvm/parameters/tdp_mmu) == N ]]"
	comes_back 'ended' "$other" 0
	comes_back 'failed' "$other; false" 1
	comes_back 'killed' "$other; kill -9 \$\$" 137
	comes_back 'interrupted' "trap 'exit 130' INT; $other; kill -INT \$\$" 130
	# Not loaded before: not loaded afterwards.
	make_matrix_machine
	rm -r "$work/sys"/kvm*
	expect 'matrix, nothing loaded before' 0 -- bash -c "work=$work; with_matrix \"begin_matrix kvm_amd; load_kvm kvm_amd npt=0; end_matrix\""
	[[ -z $(ls "$work/sys") ]]
	report 'matrix, nothing loaded before: nor afterwards' $?
	make_matrix_machine
	expect 'matrix, unknown parameter' 1 'no parameter' -- bash -c "work=$work; with_matrix 'load_kvm kvm_amd nptt=0'"
	[[ $EUID == 0 ]] || return 0
	echo 1 >"$work/sys/kvm_amd/refcnt"
	expect 'matrix, VMs run' 0 'VMs run on this machine' -- bash -c "work=$work; with_matrix 'matrix_problem kvm_amd'"
	rm "$work/sys/kvm_amd/refcnt"
	expect 'matrix, KVM built in' 0 'built into this kernel' -- bash -c "work=$work; with_matrix 'matrix_problem kvm_amd'"
	expect 'matrix, not as root' 0 'takes root' -- \
		setpriv --reuid 65534 --clear-groups bash -c "work=$work; with_matrix 'matrix_problem kvm_amd'"
	whole_matrix
}

# run.sh as it is, but for where this machine's KVM is, and with an emulator in its place.
whole_matrix() {
	local copy before
	[[ $EUID == 0 && -e $image ]] || return 0
	copy_checkout
	echo 'flags : svm' >"$work/cpuinfo"
	sed -i "s|^KVM_DEVICE=.*|KVM_DEVICE=$work/kvm KVM_MODULES=$work/sys CPU_INFO=$work/cpuinfo|; s|--accel \"\$host\"|--accel tcg|" "$copy/lab/hosts.sh"
	sed -i "s|^MODPROBE=.*|MODPROBE=$work/modprobe|; s|vm_model=host|vm_model=|" "$copy/lab/matrix.sh"
	make_matrix_machine 'npt=0'
	before=$(state_of_machine)
	expect 'matrix, a run' 0 '1/4 .*kvm_amd npt=1' '^ok 1 linear.invlpg.l1/load' '4/4 .*vgif=0 vls=0' \
		'^1\.\.0 # SKIP .*no parameter vls' 'nothing wrong' -- \
		"$copy/run.sh" -v --no-install --matrix --image "$PWD/$image" linear.invlpg.l1/load
	diff <(echo "$before") <(state_of_machine) >"$work/diff"
	report 'matrix, a run: all is as it was' $? "$work/diff"
	expect 'matrix, a parameter that is none' 2 'Bail out! .*no parameter nptt' -- \
		"$copy/run.sh" -v --no-install --matrix --host-params nptt=1 --image "$PWD/$image" linear.invlpg.l1/load
	rm -rf "$copy"
}
