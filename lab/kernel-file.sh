# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A host kernel of somebody's own, as --kernel takes it: a source tree, a bzImage with KVM built in or with its
# modules beside it, or a vmlinux whose bzImage is there.

is_kernel_tree() { # PATH
	[[ -d $1/arch/x86/kvm && -d $1/virt/kvm && -f $1/Kbuild ]]
}

is_kernel_version() { # TEXT
	[[ $1 =~ ^[0-9]+\.[0-9]+[A-Za-z0-9.+~-]*$ ]]
}

# Is a path meant, not a version? A folder that is called 6.12 is ./6.12.
is_kernel_path() { # TEXT, PATH that it is for the caller
	[[ -f $2 || $1 == */* ]] || { [[ -d $2 ]] && ! is_kernel_version "$1"; }
}

# "HdrS" (Linux, Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header")
is_bzimage() { # FILE
	[[ $(dd if="$1" bs=1 skip=514 count=4 2>/dev/null | tr -d '\0') == HdrS ]]
}

is_elf() { # FILE
	[[ $(head -c 4 "$1" | tr -d '\0') == $'\x7fELF' ]]
}

# The bzImage that was made of a vmlinux: below it in a tree or a build folder, beside it elsewhere.
bzimage_of() { # VMLINUX
	local file
	for file in "${1%/*}"/{arch/x86/boot/,}bzImage; do
		[[ ! -f $file || $file -ot $1 ]] || { printf '%s\n' "$file" && return; }
	done
	return 1
}

check_kernel() { # VERSION, TREE or FILE
	if [[ -d $1 ]]; then
		is_kernel_tree "$1" ||
			usage_error "--kernel: '$1' is no source tree of a kernel with arch/x86/kvm in it"
	elif [[ -f $1 ]]; then
		[[ -r $1 ]] || usage_error "--kernel: '$1' cannot be read (sudo chmod a+r, or a copy of it)"
		! is_bzimage "$1" || return 0
		! is_elf "$1" || bzimage_of "$1" >/dev/null ||
			usage_error "--kernel: '$1' is a vmlinux without its bzImage, or newer than it: make bzImage, and give that (arch/x86/boot/bzImage)"
		is_elf "$1" ||
			usage_error "--kernel: '$1' is no bzImage (arch/x86/boot/bzImage of a kernel tree, or /boot/vmlinuz-*)"
	elif [[ $1 == */* ]]; then
		usage_error "--kernel: there is no file '$1'"
	else
		is_kernel_version "$1" ||
			usage_error "--kernel '$1' is neither a version such as 6.12 or 6.1.192 nor a file or a source tree"
	fi
}

check_modules() { # DIR
	[[ -d $1 ]] || usage_error "--modules: there is no folder '$1'"
	[[ -n $(modules_below "$1") ]] ||
		usage_error "--modules: no kvm.ko below '$1': give the kernel's build folder, or lib/modules/VERSION"
}

# KVM's modules and what they depend on.
modules_below() { # DIR
	find "$1/" \( -path '*/arch/x86/kvm/*' -o -path '*/virt/lib/*' -o -path '*/drivers/crypto/ccp/*' \) \
		-name '*.ko*' -print 2>/dev/null | grep -E '/(kvm|kvm-amd|kvm-intel|irqbypass|ccp)\.ko(\.(xz|zst|gz))?$'
}

# Where the modules of a bzImage are, unless KVM is built in: in the build folder that it lies in, beside it as
# modules_install leaves them or an unpacked package has them, or this machine's.
modules_of() { # BZIMAGE; prints a folder
	local release build=${1%/arch/x86/boot/bzImage} folder
	release=$(bzimage_version "$1")
	for folder in "${1%/*}"/{,../,../usr/}"lib/modules/$release"; do
		[[ ! -d $folder ]] || { printf '%s\n' "$folder" && return; }
	done
	if [[ $build != "$1" && -f $build/arch/x86/kvm/kvm.ko ]]; then
		printf '%s\n' "$build"
	elif [[ $1 == /boot/* && -d /lib/modules/$release ]]; then
		printf '%s\n' "/lib/modules/$release"
	fi
}

# Prints the folder of a bzImage and its modules, as debian-kernel.sh describes it; nothing if KVM is built in.
file_kernel() { # BZIMAGE DIR-OF-MODULES or ''
	local from=${2:-$(modules_of "$1")} files release kernel
	[[ -n $from ]] || return 0
	files=$(modules_below "$from")
	[[ -n $files ]] || return 0
	release=$(bzimage_version "$1")
	kernel=$(cache_dir)/kernels/file-$({ sha256sum "$1" && xargs -d '\n' sha256sum; } <<<"$files" | sha256sum | cut -c1-16)
	[[ -e $kernel ]] || keep_file_kernel "$1" "$files" "$release" "$kernel" || return
	touch "$kernel"
	printf '%s\n' "$kernel"
}

keep_file_kernel() { # BZIMAGE FILES RELEASE KERNEL
	local work=$4.part
	rm -rf "$work"
	mkdir -p "$work/from" "$work/root/lib/modules/$3"
	xargs -d '\n' cp -t "$work/from" <<<"$2"
	keep_modules "$work/from" "$work/root" "$3" || our_error "depmod makes nothing of the modules of $1"
	rm -r "$work/from"
	cp "$1" "$work/vmlinuz"
	printf '%s\n' "$3" >"$work/release"
	(cd "$work" && find . -type f -exec sha256sum {} +) >"$work.sums"
	mv "$work.sums" "$work/SHA256SUMS"
	mv "$work" "$4"
}

# The version in a bzImage's header (boot.rst, "kernel_version": a file offset less 512).
bzimage_version() { # FILE
	local offset
	offset=$(od -An -tu2 -j 526 -N 2 "$1")
	# no `head` behind `tail`: with pipefail a SIGPIPE would be an error
	dd if="$1" bs=1 skip=$((offset + 512)) count=64 2>/dev/null | tr '\0' '\n' | sed -n '1{s/ .*//;p;}'
}
