#!/bin/bash
# SPDX-License-Identifier: MIT
#
# vm.sh --accel kvm|tcg --boot kernel|bios|uefi --image FILE --work DIR [--smp N] [--cpu MODEL]
#       [--vmm FILE] ARGS
#
# Runs the image with ARGS in a VM on this machine, with no Linux in between; standard output is its
# serial port. On KVM this machine is the host, and says what a host says (vmloop.sh). --vmm: by our own
# VMM (--accel kvm, --boot kernel), which knows no CPU models.

set -euo pipefail

here=$(dirname "$0")
# shellcheck source-path=SCRIPTDIR source=arguments.sh
. "$here/arguments.sh"

accel=tcg boot=kernel image='' work='' smp=1 cpu='' vmm=''
take_arguments "$@"

# A KVM host with several CPUs: whoever moves vCPUs between them. The pipe is there before QEMU is.
helper=()
if [[ -z $vmm && $accel == kvm && $(nproc) -gt 1 ]]; then
	rm -f "$work"/pcpu.{in,out} && mkfifo "$work"/pcpu.{in,out}
	helper=(-chardev "pipe,id=pcpu,path=$work/pcpu" -device "isa-serial,index=1,chardev=pcpu"
		-name "guest,debug-threads=on")
	args="pcpus $args"
fi

case $accel in
kvm)
	echo "# host kernel=$(uname -r)"
	cpu=${cpu:-host}
	case $(cat /sys/module/kvm/parameters/force_emulation_prefix 2>/dev/null) in
	'' | 0 | N) ;;
	*) args="fep $args" ;;
	esac
	;;
tcg) cpu=${cpu:-EPYC,+svm,+npt,+la57} && accel=tcg,thread=multi ;;
esac

ended() { # STATUS
	[[ $accel != kvm ]] || echo "# VM ended with status $1"
	exit "$1"
}

if [[ -n $vmm ]]; then
	status=0
	setpriv --pdeathsig KILL "$vmm" --smp "$smp" ${REVENANT_SCENARIOS:+--module "$REVENANT_SCENARIOS"} "$image" "$args" </dev/null || status=$?
	ended "$status"
fi

case $boot in
kernel)
	medium=(-kernel "$image" -append "$args" ${REVENANT_SCENARIOS:+-initrd "$REVENANT_SCENARIOS"})
	;;
*)
	"$here/iso.sh" "$image" "$work/boot.iso" "$args"
	medium=(-cdrom "$work/boot.iso")
	[[ $boot == bios ]] || medium+=(-bios /usr/share/ovmf/OVMF.fd)
	;;
esac

# To a file, and from there to standard output: when a pipe is full QEMU's UART drops what it cannot
# send, and a slow reader would lose lines. QEMU dies with this shell, however that ends.
: >"$work/serial"
setpriv --pdeathsig KILL qemu-system-x86_64 -M q35 -accel "$accel" -cpu "$cpu" -smp "$smp" -m 256 \
	-nodefaults -display none -no-reboot -serial "file:$work/serial" \
	-device isa-debug-exit,iobase=0xf4,iosize=0x04 "${helper[@]}" "${medium[@]}" </dev/null &
vm=$!
if ((${#helper[@]})); then
	home=$(taskset -p "$vm")
	setpriv --pdeathsig KILL sh "$here/pcpu.sh" "$work/pcpu" "$vm" "${home##* }" </dev/null >/dev/null 2>&1 &
fi
tail -n +1 -f -s 0.05 --pid="$vm" "$work/serial"
status=0
wait "$vm" || status=$?
ended "$status"
