#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bare.sh --bochs FILE --cpu intel|amd --image FILE --work DIR ARGS
#
# Runs the image with ARGS on a Bochs machine, with no Linux in between; standard output is its
# serial port. There is neither an isa-debug-exit nor ACPI: the END line ends the machine.

set -euo pipefail

here=$(dirname "$0")
# shellcheck source-path=SCRIPTDIR source=../arguments.sh
. "$here/../arguments.sh"
# shellcheck source-path=SCRIPTDIR source=machine.sh
. "$here/machine.sh"

bochs='' cpu='' image='' work=''
take_arguments "$@"

[[ -z ${REVENANT_SCENARIOS-} ]] || cp "$REVENANT_SCENARIOS" "$work/initrd"
make=make_machine
! is_packaged "$bochs" || make=make_packaged_machine
if ! problem=$("$make" "$work" "$cpu" "$image" "$args" serial unused.log 2>&1); then
	printf 'Bail out! %s\n# END status=99\n' "${problem##*$'\n'}"
	exit 1
fi
run_machine "$bochs" "$work" serial
