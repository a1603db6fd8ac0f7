# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The distribution's own Bochs, for where ours cannot be built: slower, Intel only, and it enters a
# kernel by its BIOS and GRUB, as it cannot lay one into memory. Sourced by machine.sh.

PACKAGED_BOCHS=/usr/bin/bochs
PACKAGED_ROMS=/usr/share/bochs # packages bochsbios and, for the VGA BIOS, bochs itself

is_packaged() { # BOCHS
	[[ $1 == "$PACKAGED_BOCHS" ]]
}

packaged_bochsrc() { # WORK COM1 COM2; writes to standard output
	cat <<RC
display_library: rfb, options="timeout=0"
memory: guest=$BOCHS_MEMORY_MB, host=$BOCHS_MEMORY_MB
cpu: count=1, ips=$BOCHS_IPS, reset_on_triple_fault=1, $(bochs_cpu intel)
romimage: file=$PACKAGED_ROMS/BIOS-bochs-latest, options=fastboot
vgaromimage: file=$PACKAGED_ROMS/VGABIOS-lgpl-latest
pci: enabled=1, chipset=i440fx
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path=$1/boot.iso, status=inserted
boot: cdrom
clock: sync=none
com1: enabled=1, mode=file, dev=$1/$2
com2: enabled=1, mode=file, dev=$1/$3
log: $1/bochs.log
panic: action=fatal
error: action=ignore
info: action=ignore
RC
}

# An ISO that boots a bzImage with WORK/initrd.
linux_iso() { # WORK BZIMAGE COMMAND-LINE
	rm -rf "$1/iso"
	mkdir -p "$1/iso/boot/grub"
	ln -s "$(realpath "$2")" "$1/iso/boot/vmlinuz"
	ln -s "$1/initrd" "$1/iso/boot/initrd"
	cat >"$1/iso/boot/grub/grub.cfg" <<GRUB
set timeout=0
terminal_output console
linux /boot/vmlinuz $3
initrd /boot/initrd
boot
GRUB
	grub-mkrescue -o "$1/boot.iso" --install-modules='linux iso9660 part_msdos normal boot' --locales= \
		--themes= --fonts= "$1/iso" -- -follow on >"$1/iso.log" 2>&1
}

# As make_machine; KERNEL is a bzImage, or the image itself.
make_packaged_machine() { # WORK CPU KERNEL COMMAND-LINE COM1 COM2
	[[ $2 == intel ]] || {
		echo "the packaged Bochs does not bring up a current kernel on its AMD model: use --emulator qemu"
		return 1
	}
	if is_elf "$3"; then
		"${BASH_SOURCE[0]%/*}/../iso.sh" "$3" "$1/boot.iso" "$4"
	else
		linux_iso "$1" "$3" "$4"
	fi || {
		echo "no bootable ISO for the packaged Bochs: see $1/iso.log"
		return 1
	}
	echo c >"$1/debugger" # it has a debugger compiled in, which waits for a command
	packaged_bochsrc "$1" "$5" "$6" >"$1/bochsrc"
}
