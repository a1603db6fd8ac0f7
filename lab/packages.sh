# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The Debian or Ubuntu packages that the runner needs, by what it needs of them.

install_flag=() # --install or --no-install, if one was given; also for scripts of ours that are started from here

# Each line: what is needed (a command, or a file if it begins with /), and the package that has it.
needs_of() { # PURPOSE
	case $1 in
	build) # libc6-dev: for the tool that checks the scenarios, and for the VMM
		printf '%s\n' 'make make' 'gcc gcc' 'objcopy binutils' '/usr/include/stdio.h libc6-dev'
		;;
	vmm)
		printf '%s\n' 'make make' 'gcc gcc' '/usr/include/linux/kvm.h linux-libc-dev' '/usr/include/sys/mman.h|/usr/include/x86_64-linux-gnu/sys/mman.h libc6-dev'
		;;
	iso)
		printf '%s\n' 'grub-mkrescue grub-common' 'xorriso xorriso' 'mformat mtools' \
			'/usr/lib/grub/i386-pc grub-pc-bin' '/usr/lib/grub/x86_64-efi grub-efi-amd64-bin'
		;;
	uefi)
		printf '%s\n' '/usr/share/OVMF/OVMF_CODE.fd|/usr/share/OVMF/OVMF_CODE_4M.fd ovmf'
		;;
	vm)
		printf '%s\n' 'qemu-system-x86_64 qemu-system-x86' 'setpriv util-linux'
		;;
	lab)
		printf '%s\n' 'qemu-system-x86_64 qemu-system-x86' 'busybox busybox-static' \
			'xz xz-utils' 'zstd zstd' 'flock util-linux' 'chrt util-linux' '/usr/sbin/depmod|/sbin/depmod kmod'
		;;
	bochs)
		printf '%s\n' 'gcc gcc' 'g++ g++' 'make make' 'patch patch' 'objcopy binutils' 'xz xz-utils' 'zstd zstd' \
			'setpriv util-linux' 'flock util-linux' 'chrt util-linux' 'busybox busybox-static'
		;;
	packaged-bochs)
		printf '%s\n' '/usr/bin/bochs bochs' '/usr/share/bochs/BIOS-bochs-latest bochsbios' \
			'/usr/share/bochs/VGABIOS-lgpl-latest bochs'
		;;
	kernel)
		printf '%s\n' 'gcc gcc' 'make make' 'flex flex' 'bison bison' 'bc bc' 'perl perl' 'xz xz-utils' \
			'lz4 lz4' 'flock util-linux' '/usr/include/gelf.h libelf-dev' \
			'/usr/include/openssl/opensslv.h libssl-dev'
		;;
	mutants)
		printf '%s\n' 'python3 python3'
		;;
	test)
		printf '%s\n' 'shellcheck shellcheck' 'clang clang' 'clang-format clang-format' '/usr/include/cmocka.h libcmocka-dev' \
			'gcov gcc' 'g++ g++' 'git git' 'python3 python3' 'yamllint yamllint' 'pgrep procps'
		;;
	root)
		printf '%s\n' 'debootstrap debootstrap' 'unshare util-linux' 'git git'
		;;
	fuzz) # its package is named by clang's version
		printf '%s\n' "$(clang -print-file-name=libclang_rt.fuzzer-x86_64.a) libclang-rt-$(clang -dumpversion | cut -d . -f 1)-dev"
		;;
	esac
}

is_there() { # NEED: a command, or files of which one suffices
	local file
	if [[ $1 != /* ]]; then
		command -v "$1" >/dev/null
		return
	fi
	local IFS='|'
	for file in $1; do
		[[ ! -e $file ]] || return 0
	done
	return 1
}

missing_packages() { # PURPOSE... ; prints each once
	local purpose need package
	for purpose in "$@"; do
		while read -r need package; do
			is_there "$need" || printf '%s\n' "$package"
		done < <(needs_of "$purpose")
	done | sort -u
}

as_root() {
	if ((EUID == 0)); then
		"$@"
	else
		sudo -n "$@"
	fi
}

# Sees to it that everything for the purposes is there, or ends with the remedy.
need_packages() { # PURPOSE...
	local packages remedy
	mapfile -t packages < <(missing_packages "$@")
	((${#packages[@]})) || return 0
	remedy="apt-get install ${packages[*]}"
	command -v apt-get >/dev/null ||
		our_error "this machine has no apt-get; install by its own means what these Debian packages hold: ${packages[*]}"
	[[ ${install_flag[*]-} != --no-install ]] ||
		our_error "missing packages, and --no-install forbids to install them: $remedy"
	as_root true 2>/dev/null ||
		our_error "missing packages, and neither root nor sudo without a password: $remedy"
	[[ ${install_flag[*]-} == --install ]] || may_be_installed "${packages[@]}" ||
		our_error "missing packages: say --install, or: $remedy"
	note "these packages are missing and get installed now: ${packages[*]}"
	install_packages "${packages[@]}" || our_error "that failed; by hand: $remedy"
	mapfile -t packages < <(missing_packages "$@")
	((${#packages[@]} == 0)) || our_error "still missing after the installation: ${packages[*]}"
}

# Asks, where somebody sits who can answer; standard input may be a list that some loop reads.
may_be_installed() { # PACKAGE...
	local answer=''
	[[ -t 2 ]] && { : </dev/tty; } 2>/dev/null || return
	printf 'run.sh: these packages are missing: %s\nrun.sh: install them now? [y/N] ' "$*" >&2
	read -r answer </dev/tty || true
	[[ $answer == [yY]* ]]
}

install_packages() { # PACKAGE...
	local install=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$@")
	# The package lists of a fresh root are empty or old; fetch them only if need be.
	as_root "${install[@]}" --print-uris >/dev/null 2>&1 ||
		while_saying "fetching the package lists" as_root apt-get -q update || return
	while_saying "apt-get install $*" as_root "${install[@]}" && return
	while_saying "fetching the package lists again" as_root apt-get -q update || return
	while_saying "apt-get install $*" as_root "${install[@]}"
}
