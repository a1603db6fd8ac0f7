# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A PC emulated by Bochs that enters a kernel directly (rom.S): no BIOS, boot loader or disk.
#
# `bochs_machine` writes everything the machine needs into a work folder and becomes the caller's
# child process; the first serial port goes to WORK/console.log, the second to the FIFO WORK/serial.

# shellcheck source=lab/bochs/packaged.sh
. "${BASH_SOURCE[0]%/*}/packaged.sh"

BOCHS_MEMORY_MB=768
BOCHS_CPUS=1
# Where the initrd lies: above any kernel, below the end of the memory.
BOCHS_INITRD=0x10000000
# Emulated instructions per emulated microsecond, in millions a second. It does not slow Bochs down:
# fewer means that timeouts, calibrations and the serial line's speed cost fewer instructions, more
# means fewer timer interrupts for the same work.
BOCHS_IPS=10000000

bochs_cpu() { # intel or amd; prints the words of the `cpu:` line that choose the model
	case $1 in
	intel) echo 'model=corei7_haswell_4770' ;;       # EPT, VPID, INVVPID, INVEPT, PCID, INVPCID
	amd) echo 'model=ryzen, add_features="pcid invpcid"' ;; # nested paging, FlushByAsid, PCID
	*) return 1 ;;
	esac
}

# One little-endian number of 1, 2 or 4 bytes at an offset of a file.
number_at() { # FILE OFFSET BYTES
	od -An -v -t "u$3" --endian=little -j "$2" -N "$3" "$1" | tr -d ' '
}

# The ELF kernel inside a bzImage, by the header that the boot protocol defines (Linux,
# Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header": setup_sects, payload_offset,
# payload_length). Unpacking it here saves the emulated CPU the work.
payload_of() { # BZIMAGE OUT
	local image=$1 out=$2 sectors offset length packed=$2.packed
	[[ $(od -An -c -j $((0x202)) -N 4 "$image" | tr -d ' ') == HdrS ]] || return
	sectors=$(number_at "$image" $((0x1f1)) 1)
	offset=$(($(number_at "$image" $((0x248)) 4) + (${sectors/#0/4} + 1) * 512))
	length=$(number_at "$image" $((0x24c)) 4)
	tail -c "+$((offset + 1))" "$image" | head -c "$length" >"$packed"
	case $(od -An -t x1 -N 4 "$packed" | tr -d ' ') in
	1f8b*) gzip -dcq "$packed" ;;
	fd377a58) xz -dcq "$packed" ;;
	28b52ffd) zstd -dcq "$packed" ;;
	02214c18) lz4 -dcq "$packed" ;;
	*) false ;;
	esac >"$out" 2>/dev/null # the size that the build appends makes some of them complain
	rm -f "$packed"
	is_elf "$out"
}

is_elf() { # FILE
	[[ $(od -An -t x1 -N 4 "$1" | tr -d ' ') == 7f454c46 ]]
}

# Where a PVH note says that the kernel is entered, in 32-bit mode ("x86/HVM direct boot ABI";
# XEN_ELFNOTE_PHYS32_ENTRY is 18); nothing if there is none.
pvh_entry() { # ELF
	readelf -nW "$1" 2>/dev/null | tr -s ' \t' ' ' |
		sed -nE 's/.*Xen .*\(0x0*12\) description data: (..) (..) (..) (..).*/0x\4\3\2\1/p' | head -n 1
}

lowest_address() { # ELF; prints the physical address of its first loaded byte
	readelf -lW "$1" | awk '$1 == "LOAD" && $5 != "0x0" { print $4 }' | sort | head -n 1
}

bochsrc_output() { # WORK COM1 COM2
	cat <<RC
com1: enabled=1, mode=file, dev=$1/$2
com2: enabled=1, mode=file, dev=$1/$3
log: $1/bochs.log
RC
}

write_bochsrc() { # WORK CPU LOAD-ADDRESS COM1 COM2; writes to standard output
	cat <<RC
display_library: nogui
plugin_ctrl: unmapped=1, serial=1, biosdev=0, speaker=0, extfpuirq=0, parallel=0
memory: guest=$BOCHS_MEMORY_MB, host=$BOCHS_MEMORY_MB
cpu: count=$BOCHS_CPUS, ips=$BOCHS_IPS, reset_on_triple_fault=1, $(bochs_cpu "$2")
romimage: file=$1/rom.bin
vgaromimage: file=$1/vga.rom
optramimage1: file=$1/kernel.bin, address=$3
$([[ ! -e $1/initrd ]] || echo "optramimage2: file=$1/initrd, address=$BOCHS_INITRD")
pci: enabled=1, chipset=i440fx
clock: sync=none
floppy_bootsig_check: disabled=1
$(bochsrc_output "$1" "$4" "$5")
panic: action=fatal
error: action=ignore
info: action=ignore
RC
}

