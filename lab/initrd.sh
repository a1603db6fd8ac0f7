# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The initrd of an emulated host, in parts that the kernel unpacks one after the other: a base (KVM's
# modules, busybox, chrt, QEMU if that is the VMM), made once and cached; its first process; and the job of
# one run (image, arguments, scripts, our own VMM), made in a moment, which a kept host gets later (kept.sh).
# None is compressed: unpacking costs more than reading.

# The leanest QEMU that boots a q35 machine by KVM. Debian's microvm build (which has q35 too) needs
# a fifth of the libraries: 13 MB in place of 50, and 50,000 relocations at its start, not 236,000.
lean_qemu() {
	command -v qemu-system-x86_64-microvm || command -v qemu-system-x86_64
}

libraries_of() { # PROGRAM; prints path as the loader asks for it
	ldd "$1" 2>/dev/null | sed -nE 's/.*=> (\/[^ ]+) .*/\1/p; s/^[[:space:]]+(\/[^ ]+) .*/\1/p'
}

firmware_of() { # QEMU; prints the files that it reads to boot an image by -kernel
	local folder file
	while read -r folder; do
		for file in qboot.rom kvmvapic.bin linuxboot_dma.bin pvh.bin; do
			[[ ! -e $folder/$file ]] || printf '%s\n' "$folder/$file"
		done
	done < <("$1" -L help)
}

# What the base depends on, as one word.
base_key() { # KERNEL-FOLDER or '', QEMU or ''
	{
		[[ -z $1 ]] || cat "$1/SHA256SUMS"
		stat -L -c '%n %s %Y' ${2:+"$2"} "$(command -v busybox)" "$(command -v chrt)"
		cat "${BASH_SOURCE[0]}"
	} | sha256sum | cut -c1-16
}

pack() { # FOLDER; writes a cpio archive to standard output
	(cd "$1" && find . | busybox cpio -o -H newc -R 0:0 2>/dev/null)
}

put_program() { # PROGRAM FOLDER ROOT
	local file
	mkdir -p "$2"
	cp "$1" "$2/"
	while read -r file; do
		mkdir -p "$3${file%/*}"
		cp -L "$file" "$3$file"
	done < <(libraries_of "$1")
}

put_qemu() { # QEMU ROOT
	local file
	put_program "$1" "$2/qemu" "$2"
	[[ ${1##*/} == qemu-system-x86_64 ]] || mv "$2/qemu/${1##*/}" "$2/qemu/qemu-system-x86_64"
	mkdir -p "$2/qemu/share"
	while read -r file; do
		cp -nL "$file" "$2/qemu/share/"
	done < <(firmware_of "$1")
}

fill_base() { # KERNEL-FOLDER or '', QEMU or '', ROOT
	local kernel=$1 qemu=$2 root=$3
	put_program "$(command -v busybox)" "$root/bin" "$root"
	put_program "$(command -v chrt)" "$root/bin" "$root" # Debian's busybox has none
	[[ -z $qemu ]] || put_qemu "$qemu" "$root"
	[[ -z $kernel ]] || cp -a "$kernel/root/." "$root/"
}

# Prints the path of the base archive for an unpacked kernel ('' for one with KVM built in).
base_initrd() { # KERNEL-FOLDER or '', VMM: qemu or own
	local kernel=$1 qemu='' archive work
	[[ $2 == own ]] || qemu=$(lean_qemu)
	archive=$(cache_dir)/initrd/$(base_key "$kernel" "$qemu").cpio
	if [[ ! -e $archive ]]; then
		mkdir -p "${archive%/*}"
		need_space "${archive%/*}" 100
		work=$(mktemp -d) || return
		need_space "$work" 100 'TMPDIR names another folder'
		fill_base "$kernel" "$qemu" "$work" && pack "$work" >"$archive.part" || return
		mv "$archive.part" "$archive"
		rm -rf "$work"
	fi
	cache_use "initrd-$2-${kernel##*/}" "$archive"
	printf '%s\n' "$archive"
}

# Writes the part with the first process.
init_initrd() {
	(cd "$(dirname "${BASH_SOURCE[0]}")" && echo init | busybox cpio -o -H newc -R 0:0 2>/dev/null)
}

# Writes a run's own part.
job_initrd() { # IMAGE SMP ARGS VMM: our own, or '' for QEMU; writes to standard output
	local lab work
	lab=$(dirname "${BASH_SOURCE[0]}")
	work=$(mktemp -d) || return
	mkdir "$work/job"
	cp "$lab"/{inner-vm.sh,pcpu.sh,relay.awk,known-warnings} "$work/job/"
	cp "$1" "$work/job/image"
	[[ -z ${REVENANT_SCENARIOS-} ]] || cp "$REVENANT_SCENARIOS" "$work/job/scenarios"
	[[ -z $4 ]] || cp "$4" "$work/job/vmm"
	printf '%s\n' "$2" >"$work/job/smp"
	printf '%s\n' "$3" >"$work/job/args"
	pack "$work"
	rm -rf "$work"
}
