# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The arguments of a script that starts a machine: `--NAME VALUE`..., and one last word.

args='' # the last word

# Each VALUE goes into the variable NAME, which must be there, with what holds without.
take_arguments() { # WORD...
	while (($# > 1)); do
		if [[ $1 != --* || ! -v ${1#--} ]]; then
			echo "${0##*/}: unknown option $1" >&2
			exit 2
		fi
		printf -v "${1#--}" '%s' "$2"
		shift 2
	done
	args=$1
}
