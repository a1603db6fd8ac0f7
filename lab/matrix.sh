# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# run.sh --matrix: this machine's KVM with one set of module parameters after the other, a setting each. It takes
# root, a KVM of modules, and that no VM runs. Afterwards the modules are as they were before, also when run.sh is
# killed: a guard, a process of its own, waits for its end and puts all back.

MODPROBE=modprobe
MATRIX_NOT_LOADED=$EXIT_USAGE # status of a setting that cannot be had

# What decides how KVM shadows, nests and tags translations; one more word of `kvm.` for its common module.
matrix_default() { # MODULE
	if [[ $1 == kvm_amd ]]; then
		printf '%s\n' npt=1 npt=0 'kvm.tdp_mmu=0 npt=1' 'vgif=0 vls=0 npt=1'
	else
		printf '%s\n' ept=1 ept=0 'vpid=0 ept=1' 'vpid=0 ept=0' 'unrestricted_guest=0 ept=1' \
			'enable_shadow_vmcs=0 ept=1' 'kvm.tdp_mmu=0 ept=1'
	fi
}

is_loaded() { # MODULE
	[[ -d $KVM_MODULES/$1 ]]
}

# Who has /dev/kvm open: the VMs of this machine.
matrix_users() {
	local fd
	for fd in /proc/[0-9]*/fd/*; do
		[[ $(readlink "$fd" 2>/dev/null) != "$KVM_DEVICE" ]] || cut -d / -f 3 <<<"$fd"
	done | sort -un | while read -r pid; do
		printf '%s (%s) ' "$pid" "$(cat "/proc/$pid/comm" 2>/dev/null)"
	done
}

# What keeps the modules from being loaded anew, and the remedy; nothing if they can be.
matrix_problem() { # MODULE
	if ((EUID != 0)); then
		echo "loading modules takes root: sudo ./run.sh --host kvm --matrix"
	elif [[ -z $1 ]]; then
		echo "this CPU has neither SVM nor VMX"
	elif is_loaded "$1" && [[ ! -e $KVM_MODULES/$1/refcnt ]]; then
		echo "KVM is built into this kernel, so its parameters are words of the kernel's command line ($1.npt=0)"
	elif [[ $(cat "$KVM_MODULES/$1/refcnt" 2>/dev/null || echo 0) != 0 ]]; then
		echo "VMs run on this machine, and KVM's modules cannot be loaded anew below them: end them first: $(matrix_users)"
	elif ! command -v "$MODPROBE" >/dev/null; then
		echo "there is no modprobe: apt-get install kmod"
	fi
}

# "NAME=VALUE" of each parameter of a module, as it is in force.
parameters_in_force() { # MODULE
	local file
	for file in "$KVM_MODULES/$1/parameters"/*; do
		[[ ! -r $file ]] || printf '%s=%s\n' "${file##*/}" "$(cat "$file")"
	done
}

# "vgif=0 kvm.tdp_mmu=0" as the words for one of the two modules.
words_for() { # MODULE PARAMS
	local word
	for word in $2; do
		case $word in
		kvm.*) [[ $1 != kvm ]] || printf '%s\n' "${word#kvm.}" ;;
		*.*) [[ ${word%%.*} != "$1" ]] || printf '%s\n' "${word#*.}" ;;
		*) [[ $1 == kvm ]] || printf '%s\n' "$word" ;;
		esac
	done
}

unload_kvm() { # MODULE
	! is_loaded "$1" || "$MODPROBE" -r "$1" || return
	! is_loaded kvm || "$MODPROBE" -r kvm
}

# A parameter that a module does not know is an error, not a silent run of another host than the one asked for.
load_kvm() { # MODULE PARAMS
	local word have m
	unload_kvm "$1" || return
	words_for kvm "$2" | xargs -d '\n' "$MODPROBE" kvm && words_for "$1" "$2" | xargs -d '\n' "$MODPROBE" "$1" nested=1 || return
	for m in kvm "$1"; do
		while read -r word; do
			have=$(cat "$KVM_MODULES/$m/parameters/${word%%=*}" 2>/dev/null) ||
				{ echo "$m of Linux $(uname -r) has no parameter ${word%%=*}" && return 1; }
			same_value "$have" "${word#*=}" ||
				{ echo "$m.$word is not to be had here: it stays ${word%%=*}=$have" && return 1; }
		done < <(words_for "$m" "$2")
	done
}

