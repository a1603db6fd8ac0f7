# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What run.sh says of this machine's KVM, on machines that are made up.

machine() { # CPU-FLAG NESTED-OF-THE-MODULE DEVICE-MODE; makes $work/machine
	rm -rf "$work/machine"
	mkdir -p "$work/machine/modules"
	echo "flags : fpu $1 de" >"$work/machine/cpuinfo"
	[[ -z $2 ]] || {
		mkdir -p "$work/machine/modules/kvm_amd/parameters"
		echo "$2" >"$work/machine/modules/kvm_amd/parameters/nested"
	}
	[[ -z $3 ]] || install -m "$3" /dev/null "$work/machine/kvm"
}

kvm_says() { # NAME PATTERN; PATTERN - for nothing
	local name=$1 pattern=$2 as=()
	chmod 755 "$work"
	((EUID != 0)) || as=(setpriv --reuid 65534 --clear-groups)
	# shellcheck disable=SC2016 # the inner shell's
	"${as[@]}" bash -c '. lab/say.sh && . lab/hosts.sh
		KVM_DEVICE=$1/kvm KVM_MODULES=$1/modules CPU_INFO=$1/cpuinfo
		kvm_problem' - "$work/machine" >"$work/out" 2>&1
	if [[ $pattern == - ]]; then
		[[ ! -s $work/out ]]
	else
		grep -qE -e "$pattern" "$work/out" && (($(wc -l <"$work/out") == 1))
	fi
	report "$name" $? "$work/out"
}

kvm() {
	machine svm '' ''
	kvm_says 'KVM: module not loaded' 'kvm_amd is not loaded: modprobe kvm_amd nested=1'
	machine vmx '' ''
	kvm_says 'KVM: module not loaded, Intel' 'modprobe kvm_intel nested=1'
	machine sse '' ''
	kvm_says 'KVM: CPU without it' 'neither SVM nor VMX'
	machine svm 1 600
	[[ $EUID != 0 ]] || kvm_says 'KVM: no access' 'usermod -aG kvm'
	machine svm 0 666
	kvm_says 'KVM: no nesting' 'modprobe -r kvm_amd, then modprobe kvm_amd nested=1'
	machine svm 1 666
	kvm_says 'KVM: nests' -
	masks
	if [[ ! -e /dev/kvm ]]; then
		expect 'KVM: told before anything is built' 99 '^run.sh: error: --host kvm: there is no /dev/kvm' -- \
			./run.sh -v --no-install --host kvm
	fi
}

# lab/pcpu.sh: the Nth CPU of a list as taskset's mask.
masks() {
	local nth list mask
	while read -r nth list mask; do
		# shellcheck disable=SC2016 # the inner shell's
		sh -c 'eval "$(sed -n "/^nth_of()/,/^}/p; /^mask_of()/,/^}/p" lab/pcpu.sh)"
			allowed=$(echo "$2" | tr , " ") && mask_of "$1" && echo "$mask_of"' - "$nth" "$list" >"$work/out"
		[[ $(<"$work/out") == "$mask" ]]
		report "mask of CPU $nth of $list" $? "$work/out"
	done <<-'MASKS'
		0 0-3 1
		1 2,5,7 20
		65 0-127 20000000000000000
		3 60-70 8000000000000000
		4 60-70 10000000000000000
	MASKS
}
