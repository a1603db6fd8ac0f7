# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The hosts: which there are here, and for the chosen one its settings. A setting is one run of the image.

LAB=$(dirname "${BASH_SOURCE[0]}")
# Seconds of an emulated clock that Bochs takes one for, on an idle machine: it executes so many times BOCHS_IPS.
BOCHS_PACE=13

# "${setting[NUMBER.FIELD]}", with the fields
#   name      in tables
#   title     in the report's heading
#   word      for the image, which shows it with a failure
#   options   those of run.sh that choose it again
#   vendor, params, emulator   of an emulated machine
#   status    what it ended with
declare -A setting=()
settings=0

add_setting() { # FIELD=VALUE...
	local field
	for field; do
		setting[$settings.${field%%=*}]=${field#*=}
	done
	settings=$((settings + 1))
}

machines() { # "VENDOR EMULATOR" of the emulated ones, each once
	local s
	for ((s = 0; s < settings; s++)); do
		printf '%s %s\n' "${setting[$s.vendor]}" "${setting[$s.emulator]}"
	done | sort -u
}

lab_bochs='' bochs_tlb='' # once a setting needs Bochs
lacks=''                  # what this machine was found unfit for, for the image
pace=''                   # how many times too fast its clock is, for the image
vm_model=''               # the CPU model of a VM on this machine, unless it is vm.sh's own choice

# What this machine shows of its KVM; tests show something else.
KVM_DEVICE=/dev/kvm KVM_MODULES=/sys/module CPU_INFO=/proc/cpuinfo

# The module of this machine's KVM that can nest, if it does.
nested_module() {
	local module value
	for module in kvm_amd kvm_intel; do
		value=$(cat "$KVM_MODULES/$module/parameters/nested" 2>/dev/null) || continue
		[[ $value == [1Y] ]] || continue
		printf '%s\n' "$module" && return
	done
	return 1
}

cpu_module() { # the one for this machine's CPU
	if grep -qw '^flags.*svm' "$CPU_INFO"; then
		echo kvm_amd
	elif grep -qw '^flags.*vmx' "$CPU_INFO"; then
		echo kvm_intel
	fi
}

kvm_is_usable() {
	[[ -e $KVM_DEVICE && -r $KVM_DEVICE && -w $KVM_DEVICE ]]
}

# What keeps this machine's KVM from nesting, and the remedy; nothing if it does.
kvm_problem() {
	local module
	module=$(cpu_module)
	if [[ ! -e $KVM_DEVICE && -z $module ]]; then
		echo "there is no $KVM_DEVICE, and the CPU has neither SVM nor VMX: firmware, or the hypervisor that this machine is a guest of, may turn it on"
	elif [[ ! -e $KVM_DEVICE ]]; then
		echo "there is no $KVM_DEVICE, for $module is not loaded: modprobe $module nested=1"
	elif ! kvm_is_usable; then
		echo "$KVM_DEVICE is not open to this user: join its group (usermod -aG kvm \$USER, then log in anew), or be root"
	elif nested_module >/dev/null; then
		:
	elif [[ -n $module && -e $KVM_MODULES/$module ]]; then
		echo "$module is loaded without nesting: modprobe -r $module, then modprobe $module nested=1"
	else
		echo "$KVM_DEVICE has neither SVM nor VMX for its guests"
	fi
}

choose_host() { # sets host, if it is not chosen yet, and says why
	local why
	if [[ -n $host ]]; then
		return
	elif [[ -n $matrix ]]; then
		host=kvm why='--matrix asks for it'
	elif [[ -n $kernel || -n $host_append || ${#host_params[@]} -gt 0 || $host_cpus != 1 || -n $fresh_host || $cpu != amd || -n $emulator || -n $tlb ]]; then
		host=lab why='the options ask for a certain emulated host'
	else
		why=$(kvm_problem)
		if [[ -n $why ]]; then
			host=lab
		else
			host=kvm why="$KVM_DEVICE is usable and $(nested_module) nests"
		fi
	fi
	note "host $host: $why"
}

# What makes a run on this machine's KVM impossible, or poor, before anything is built for it.
check_host() {
	local problem
	[[ $host == kvm && -z $matrix ]] || return 0
	problem=$(kvm_problem)
	kvm_is_usable || our_error "--host kvm: $problem; or use --host lab"
	[[ -z $problem ]] || note "$problem. What needs an L2 will be skipped"
}

# --- kvm and tcg: one setting -------------------------------------------------------------------

parameters_of_machine() { # MODULE
	local file
	for file in /sys/module/"$1"/parameters/{nested,npt,ept,vpid,unrestricted_guest,enable_shadow_vmcs}; do
		[[ ! -r $file ]] || printf ' %s=%s' "${file##*/}" "$(cat "$file")"
	done
}

# There are KVMs without hardware virtualization whose guests die of it.
runs_32bit_paging() {
	local work said
	work=$(mktemp -d)
	said=$(timeout 20 "$LAB/vm.sh" --accel kvm --boot kernel --image "$image" --work "$work" --cpu qemu64 \
		--vmm "$(own_vmm)" \
		'replay=bare pae; enter; exit' 2>/dev/null) || true
	rm -r "$work"
	[[ $said == *$'\nok 1 '* ]]
}

prepare_kvm() {
	local module params='' nested='not nested'
	choose_vmm qemu
	if module=$(nested_module); then
		vm_model=host params=$(parameters_of_machine "$module") nested=$module$params
	else
		vm_model=qemu64
		if ! runs_32bit_paging; then
			note "its guests cannot turn on 32-bit paging: what needs that will be skipped"
			lacks=legacy-paging
		fi
	fi
	add_setting name=kvm word="kvm,$(uname -r)${params// /,}" options="--host kvm$(vmm_option qemu)" \
		title="this machine's KVM: Linux $(uname -r), $nested"
}

prepare_tcg() {
	check_qemu
	add_setting name=tcg word=tcg options='--host tcg' \
		title='bare QEMU TCG, AMD: no KVM here, a check of our own code'
}

prepare_bochs() {
	local vendor
	need_bochs
	while read -r vendor; do
		add_setting vendor="$vendor" name="bochs-$vendor" word="bochs,$vendor,tlb=$bochs_tlb" \
			title="bare Bochs, $vendor, --tlb $bochs_tlb: no KVM here, a check of our own code" \
			options="--host bochs --cpu $vendor${tlb:+ --tlb $tlb}"
	done < <(vendors)
}

bochs_command() { # NUMBER WORK; sets command, pace
	pace=$BOCHS_PACE
	command=("$LAB/bochs/bare.sh" --bochs "$lab_bochs" --cpu "${setting[$1.vendor]}" --image "$image"
		--work "$2")
}

vm_command() { # sets command
	command=("$LAB/vm.sh" --accel "$host" --boot "$boot" --image "$image" --work "$1" --smp "$smp"
		${vm_model:+--cpu "$vm_model"})
	command+=(--vmm "$(own_vmm)")
}

# --- lab: a setting for each set of module parameters -------------------------------------------

vendors() { # of the machines to emulate
	case $cpu in
	all)
		[[ -z $mutant ]] || { mutant_vendors && return; }
		printf '%s\n' amd intel
		;;
	*) printf '%s\n' "$cpu" ;;
	esac
}

# Both ways that KVM shadows or nests page tables, unless --host-params says otherwise.
params_of() { # VENDOR
	if ((${#host_params[@]})); then
		printf '%s\n' "${host_params[@]}"
	elif [[ -n $mutant ]]; then
		mutant_params "$1"
	elif [[ $1 == amd ]]; then
		printf '%s\n' npt=1 npt=0
	else
		printf '%s\n' ept=1 ept=0
	fi
}

# QEMU emulates SVM only; Bochs both, slower, but with PCID on AMD too and with a TLB that keeps.
emulator_of() { # VENDOR PARAMS
	if [[ -n $emulator ]]; then
		printf '%s\n' "$emulator"
	elif [[ $1 == amd && -z $tlb && -z $(machine_word tlb "$2") ]]; then
		echo qemu
	else
		echo bochs
	fi
}

prepare_kernel() { # sets lab_vmlinuz, lab_release, lab_base
	local folder=''
	if [[ -d $kernel ]]; then
		lab_vmlinuz=$("$LAB/kernel/build-kernel.sh" "${install_flag[@]}" --tree "$kernel") || exit
		lab_release=$(bzimage_version "$lab_vmlinuz") lab_file=" ($kernel)"
	elif [[ -f $kernel ]]; then
		lab_vmlinuz=$kernel
		! is_elf "$kernel" || lab_vmlinuz=$(bzimage_of "$kernel")
		lab_release=$(bzimage_version "$lab_vmlinuz") lab_file="${mutant:+, mutant $mutant}${variant:+, variant $variant}"
		[[ -n $mutant$variant ]] || lab_file=" ($kernel)"
		folder=$(exclusively archive file_kernel "$lab_vmlinuz" "$modules") || exit
	else
		folder=$(exclusively archive debian_kernel "$kernel") || exit
		lab_vmlinuz=$folder/vmlinuz lab_release=$(<"$folder/release") lab_file=''
		kernel=$lab_release
	fi
	lab_base=$(exclusively initrd base_initrd "$folder" "$vmm") || exit
}

# Among the parameters of a mutant's host may be words about the machine: `tlb=keep`, which asks for
# Bochs, and `smp=N` and `host-cpus=N`, as the options.
machine_word() { # NAME PARAMS; prints its value, if it is there
	local word
	for word in $2; do
		[[ $word != "$1"=* ]] || printf '%s\n' "${word#*=}"
	done
}

add_lab_setting() { # VENDOR PARAMS
	local vendor=$1 params=$2 with cpu_words='' by options
	with=$(emulator_of "$vendor" "$params")
	by="emulated by $with"
	if [[ $with == bochs ]]; then
		need_bochs
		cpu_words=,tlb=$bochs_tlb by+=" with --tlb $bochs_tlb"
	fi
	if [[ -n $mutant ]]; then
		options=$(mutant_options "$vendor" "$params")
	elif [[ -n $variant ]]; then
		options=$(variant_options "$vendor" "$params" "$with")
	else
		options="--host lab$(vendor_options "$vendor" "$with") --kernel $(quoted "$kernel")${modules:+ --modules $(quoted "$modules")} --host-params $(quoted "$params")${host_append:+ --host-append $(quoted "$host_append")}$(cpus_option)$(vmm_option own)"
	fi
	add_setting vendor="$vendor" params="$params" emulator="$with" options="$options" \
		name="$([[ $cpu != all ]] || printf '%s ' "$vendor")$params" \
		word="lab,$vendor-on-$with$cpu_words,$lab_release,${params// /,}" \
		title="lab, $vendor $by: Linux $lab_release$lab_file, $params"
}

vendor_options() { # VENDOR EMULATOR; those that are not the default
	[[ $1 == amd ]] || printf ' --cpu %s' "$1"
	[[ $1 == intel || $2 == qemu ]] || printf ' --emulator %s' "$2"
	[[ -z $tlb ]] || printf ' --tlb %s' "$tlb"
}

# Our own VMM in the lab, where it need not be loaded with all its libraries and the host can act;
# QEMU on this machine.
choose_vmm() { # DEFAULT; sets vmm
	vmm=${vmm:-$1}
	[[ $vmm == own && -e $LAB/../Makefile ]] || return 0 # a bundle has it
	need_packages vmm
	while_saying "building build/vmm" make -s -C "$LAB/.." build/vmm || our_error "the VMM does not build (above)"
}

own_vmm() { # prints its path, nothing for QEMU
	[[ $vmm != own ]] || printf '%s\n' "$LAB/../build/vmm"
}

vmm_option() { # DEFAULT
	[[ $vmm == "$1" ]] || printf ' --vmm %s' "$vmm"
}

cpus_option() {
	((host_cpus == 1)) || printf ' --host-cpus %s' "$host_cpus"
}

prepare_lab() {
	local vendor params
	choose_vmm own
	check_qemu
	prepare_kernel
	while read -r vendor; do
		while read -r params; do
			add_lab_setting "$vendor" "$params"
		done < <(params_of "$vendor")
	done < <(vendors)
	check_emulators
}

# The packaged Bochs, where ours cannot be built, has its own TLB only.
need_bochs() { # sets lab_bochs and bochs_tlb
	[[ -z $lab_bochs ]] || return 0
	lab_bochs=$("$LAB/bochs/build-bochs.sh" "${install_flag[@]}" </dev/null) || exit
	bochs_tlb=${tlb:-keep}
	if [[ $lab_bochs == /usr/* ]]; then
		[[ ${tlb:-off} == off ]] ||
			our_error "--tlb $tlb needs our own build of Bochs (above says why there is none), not the packaged one"
		((${host_cpus:-1} == 1)) ||
			our_error "--host-cpus $host_cpus needs our own build of Bochs (above says why there is none), not the packaged one"
		bochs_tlb=off
	fi
	export REVENANT_TLB=$bochs_tlb
}

# "npt=0 kvm.x=1" as words of a kernel's command line; modules read theirs there too.
# Without page modification logging, which pml=1 switches on: what KVM does for CPUs that lack it is more.
kernel_words() { # MODULE PARAMS
	local word words=
	[[ $1 != kvm_intel ]] || words=' kvm_intel.pml=0'
	for word in $2; do
		[[ ! $word =~ ^(tlb|smp|host-cpus)= ]] || continue # the machine's
		[[ ${word%%=*} == *.* ]] || word=$1.$word
		words+=" $word"
	done
	printf '%s\n' "$1.nested=1$words"
}

lab_command() { # NUMBER WORK; sets command, lacks, pace
	local vendor=${setting[$1.vendor]} params=${setting[$1.params]} vcpus cpus
	vcpus=$(machine_word smp "$params")
	cpus=$(machine_word host-cpus "$params")
	if [[ ${setting[$1.emulator]} == qemu ]]; then
		command=("$LAB/qemu-host.sh") lacks=pdptes # docs/emulators.md
	else
		command=("$LAB/bochs/bochs-host.sh" --bochs "$lab_bochs" --cpu "$vendor") pace=$BOCHS_PACE
	fi
	command+=(--vmlinuz "$lab_vmlinuz" --base "$lab_base" --image "$image" --work "$2"
		--append "$(kernel_words "kvm_$vendor" "$params")${host_append:+ $host_append}"
		--smp "${vcpus:-$smp}" --cpus "${cpus:-$host_cpus}")
	command+=(--vmm "$(own_vmm)")
	[[ -z ${fresh_host-} ]] || export REVENANT_FRESH_HOST=yes
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

# Is there somebody who moves vCPUs between CPUs? For a moment (pcpu.sh: STOP) he lets the VM stand still.
moves_vcpus() {
	case $host in
	kvm) (($(nproc) > 1)) ;;
	lab) [[ " ${command[*]} " != *' --cpus 1 '* ]] ;;
	*) false ;;
	esac
}

# What the image is told of its host, behind lab_command and the like.
host_words() { # NUMBER
	printf '%s\n' "host=${setting[$1.word]}${lacks:+ lacks=$lacks}${pace:+ pace=$pace}"
}

# The VM loop of a setting, its stream on standard output; replaces the process.
exec_setting() { # NUMBER WORK ARGS
	local command patience=$timeout boots=30
	case $host in
	lab)
		lab_command "$1" "$2"
		if [[ ${setting[$1.emulator]} == qemu ]]; then
			boots=90
		else
			boots=240 # on a busy machine Bochs needs minutes to the first case
		fi
		;;
	bochs) bochs_command "$1" "$2" ;;
	*)
		vm_command "$2"
		# Firmware says nothing, and has its time: on a KVM that is itself emulated UEFI took a minute.
		[[ $boot == kernel ]] || boots=180
		;;
	esac
	((patience >= 5)) || ! moves_vcpus || patience=5
	# Whoever is killed takes those that it has started along.
	exec setpriv --pdeathsig KILL "$LAB/vmloop.sh" --work "$2" --max-crashes "$max_crashes" ${strict:+--strict} \
		"$patience" $((timeout + boots)) "$(host_words "$1")${3:+ $3}" setpriv --pdeathsig KILL "${command[@]}"
}
