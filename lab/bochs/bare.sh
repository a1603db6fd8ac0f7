#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bare.sh --bochs FILE --cpu intel|amd --image FILE --work DIR ARGS
#
# Runs the image with ARGS on a Bochs machine, with no Linux in between; standard output is its
# serial port. There is neither an isa-debug-exit nor ACPI: the END line ends the machine.

set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=machine.sh
. "$(dirname "$0")/machine.sh"

while (($# > 1)); do
	case $1 in
	--bochs | --cpu | --image | --work)
		declare "${1#--}=$2"
		shift 2
		;;
	*)
		echo "bare.sh: unknown option $1" >&2
		exit 2
		;;
	esac
done

[[ -z ${REVENANT_SCENARIOS-} ]] || cp "$REVENANT_SCENARIOS" "$work/initrd"
make=make_machine
# shellcheck disable=SC2154 # declared by the loop above
! is_packaged "$bochs" || make=make_packaged_machine
# shellcheck disable=SC2154 # declared by the loop above
if ! problem=$("$make" "$work" "$cpu" "$image" "$1" serial unused.log 2>&1); then
	printf 'Bail out! %s\n# END status=99\n' "${problem##*$'\n'}"
	exit 1
fi
# shellcheck disable=SC2154
run_machine "$bochs" "$work" serial
