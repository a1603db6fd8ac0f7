# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # options and settings, shared with run.sh
#
# run.sh's --mutant NAME: a kernel that has the fault, the hosts on which the fault shows, and at the end
# what was expected there and what was caught. The exit status stays what it always is, a verdict about
# the host: 1, something is wrong with it, is what a planted fault should give.

MUTANTS=$(dirname "${BASH_SOURCE[0]}")
MUTANTS_VERSION=7.3

mutant_names() {
	local file
	for file in "$MUTANTS"/*.mutant; do
		file=${file##*/}
		printf '%s\n' "${file%.mutant}"
	done
}

# Up to eight names that are like NAME: first those that hold it, then those that begin alike or share words.
near_names() { # NAME
	mutant_names | awk -v name="$1" '
		BEGIN { n = split(name, word, "-") }
		{
			likeness = index($0, name) ? 100 : 0
			for (i = 1; substr($0, i, 1) == substr(name, i, 1) && i <= length(name); i++)
				likeness++
			for (i = 1; i <= n; i++)
				if (word[i] != "" && index("-" $0 "-", "-" word[i] "-"))
					likeness += i == 1 ? 2 : 3
			if (likeness > 2)
				print likeness, $0
		}' | sort -s -k 1,1nr | awk 'NR <= 8 { printf "%s%s", (NR > 1 ? ", " : ""), $2 }'
}

check_mutant() { # NAME
	local near
	[[ $1 != none && ! ($1 =~ ^[a-z0-9-]+$ && -e $MUTANTS/$1.mutant) ]] || return 0
	near=$(near_names "$1")
	usage_error "there is no mutant '$1'${near:+; do you mean $near?} All of them: docs/mutants.md, lab/mutants/*.mutant"
}

# VENDOR <tab> PARAMS <tab> GLOBS of the hosts on which the mutant shows; without a mutant (`none`), all.
mutant_hosts() {
	if [[ $mutant == none ]]; then
		printf '%s\t%s\t-\n' amd npt=1 amd npt=0 intel ept=1 intel ept=0
	else
		awk -f "$MUTANTS/read.awk" "$MUTANTS/$mutant.mutant" | awk -F'\t' -v OFS='\t' '$1 == "shows" { print $3, $4, $5 }'
	fi
}

mutant_vendors() {
	mutant_hosts | awk -F'\t' '!seen[$1]++ { print $1 }'
}

mutant_params() { # VENDOR
	mutant_hosts | awk -F'\t' -v vendor="$1" '$1 == vendor { print $2 }'
}

# Sets host, cpu and all that chooses the kernel; says what is wrong with the options.
prepare_mutant() {
	local number vendor flag=()
	[[ -z $host || $host == lab ]] || usage_error "--mutant plants a fault in an emulated host's kernel: use it with --host lab"
	host=lab
	if [[ -z $cpu_chosen ]]; then
		cpu=all
		if ((${#host_params[@]})); then
			cpu=$(mutant_hosts | awk -F'\t' -v params="${host_params[0]}" '$2 == params { print $1; exit }')
			[[ -n $cpu ]] || usage_error "--mutant $mutant shows on $(mutant_hosts |
				awk -F'\t' '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $1, $2 }'); for --host-params '${host_params[0]}' name the --cpu too"
		fi
	elif [[ $cpu != all ]] && ((${#host_params[@]} == 0)); then
		[[ -n $(mutant_params "$cpu") ]] || usage_error "--mutant $mutant shows on $(mutant_vendors) only, not on $cpu"
	fi
	[[ $may_install == yes ]] || flag=(--no-install)
	mutant_kernel=$kernel
	if [[ ! -f $kernel ]]; then
		[[ ${kernel:=$MUTANTS_VERSION} =~ ^[0-9]+\.[0-9]+$ ]] ||
			usage_error "--mutant goes with --kernel VERSION, such as $MUTANTS_VERSION, of a kernel that it builds; '$kernel' is none"
		mutant_kernel=$kernel
		kernel=$("$LAB/kernel/build.sh" "${flag[@]}" --mutants "$kernel") || exit
	fi
	number=0
	if [[ $mutant != none ]]; then
		[[ -r ${kernel%/*}/switches ]] || usage_error "--kernel: beside $kernel is no list of mutants: build it with lab/kernel/build.sh --mutants"
		number=$(awk -F'\t' -v name="$mutant" '$1 == "mutant" && $2 == name { print $3 }' "${kernel%/*}/switches")
		[[ -n $number ]] || usage_error "--mutant $mutant is not for this kernel: $(awk '/^kernels:/' "$MUTANTS/$mutant.mutant")"
	fi
	host_append+="${host_append:+ }kvm.revenant_mutant=$number"
}

# The options that choose a setting of it again.
mutant_options() { # VENDOR PARAMS
	local of=''
	[[ $mutant_kernel == "$MUTANTS_VERSION" ]] || of=" --kernel $(quoted "$mutant_kernel")"
	printf -- '--mutant %s%s --cpu %s%s --host-params %s\n' "$mutant" "$of" "$1" "${tlb:+ --tlb $tlb}$(cpus_option)" "$(quoted "$2")"
}

red_cases() { # STREAM
	tr -d '\r' <"$1" | awk '/^not ok [0-9]/ && $6 ~ /^(STALE|LEAK|WILD|CRASH)$/ { print $4 }'
}

# Expected globs: which of them have a red case. With a filter, the others may just not have run.
print_mutant() {
	local s vendor params globs glob name hit red scenarios
	[[ $mutant != none ]] || return 0
	printf '#\n# ==== mutant %s: %s\n' "$mutant" "$(awk -f "$MUTANTS/read.awk" "$MUTANTS/$mutant.mutant" |
		awk -F'\t' '$1 == "mutant" { print $6 ($5 != "-" ? ". Hardware only: " $5 : "") ($9 != "-" ? ". Equivalent: " $9 : "") ($7 != "-" ? ". Missing: " $7 : "") }')"
	for s in "${!setting_names[@]}"; do
		vendor=${setting_vendors[s]} params=${setting_params[s]}
		mapfile -t red < <(red_cases "$(stream_of "$s")")
		scenarios=$(printf '%s\n' "${red[@]}" | sed -E 's,/(load|store|fetch)$,,' | awk '
			NF && !seen[$0]++ && ++n <= 12 { printf "%s%s", (n > 1 ? " " : ""), $0 }
			END { if (n > 12) printf " and %d more", n - 12 }')
		printf '# %s %s: %d cases are red%s\n' "$vendor" "$params" "${#red[@]}" "${scenarios:+: $scenarios}"
		globs=$(mutant_hosts | awk -F'\t' -v v="$vendor" -v p="$params" '$1 == v && $2 == p { print $3 }')
		[[ -n $globs && $globs != - ]] || { printf '#   nothing was expected\n' && continue; }
		read -ra globs <<<"$globs"
		for glob in "${globs[@]}"; do
			hit='not caught'
			for name in "${red[@]}"; do
				# shellcheck disable=SC2053 # a glob
				[[ $name != $glob ]] || hit=caught
			done
			printf '#   expected %s: %s\n' "$glob" "$hit"
		done
	done
}
