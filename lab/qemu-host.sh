#!/bin/bash
# SPDX-License-Identifier: MIT
#
# qemu-host.sh --vmlinuz FILE --base FILE --image FILE --work DIR
#                  [--append TEXT] [--smp N] [--cpus N] [--vmm FILE] ARGS
#
# An AMD machine emulated by QEMU TCG, with a real Linux and its KVM on it, which runs the image with
# ARGS. Standard output is the second serial port: the KTAP stream of the VM loop inside. The
# kernel's console goes to DIR/console.log.
#
# --base: made by base_initrd(); --append: more words for the kernel's command line; --vmm: our own VMM,
# to run the image in QEMU's place.

set -euo pipefail

here=$(dirname "$0")
# shellcheck source-path=SCRIPTDIR source=arguments.sh
. "$here/arguments.sh"
# shellcheck source-path=SCRIPTDIR source=initrd.sh
. "$here/initrd.sh"

# tsc=reliable and no_timer_check skip calibrations against emulated clocks. An oops ends the
# machine, so that the VM loop outside can tell whose crash it was and go on with a fresh host.
KERNEL_WORDS='console=ttyS0 loglevel=5 mitigations=off nokaslr tsc=reliable no_timer_check oops=panic panic=-1'

vmlinuz='' base='' image='' work='' append='' smp=1 cpus=1 vmm=''
take_arguments "$@"

{ cat "$base" && job_initrd "$image" "$smp" "$args" "$vmm"; } >"$work/initrd"

exec qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu EPYC,+svm,+npt,+la57 -smp "$cpus" -m 768 -nodefaults \
	-display none -no-reboot -serial "file:$work/console.log" -serial stdio \
	-kernel "$vmlinuz" -initrd "$work/initrd" -append "$KERNEL_WORDS $append"