# Makes WORK/{kernel.bin,rom.bin,vga.rom,bochsrc}; WORK/initrd may be there already.
make_machine() { # WORK CPU KERNEL COMMAND-LINE COM1 COM2
	local work=$1 elf=$3 entry initrd_bytes=0
	if ! is_elf "$elf"; then
		elf=$work/vmlinux
		payload_of "$3" "$elf" || {
			echo "$3 is neither an ELF kernel nor a bzImage that can be unpacked here"
			return 1
		}
	fi
	entry=$(pvh_entry "$elf")
	[[ -n $entry ]] || {
		echo "$3 has no PVH note, so it cannot be entered directly: it needs CONFIG_PVH"
		return 1
	}
	objcopy -O binary "$elf" "$work/kernel.bin"
	[[ ! -e $work/initrd ]] || initrd_bytes=$(stat -c %s "$work/initrd")
	printf '%s' "$4" >"$work/cmdline"
	gcc -c -o "$work/rom.o" -DENTRY="$entry" -DMEMORY_MB="$BOCHS_MEMORY_MB" -DINITRD="$BOCHS_INITRD" \
		-DINITRD_BYTES="$initrd_bytes" -DCPUS="$BOCHS_CPUS" -DCMDLINE="\"$work/cmdline\"" "${BASH_SOURCE[0]%/*}/rom.S"
	objcopy -O binary -j .text "$work/rom.o" "$work/rom.bin"
	# Bochs insists on a VGA BIOS: the smallest option ROM, whose bytes add up to 0.
	{ printf '\125\252\001' && head -c 509 /dev/zero; } >"$work/vga.rom"
	write_bochsrc "$work" "$2" "$(lowest_address "$elf")" "$5" "$6" >"$work/bochsrc"
}

# What a Bochs that ended by itself says of it: nothing when the emulated machine has reset itself,
# which rom.S turns into a request for the end.
bochs_panic() { # WORK
	sed -nE '/Shutdown port/d; s/.*>>PANIC<< //p' "$1/bochs.log" 2>/dev/null | head -n 1
}

# Ends Bochs. The retaining TLB (tlb/hooks.h) says its numbers then: they become comments.
stop_bochs() { # PID WORK
	local tries=0
	if [[ ${REVENANT_TLB:-off} != off ]]; then
		kill -TERM "$1" 2>/dev/null || true # it may have ended by itself
		while kill -0 "$1" 2>/dev/null && ((tries++ < 20)); do sleep 0.1; done
		sed -n 's/^tlb: /# tlb: /p' "$2/bochs.out"
	fi
	kill -9 "$1" 2>/dev/null || true
}

# Runs Bochs on a machine made by make_machine, or one that was saved, and copies the lines of WORK/FIFO to standard
# output until the KTAP stream's END line. Bochs dies with this shell, however that ends. Returns 1 if it did not take
# what was saved.
run_machine() { # BOCHS WORK FIFO [STATE]
	local start=("$1" -q) work=$2 fifo=$3 state=${4-} line='' panic status=0 pid ended='' said=''
	if [[ -n $state ]]; then start+=(-r "$state"); else start+=(-f "$work/bochsrc"); fi
	! is_packaged "$1" || start+=(-rc "$2/debugger")
	rm -f "$work/$fifo"
	mkfifo "$work/$fifo"
	setpriv --pdeathsig KILL "${start[@]}" </dev/null >"$work/bochs.out" 2>&1 &
	pid=$!
	# Bochs opens the port at the first byte; without a writer of our own, a Bochs that dies before
	# that would leave the reader waiting for ever.
	(exec 3>"$work/$fifo" && while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done) &
	while IFS= read -r line || [[ -n $line ]]; do
		if [[ $line == '# END status='* ]]; then
			ended=$line
			break
		fi
		printf '%s\n' "$line"
		line='' said=yes
	done <"$work/$fifo"
	[[ -z $ended ]] || stop_bochs "$pid" "$work"
	wait "$pid" 2>/dev/null || status=$?
	if [[ -n $ended ]]; then
		printf '%s\n' "$ended"
		return
	fi
	((status < 128)) || return "$status" # killed
	[[ -z $state || -n $said ]] || return 1
	panic=$(bochs_panic "$work")
	if [[ -n $panic ]]; then
		printf 'Bail out! the emulator gave up, which says nothing about the host: Bochs: %s\n# END status=99\n' "$panic"
	elif [[ ! -s $work/bochs.log ]]; then
		printf 'Bail out! Bochs did not start (status %s): %s\n# END status=99\n' "$status" "$(tail -n 1 "$work/bochs.out")"
	fi
}
