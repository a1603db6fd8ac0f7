# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The cases in an image, read from the ELF without booting it, or those of a file of scenarios, and the choice
# among them.

COMMON_SCENARIOS=$(dirname "${BASH_SOURCE[0]}")/../scenarios/common.scn

# The image's own reader of scenarios, made with it.
scenarios_tool() { # COMMAND FILE
	local tool=build/host/revenant-scenarios
	[[ ! -e Makefile || ! -w build ]] || alone "$PWD/build/lock" make -s "$tool" >&2 ||
		our_error "the reader of scenarios does not build (above)"
	"$tool" "$1" "$COMMON_SCENARIOS" "$2"
}

# What is wrong with a file of scenarios is told before anything boots.
check_scenarios() { # FILE
	local problem
	problem=$(scenarios_tool check "$1" 2>&1) || usage_error "${problem##*$'\n'}"
}

cases_of() { # IMAGE; prints NAME <tab> CLASSES <tab> TITLE lines
	local work
	if [[ -n ${REVENANT_SCENARIOS-} ]]; then
		scenarios_tool list "$REVENANT_SCENARIOS"
		return
	fi
	if [[ ! -e Makefile && $1 == build/revenant.elf ]]; then
		cat build/cases.txt # a bundle, on a machine that may have no objcopy
		return
	fi
	work=$(mktemp -d) || return
	objcopy --dump-section .revenant.list="$work/list" "$1" "$work/copy" 2>/dev/null || :
	[[ ! -e $work/list ]] || cat "$work/list" # another image has none
	rm -rf "$work"
}

# The rule of the image's filter= word: a case is chosen if it matches a positive glob, or there is
# none, and no negative one.
is_chosen() { # NAME FILTER...
	local name=$1 filter positive=no match=no
	shift
	for filter; do
		# shellcheck disable=SC2053 # globs
		if [[ $filter == !* ]]; then
			[[ $name != ${filter#!} ]] || return 1
		else
			positive=yes
			[[ $name != $filter ]] || match=yes
		fi
	done
	[[ $positive == no || $match == yes ]]
}

chosen_cases() { # IMAGE FILTER...; prints NAME <tab> CLASSES <tab> TITLE lines
	local image=$1 name rest
	shift
	cases_of "$image" | while IFS=$'\t' read -r name rest; do
		! is_chosen "$name" "$@" || printf '%s\t%s\n' "$name" "$rest"
	done
}
