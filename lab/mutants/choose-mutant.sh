# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# run.sh's --mutant NAME: a kernel that has the fault, the hosts on which the fault shows, and at the end
# what was expected there and what was caught. The exit status stays what it always is, a verdict about
# the host: 1, something is wrong with it, is what a planted fault should give.

MUTANTS=$(dirname "${BASH_SOURCE[0]}")
MUTANTS_VERSION=7.3

choose() { # as choose.py
	python3 "$MUTANTS/../py/choose.py" "$@"
}

check_mutant() { # NAME
	local near
	[[ $1 != none && ! ($1 =~ ^[a-z0-9-]+$ && -e $MUTANTS/$1.mutant) ]] || return 0
	near=$(choose near "$1" 2>/dev/null) || true
	usage_error "there is no mutant '$1'${near:+; do you mean $near?} All of them: docs/mutants.md, lab/mutants/*.mutant"
}

mutant_vendors() {
	cut -f 1 <<<"$mutant_hosts" | uniq
}

mutant_params() { # VENDOR
	sed -n "s/^$1\t//p" <<<"$mutant_hosts"
}

# Sets host, cpu and all that chooses the kernel; says what is wrong with the options.
prepare_mutant() {
	local words
	[[ -z $host || $host == lab ]] || usage_error "--mutant plants a fault in an emulated host's kernel: use it with --host lab"
	need_packages mutants
	mutant_hosts=$(choose hosts "$mutant") || exit
	host=lab
	if [[ -z $cpu_chosen ]]; then
		cpu=all
		if ((${#host_params[@]})); then
			cpu=$(awk -F'\t' -v params="${host_params[0]}" '$2 == params { print $1; exit }' <<<"$mutant_hosts")
			[[ -n $cpu ]] || usage_error "--mutant $mutant shows on $(tr '\t\n' ' ,' <<<"$mutant_hosts" | sed 's/,$//; s/,/, /g'); for --host-params '${host_params[0]}' name the --cpu too"
		fi
	elif [[ $cpu != all ]] && ((${#host_params[@]} == 0)); then
		[[ -n $(mutant_params "$cpu") ]] || usage_error "--mutant $mutant shows on $(mutant_vendors) only, not on $cpu"
	fi
	mutant_kernel=$kernel
	if [[ ! -f $kernel ]]; then
		[[ ${kernel:=$MUTANTS_VERSION} =~ ^[0-9]+\.[0-9]+$ ]] ||
			usage_error "--mutant goes with --kernel VERSION, such as $MUTANTS_VERSION, of a kernel that it builds; '$kernel' is none"
		mutant_kernel=$kernel
		kernel=$("$LAB/kernel/build-kernel.sh" "${install_flag[@]}" --mutants "$kernel") || exit
	fi
	[[ $mutant == none || -r ${kernel%/*}/switches ]] ||
		usage_error "--kernel: beside $kernel is no list of mutants: build it with lab/kernel/build-kernel.sh --mutants"
	words=$(choose parameters "$mutant" "${kernel%/*}/switches") || exit
	[[ -n $words ]] || usage_error "--mutant $mutant is not for this kernel: $(grep '^kernels:' "$MUTANTS/$mutant.mutant")"
	host_append+="${host_append:+ }$words"
}

# The options that choose a setting of it again.
mutant_options() { # VENDOR PARAMS
	local of=''
	[[ $mutant_kernel == "$MUTANTS_VERSION" ]] || of=" --kernel $(quoted "$mutant_kernel")"
	printf -- '--mutant %s%s --cpu %s%s --host-params %s\n' "$mutant" "$of" "$1" "${tlb:+ --tlb $tlb}$(cpus_option)" "$(quoted "$2")"
}

# Expected globs: which of them have a red case. With a filter, the others may just not have run.
print_mutant() {
	local s ran=()
	[[ $mutant != none ]] || return 0
	for ((s = 0; s < settings; s++)); do
		ran+=("${setting[$s.vendor]}" "${setting[$s.params]}" "$(stream_of "$s")")
	done
	choose report "$mutant" "${ran[@]}"
}
