#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bochs-host.sh --bochs FILE --cpu intel|amd --vmlinuz FILE --base FILE --image FILE --work DIR
#                  [--append TEXT] [--smp N] [--cpus N] [--vmm FILE] ARGS
#
# As ../qemu-host.sh, with a machine that Bochs emulates: an Intel one with VMX, EPT, VPID and
# PCID, or an AMD one that has PCID. Standard output is the KTAP stream of the VM loop inside; the
# kernel's console goes to DIR/console.log, Bochs' own messages to DIR/bochs.log and DIR/bochs.out.
#
# --vmlinuz: a bzImage or an ELF vmlinux, with a PVH entry point (CONFIG_PVH; Debian's have it).

set -euo pipefail

here=$(dirname "$0")
# shellcheck source-path=SCRIPTDIR source=../initrd.sh
. "$here/../initrd.sh"
# shellcheck source-path=SCRIPTDIR source=machine.sh
. "$here/machine.sh"

# There is no I/O APIC to look for: the tables are about CPUs only. lpj saves a calibration.
# An oops ends the machine, so that the VM loop outside goes on with a fresh host.
KERNEL_WORDS='console=ttyS0 loglevel=5 mitigations=off nokaslr tsc=reliable lpj=1000000 oops=panic panic=-1'

smp=1 cpus=1 append='' vmm=
while (($# > 1)); do
	case $1 in
	--bochs | --cpu | --vmlinuz | --base | --image | --work | --append | --smp | --cpus | --vmm)
		declare "${1#--}=$2"
		shift 2
		;;
	*)
		echo "bochs-host.sh: unknown option $1" >&2
		exit 2
		;;
	esac
done

# shellcheck disable=SC2154 # declared by the loop above
{ cat "$base" && job_initrd "$image" "$smp" "$1" "$vmm"; } >"$work/initrd"
BOCHS_CPUS=$cpus
make=make_machine
# shellcheck disable=SC2154 # declared by the loop above
! is_packaged "$bochs" || make=make_packaged_machine
# shellcheck disable=SC2154
if ! problem=$("$make" "$work" "$cpu" "$vmlinuz" "$KERNEL_WORDS $append" console.log serial 2>&1); then
	printf 'Bail out! %s\n# END status=99\n' "${problem##*$'\n'}"
	exit 1
fi
# shellcheck disable=SC2154
run_machine "$bochs" "$work" serial