same_value() { # A B; booleans have two spellings
	local a=${1/#[Yy]/1} b=${2/#[Yy]/1}
	[[ ${a/#[Nn]/0} == "${b/#[Nn]/0}" ]]
}

# --- the way back ---------------------------------------------------------------------------------

save_kvm() { # MODULE FOLDER
	local m
	for m in kvm "$1"; do
		! is_loaded "$m" || parameters_in_force "$m" >"$2/$m"
	done
}

# "NAME=VALUE" of each saved parameter that has another value now; some can be written, and root tries it with all.
still_differing() { # MODULE FOLDER
	local word file
	[[ -e $2/$1 ]] || return 0
	comm -23 <(sort "$2/$1") <(parameters_in_force "$1" | sort) | while read -r word; do
		file=$KVM_MODULES/$1/parameters/${word%%=*}
		[[ $(stat -c %A "$file" 2>/dev/null) != ??w* ]] || printf '%s\n' "${word#*=}" 2>/dev/null >"$file" || true
	done
	comm -23 <(sort "$2/$1") <(parameters_in_force "$1" | sort)
}

# Both modules, and only then their parameters: KVM's common module computes some of its own when the other one comes.
# What /etc/modprobe.d says comes back by itself; only what still differs is given as a word.
restore_kvm() { # MODULE FOLDER
	local try m left common own
	for try in {1..50}; do # a VM that was killed may still be about to go
		! unload_kvm "$1" 2>/dev/null || break
		((try < 50)) || { note "KVM's modules cannot be unloaded: by hand, modprobe -r $1 kvm; modprobe $1" && return 1; }
		sleep 0.2
	done
	[[ -e $2/kvm ]] || return 0
	[[ -e $2/$1 ]] || set -- kvm "$2"
	"$MODPROBE" "$1" || return
	mapfile -t common < <(still_differing kvm "$2")
	mapfile -t own < <([[ $1 == kvm ]] || still_differing "$1" "$2")
	if ((${#common[@]} + ${#own[@]})); then
		unload_kvm "$1" && "$MODPROBE" kvm "${common[@]}" && "$MODPROBE" "$1" "${own[@]}" || return
	fi
	for m in kvm "$1"; do
		left=$(still_differing "$m" "$2" | tr '\n' ' ')
		[[ -z $left ]] || note "$m is not as it was: ${left}could not be put back"
	done
}

# Waits for the end of PID, or for FOLDER/over. Deaf to what ends run.sh.
guard_kvm() { # MODULE FOLDER PID
	trap '' INT TERM HUP PIPE
	while [[ ! -e $2/over ]] && kill -0 "$3" 2>/dev/null; do
		sleep 0.1
	done
	restore_kvm "$1" "$2" || true
	rm -rf "$2"
}

begin_matrix() { # MODULE; sets matrix_folder, matrix_guard
	matrix_folder=$(mktemp -d)
	save_kvm "$1" "$matrix_folder"
	set -m # a process group of its own: Ctrl-C is for run.sh
	guard_kvm "$1" "$matrix_folder" $$ </dev/null >/dev/null &
	matrix_guard=$!
	disown
	set +m
}

end_matrix() { # at each way out
	[[ -n ${matrix_guard-} ]] || return 0
	touch "$matrix_folder/over" 2>/dev/null || true
	while kill -0 "$matrix_guard" 2>/dev/null; do sleep 0.1; done
	matrix_guard=''
}

# --- settings -------------------------------------------------------------------------------------

prepare_matrix() {
	local problem params
	matrix_module=$(cpu_module)
	problem=$(matrix_problem "$matrix_module")
	[[ -z $problem ]] || our_error "--matrix: $problem"
	choose_vmm qemu
	((${#host_params[@]})) || {
		MATRIX_NOT_LOADED=77
		mapfile -t host_params < <(matrix_default "$matrix_module")
	}
	for params in "${host_params[@]}"; do
		add_setting name="$params" params="$params" word="kvm,$(uname -r),${params// /,}" \
			title="this machine's KVM: Linux $(uname -r), $matrix_module $params" \
			options="--host kvm --matrix --host-params $(quoted "$params")$(vmm_option qemu)"
	done
	vm_model=host
	begin_matrix "$matrix_module"
}

# Before a setting begins; on its stream, why not: a set of our own is one that this kernel does not have.
load_setting() { # NUMBER
	local said
	said=$(load_kvm "$matrix_module" "${setting[$1.params]}" 2>&1) && return
	said=${said:-KVM does not load with ${setting[$1.params]}}
	if ((MATRIX_NOT_LOADED == EXIT_USAGE)); then
		printf 'KTAP version 1\nBail out! %s\n' "${said//$'\n'/; }"
	else
		printf 'KTAP version 1\n1..0 # SKIP %s\n' "${said//$'\n'/; }"
	fi
	printf '# END status=%d\n' "$MATRIX_NOT_LOADED"
	return 1
}
