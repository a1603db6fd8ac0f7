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
# shellcheck source-path=SCRIPTDIR source=../arguments.sh
. "$here/../arguments.sh"
# shellcheck source-path=SCRIPTDIR source=../initrd.sh
. "$here/../initrd.sh"
# shellcheck source-path=SCRIPTDIR source=machine.sh
. "$here/machine.sh"

# There is no I/O APIC to look for: the tables are about CPUs only. lpj saves a calibration.
# An oops ends the machine, so that the VM loop outside goes on with a fresh host.
KERNEL_WORDS='console=ttyS0 loglevel=5 mitigations=off nokaslr tsc=reliable lpj=1000000 oops=panic panic=-1'

bochs='' cpu='' vmlinuz='' base='' image='' work='' append='' smp=1 cpus=1 vmm=''
take_arguments "$@"

{ cat "$base" && job_initrd "$image" "$smp" "$args" "$vmm"; } >"$work/initrd"
BOCHS_CPUS=$cpus
make=make_machine
! is_packaged "$bochs" || make=make_packaged_machine
if ! problem=$("$make" "$work" "$cpu" "$vmlinuz" "$KERNEL_WORDS $append" console.log serial 2>&1); then
	printf 'Bail out! %s\n# END status=99\n' "${problem##*$'\n'}"
	exit 1
fi
run_machine "$bochs" "$work" serial
