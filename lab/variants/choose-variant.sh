# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# run.sh's --variant NAME,...: a kernel in which KVM does something in another way (README.md beside this file).

VARIANTS=$(dirname "${BASH_SOURCE[0]}")

check_variant() { # NAME,...
	local name
	for name in ${1//,/ }; do
		[[ $name =~ ^[a-z0-9-]+$ && -e $VARIANTS/$name.variant ]] ||
			usage_error "there is no variant '$name'; those there are: $(cd "$VARIANTS" && echo *.variant | sed 's/\.variant//g')"
	done
}

# Sets host and all that chooses the kernel; says what is wrong with the options.
prepare_variant() {
	local words
	[[ -z $host || $host == lab ]] || usage_error "--variant is another KVM in an emulated host: use it with --host lab"
	[[ -z $mutant ]] || usage_error "--variant goes without --mutant: a mutant of a variant brings it along"
	host=lab
	need_packages mutants
	variant_kernel=$kernel
	if [[ ! -f $kernel ]]; then
		[[ ${kernel:=$MUTANTS_VERSION} =~ ^[0-9]+\.[0-9]+$ ]] ||
			usage_error "--variant goes with --kernel VERSION, such as $MUTANTS_VERSION, of a kernel that it builds; '$kernel' is none"
		kernel=$("$LAB/kernel/build-kernel.sh" "${install_flag[@]}" --mutants "$kernel") || exit
	fi
	[[ -r ${kernel%/*}/switches ]] ||
		usage_error "--kernel: beside $kernel is no list of variants: build it with lab/kernel/build-kernel.sh --mutants"
	words=$(choose variants "$variant" "${kernel%/*}/switches") || exit
	[[ -n $words ]] || usage_error "--variant $variant is not for this kernel: $(cd "$VARIANTS" && grep '^kernels:' "${variant%%,*}.variant")"
	variant_append=$host_append
	host_append+="${host_append:+ }$words"
}

# The options that choose a setting of it again.
variant_options() { # VENDOR PARAMS EMULATOR
	printf -- '--variant %s%s%s --host-params %s%s%s\n' "$variant" "${variant_kernel:+ --kernel $(quoted "$variant_kernel")}" \
		"$(vendor_options "$1" "$3")" "$(quoted "$2")" "${variant_append:+ --host-append $(quoted "$variant_append")}" "$(cpus_option)"
}
