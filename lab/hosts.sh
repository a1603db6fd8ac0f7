# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2154 # the options, from options.sh
#
# The hosts: which there are here, and for the chosen one its settings. A setting is one run of the
# image: a line of the report's heading, a word that names it in tables, one that names it to the
# image for its failure reports, the options that choose it again, and the command that the VM loop
# starts its VM with.

LAB=$(dirname "${BASH_SOURCE[0]}")

setting_names=() setting_titles=() setting_words=() setting_options=()

# The module of this machine's KVM that can nest, if it does.
nested_module() {
	local module value
	for module in kvm_amd kvm_intel; do
		value=$(cat "/sys/module/$module/parameters/nested" 2>/dev/null) || continue
		[[ $value == [1Y] ]] || continue
		printf '%s\n' "$module" && return
	done
	return 1
}

kvm_is_usable() {
	[[ -c /dev/kvm && -r /dev/kvm && -w /dev/kvm ]]
}

choose_host() { # sets host, if it is not chosen yet, and says why
	local why
	if [[ -n $host ]]; then
		return
	elif [[ -n $kernel || -n $host_append || ${#host_params[@]} -gt 0 || $cpu != amd ]]; then
		host=lab why='the options ask for a certain emulated host'
	elif ! kvm_is_usable; then
		host=lab why='/dev/kvm is not there, or not open to this user'
	elif ! nested_module >/dev/null; then
		host=lab why='/dev/kvm is there, but without nested SVM or VMX'
	else
		host=kvm why="/dev/kvm is usable and $(nested_module) nests"
	fi
	note "host $host: $why"
}

# --- kvm and tcg: one setting -------------------------------------------------------------------

parameters_of_machine() { # MODULE
	local file
	for file in /sys/module/"$1"/parameters/{nested,npt,ept,vpid,unrestricted_guest,enable_shadow_vmcs}; do
		[[ ! -r $file ]] || printf ' %s=%s' "${file##*/}" "$(cat "$file")"
	done
}

prepare_kvm() {
	local module
	kvm_is_usable || our_error "--host kvm: /dev/kvm is not there, or not open to this user; use --host lab"
	if module=$(nested_module); then
		vm_model=host
		setting_titles=("this machine's KVM: Linux $(uname -r), $module$(parameters_of_machine "$module")")
		setting_words=("kvm,$(uname -r)$(parameters_of_machine "$module" | tr ' ' ',')")
	else
		note "/dev/kvm has neither SVM nor VMX for its guests: what needs an L2 will be skipped"
		vm_model=qemu64
		setting_titles=("this machine's KVM: Linux $(uname -r), not nested")
		setting_words=("kvm,$(uname -r)")
	fi
	setting_names=(kvm) setting_options=("--host kvm")
}

prepare_tcg() {
	setting_names=(tcg) setting_words=(tcg) setting_options=("--host tcg")
	setting_titles=("bare QEMU TCG, AMD: no KVM here, a check of our own code")
}

vm_command() { # sets command
	command=("$LAB/vm.sh" --accel "$host" --boot "$boot" --image "$image" --work "$1" --smp "$smp"
		${vm_model:+--cpu "$vm_model"})
	patience=$timeout boot_patience=$((timeout + 30)) console=
}

# --- lab: a setting for each set of module parameters -------------------------------------------

prepare_lab() {
	local params folder='' lab_file=
	emulator_is_there
	if [[ -f $kernel ]]; then
		lab_vmlinuz=$kernel lab_release=$(bzimage_version "$kernel") lab_file=" ($kernel)"
	else
		folder=$(exclusively archive debian_kernel "$kernel") || exit
		lab_vmlinuz=$folder/vmlinuz lab_release=$(<"$folder/release")
		kernel=$lab_release
	fi
	lab_base=$(exclusively initrd base_initrd "$folder") || exit
	((${#host_params[@]})) || host_params=(npt=1 npt=0)
	for params in "${host_params[@]}"; do
		setting_names+=("$params")
		setting_words+=("lab,$lab_release,${params// /,}")
		setting_titles+=("lab, AMD emulated by QEMU TCG: Linux $lab_release$lab_file, $params")
		setting_options+=("--host lab --kernel $(quoted "$kernel") --host-params $(quoted "$params")${host_append:+ --host-append $(quoted "$host_append")}")
	done
}

emulator_is_there() {
	[[ $cpu == amd && $emulator == qemu ]] ||
		our_error "--cpu $cpu with --emulator $emulator cannot be emulated yet: use --cpu amd --emulator qemu"
	[[ -z $bisect ]] || our_error "--bisect is not there yet: run with one --kernel VERSION after the other"
}

# The version in a bzImage's header (boot.rst, "kernel_version": a file offset less 512).
bzimage_version() { # FILE
	local offset
	offset=$(od -An -tu2 -j 526 -N 2 "$1")
	# no `head` behind `tail`: with pipefail a SIGPIPE would be an error
	dd if="$1" bs=1 skip=$((offset + 512)) count=64 2>/dev/null | tr '\0' '\n' | sed -n '1{s/ .*//;p;}'
}

# "npt=0 kvm.x=1" as words of a kernel's command line; modules read theirs there too.
kernel_words() { # PARAMS
	local word words=
	for word in $1; do
		[[ ${word%%=*} == *.* ]] || word=kvm_amd.$word
		words+=" $word"
	done
	printf '%s\n' "kvm_amd.nested=1$words"
}

lab_command() { # WORK PARAMS; sets command
	command=("$LAB/emulated-host.sh" --vmlinuz "$lab_vmlinuz" --base "$lab_base" --image "$image"
		--work "$1" --append "$(kernel_words "$2")${host_append:+ $host_append}" --smp "$smp"
		--patience "$timeout")
	# The loop inside notices a hung image; ours notices a hung host, a little later.
	patience=$((timeout + 15)) boot_patience=$((timeout + 90)) console=$1/console.log
}

# --- any ----------------------------------------------------------------------------------------

# TEXT as one shell word, bare where it may be.
quoted() { # TEXT
	if [[ $1 =~ ^[A-Za-z0-9_./=:+,-]+$ ]]; then
		printf '%s\n' "$1"
	else
		printf "'%s'\n" "${1//\'/"'\\''"}"
	fi
}

# The VM loop of a setting, its stream on standard output; replaces the process.
exec_setting() { # NUMBER WORK ARGS
	local command patience boot_patience console
	if [[ $host == lab ]]; then
		lab_command "$2" "${setting_names[$1]}"
	else
		vm_command "$2"
	fi
	exec "$LAB/vmloop.sh" ${console:+--console "$console"} "$patience" "$boot_patience" \
		"host=${setting_words[$1]}${3:+ $3}" "${command[@]}"
}
