#!/bin/sh
# SPDX-License-Identifier: MIT
#
# inner-vm.sh SMP ARGS
#
# Starts the image as a guest of the KVM of an emulated host, by our own VMM if there is one, else by
# QEMU; runs inside that host, in /job.
#
# All this is about instructions, of which an emulated CPU has few: the microvm machine with qboot
# starts in half of q35's, and a line to a virtio console costs one exit, where each byte to a UART
# costs 13,000 instructions, in KVM and QEMU. The UART shares the stream, for what comes before the
# console is up, and for an image that does not find it. ioeventfd=off hands over each line before
# the next instruction, so that a VM that dies has said all that it has printed.

smp=$1 args=$2

# The prefix is #UD where KVM does not know it, and QEMU's TCG stops for good at that of an L1 on 7.3 with
# npt=0: so the image is told, and does not try.
fep=
case $(cat /sys/module/kvm/parameters/force_emulation_prefix 2>/dev/null) in
'' | 0 | N) ;;
*) fep=fep ;;
esac

if [ -x ./vmm ]; then
	set -- --pin --whole-host --smp "$smp"
	[ ! -e ./scenarios ] || set -- "$@" --module ./scenarios
	exec ./vmm "$@" ./image "$fep $args"
fi

# With several CPUs, whoever moves vCPUs between them. Nobody else shall: all begin on the first one.
set --
if [ "$(nproc)" -gt 1 ]; then
	mkfifo /tmp/pcpu.in /tmp/pcpu.out
	sh ./pcpu.sh /tmp/pcpu $$ 1 >/dev/null 2>&1 &
	set -- -chardev pipe,id=pcpu,path=/tmp/pcpu -device isa-serial,index=1,chardev=pcpu -name guest,debug-threads=on
	fep="$fep pcpus"
fi

[ ! -e ./scenarios ] || set -- "$@" -initrd ./scenarios

exec taskset 1 /qemu/qemu-system-x86_64 -L /qemu/share -M microvm,acpi=on -bios qboot.rom -enable-kvm -cpu host \
	-smp "$smp" -m 256 -nodefaults -display none -no-reboot -chardev stdio,id=out,mux=on -serial chardev:out \
	-global virtio-mmio.force-legacy=false -global virtio-mmio.ioeventfd=off \
	-device virtio-serial-device -device virtconsole,chardev=out "$@" \
	-kernel ./image -append "${args:+console=virtio $fep $args}"
