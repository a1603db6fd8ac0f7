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

accel=tcg boot=kernel smp=1 cpu='' vmm=
while (($# > 1)); do
	case $1 in
	--accel | --boot | --image | --work | --smp | --cpu | --vmm)
		declare "${1#--}=$2"
		shift 2
		;;
	*)
		echo "vm.sh: unknown option $1" >&2
		exit 2
		;;
	esac
done

# A KVM host with several CPUs: whoever moves vCPUs between them. The pipe is there before QEMU is.
helper=()
if [[ -z $vmm && $accel == kvm && $(nproc) -gt 1 ]]; then
	# shellcheck disable=SC2154 # declared by the loop above
	rm -f "$work"/pcpu.{in,out} && mkfifo "$work"/pcpu.{in,out}
	helper=(-chardev "pipe,id=pcpu,path=$work/pcpu" -device "isa-serial,index=1,chardev=pcpu"
		-name "guest,debug-threads=on")
	set -- "pcpus $1"
fi

case $accel in
kvm)
	echo "# host kernel=$(uname -r)"
	cpu=${cpu:-host}
	case $(cat /sys/module/kvm/parameters/force_emulation_prefix 2>/dev/null) in
	'' | 0 | N) ;;
	*) set -- "fep $1" ;;
	esac
	;;
tcg) cpu=${cpu:-EPYC,+svm,+npt,+la57} && accel=tcg,thread=multi ;;
esac

ended() { # STATUS
	[[ $accel != kvm ]] || echo "# VM ended with status $1"
	exit "$1"
}

# shellcheck disable=SC2154 # declared by the loop above
if [[ -n $vmm ]]; then
	status=0
	setpriv --pdeathsig KILL "$vmm" --smp "$smp" ${REVENANT_SCENARIOS:+--module "$REVENANT_SCENARIOS"} "$image" "$1" </dev/null || status=$?
	ended "$status"
fi

# shellcheck disable=SC2154 # declared by the loop above
case $boot in
kernel)
	medium=(-kernel "$image" -append "$1" ${REVENANT_SCENARIOS:+-initrd "$REVENANT_SCENARIOS"})
	;;
*)
	"$(dirname "$0")/iso.sh" "$image" "$work/boot.iso" "$1"
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
	setpriv --pdeathsig KILL sh "$(dirname "$0")/pcpu.sh" "$work/pcpu" "$vm" "${home##* }" </dev/null >/dev/null 2>&1 &
fi
tail -n +1 -f -s 0.05 --pid="$vm" "$work/serial"
status=0
wait "$vm" || status=$?
ended "$status"
