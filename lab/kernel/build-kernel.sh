#!/bin/bash
# SPDX-License-Identifier: MIT
#
# build-kernel.sh [--install|--no-install] [--mutants|--coverage] VERSION
#
# Builds a small host kernel, with both of KVM's vendors built in, from Debian's package
# linux-source-VERSION (6.1, 6.12, 7.3, ...), and prints the path of its bzImage. Beside it lie
# vmlinux (for emulators that enter it directly), config, release, and with --mutants `switches`: what
# there is to be switched on (../py/instrument.py, ../mutants/README.md); with --coverage `gcno`: what
# gcov needs to read the counters of such a kernel's KVM (../py/coverage.py).
#
# build-kernel.sh [--install|--no-install] --tree TREE
#
# The same of a tree of your own, out of tree, in a folder that is kept: after an edit only what depends on it is
# compiled again.
#
# All kernels of a version share one tree and one build folder, so after the first (ten minutes on
# two cores) only KVM is compiled again; those with counters have their own. Results are kept, named by all they
# were made from.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../say.sh
. "$here/../say.sh"
# shellcheck source-path=SCRIPTDIR source=../packages.sh
. "$here/../packages.sh"
# shellcheck source-path=SCRIPTDIR source=../archive.sh
. "$here/../archive.sh"
# shellcheck source-path=SCRIPTDIR source=../cache.sh
. "$here/../cache.sh"

BUILD_JOBS=2
EDITED='arch/x86/kvm virt/kvm' # the folders that mutants may touch
configs=("$here/small.config")

# --- source -------------------------------------------------------------------------------------

# "DEBIAN-VERSION SIZE SHA256 URI" of the newest linux-source package of a version.
source_package() { # VERSION
	local index found
	for when in '' now; do
		index=$(archive_index $when) || exit
		found=$(awk -F '\t' -v wanted="$1" '$1 == wanted && $2 == "source" { print $3, $4, $5, $6 }' \
			"$index" | sort -V | tail -n 1)
		[[ -z $found ]] || break
	done
	[[ -n $found ]] || usage_error "no package linux-source-$1 in the archive; it has: $(awk -F '\t' \
		'$2 == "source" { print $1 }' "$index" | sort -uV | tr '\n' ' ')"
	printf '%s\n' "$found"
}

# Drivers and architectures that no config of ours builds are half of a gigabyte; their Kconfig files
# are needed all the same.
unpack_source() { # DEB FOLDER
	rm -rf "$2.part"
	mkdir -p "$2.part"
	dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		tar -xJ -C "$2.part" --strip-components=1 --wildcards \
			--exclude='*/drivers/gpu/*.[ch]' --exclude='*/drivers/media/*.[ch]' \
			--exclude='*/drivers/net/*/*.[ch]' --exclude='*/drivers/staging/*.[ch]' \
			--exclude='*/sound/*.[ch]' --exclude='*/tools/testing/*' --exclude='*/Documentation/*.*' \
			--exclude='*/arch/[!x]*/*.[chS]' --exclude='*/arch/*/boot/dts/*' || return
	keep_edited "$2.part"
	mv "$2.part" "$2"
}

# A pristine copy of the folders that mutants touch, inside the tree.
keep_edited() { # TREE
	local folder
	for folder in $EDITED; do
		mkdir -p "$1/.pristine/$folder"
		cp -a "$1/$folder/." "$1/.pristine/$folder/"
	done
}

# Makes TREE's edited folders what is below FROM, touching only files that differ: make goes by time.
lay_over() { # FROM TREE
	local folder file
	for folder in $EDITED; do
		while read -r file; do
			cmp -s "$1/$folder/$file" "$2/$folder/$file" || cp "$1/$folder/$file" "$2/$folder/$file"
		done < <(cd "$1/$folder" && find . -type f)
	done
}

# --- configuration ------------------------------------------------------------------------------

# The lines of small.config (and coverage.config) as a .config fragment.
fragment() {
	sed -nE 's/^\??(CONFIG_[A-Z0-9_]+)=n$/# \1 is not set/p; s/^\??(CONFIG_[A-Z0-9_]+=[^n].*)/\1/p' \
		"${configs[@]}"
}

# Prints what was asked for and is not in the configuration. A line with `?` may be unknown to this
# kernel, but what the kernel knows must be as asked.
lost_options() { # .config TREE
	local line option value
	grep -hE '^\??CONFIG_' "${configs[@]}" | while read -r line; do
		option=${line#'?'} value=${line#*=} option=${option%%=*}
		if [[ $value == n ]]; then
			! grep -q "^$option=" "$1" || printf '%s: still on\n' "$option"
		elif ! grep -qx "$option=$value" "$1"; then
			[[ $line == '?'* ]] && ! knows_option "$2" "$option" || printf '%s: not %s\n' "$option" "$value"
		fi
	done
}

knows_option() { # TREE CONFIG_NAME
	grep -rqE --include='Kconfig*' "^(menu)?config ${2#CONFIG_}\$" "$1"/{arch/x86,virt,init,kernel,mm,lib,drivers,fs,net,security,usr,block}
}

configure() { # TREE OUT
	local lost
	mkdir -p "$2"
	make -s -C "$1" O="$2" ARCH=x86 tinyconfig >"$2/config.log" 2>&1 || {
		cat "$2/config.log"
		return 1
	}
	fragment >>"$2/.config"
	make -s -C "$1" O="$2" ARCH=x86 olddefconfig >>"$2/config.log" 2>&1 || return
	lost=$(lost_options "$2/.config" "$1")
	[[ -z $lost ]] || {
		printf 'these options of %s did not survive:\n%s\n' "${configs[*]##*/}" "$lost"
		return 1
	}
}

# --- build --------------------------------------------------------------------------------------

is_configured() { # OUT
	local file
	for file in "${configs[@]}"; do
		[[ -e $1/.configured && ! $file -nt $1/.configured ]] || return
	done
}

build_kernel() { # TREE OUT EDITED RESULT
	local tree=$1 out=$2 result=$4
	is_configured "$out" || {
		configure "$tree" "$out" || return
		touch "$out/.configured"
	}
	lay_over "$3" "$tree"
	# A fixed name and time: the same source gives the same kernel.
	nice make -C "$tree" O="$out" ARCH=x86 -j"$BUILD_JOBS" KBUILD_BUILD_USER=revenant KBUILD_BUILD_HOST=lab \
		KBUILD_BUILD_TIMESTAMP='1970-01-01' bzImage || return
	rm -rf "$result.part"
	mkdir -p "$result.part"
	cp "$out/arch/x86/boot/bzImage" "$result.part/"
	objcopy -g "$out/vmlinux" "$result.part/vmlinux"
	cp "$out/.config" "$result.part/config"
	make -s -C "$tree" O="$out" ARCH=x86 kernelrelease >"$result.part/release"
	[[ $with != coverage ]] || keep_notes "$out" "$result.part/gcno"
}

# gcov's notes of the objects of KVM, where they are in the tree.
keep_notes() { # OUT FOLDER
	mkdir "$2"
	(cd "$1" && find arch/x86/kvm virt/kvm -name '*.gcno' -exec cp --parents -t "$2" {} +)
}

# As instrument.py. What mends the emulators' errors is in kernels with counters, too.
edit() {
	local only=()
	[[ $with == mutants ]] || only=("$here"/*.correction)
	python3 "$here/../py/instrument.py" "$@" "${only[@]}"
}

# KVM's folders of TREE as they are to be compiled.
make_edited() { # TREE EDITED VERSION SWITCHES
	rm -rf "$2"
	cp -a "$1/.pristine" "$2"
	edit "$1/.pristine" "$2" "$3" >"$4" || return
	[[ $with != coverage ]] || echo 'GCOV_PROFILE := y' >>"$2/arch/x86/kvm/Makefile"
}

# All that the result depends on, as one word.
kernel_key() { # SHA256-OF-PACKAGE VERSION
	{
		echo "$1 $(gcc --version | head -n 1)"
		cat "${configs[@]}"
		declare -f build_kernel configure fragment
		[[ -z $with ]] || edit --key "$2" || exit
	} | sha256sum | cut -c1-16
}

# Counters are a configuration of their own, so nothing that is built without them could be used again.
source_folder() { # DEBIAN-VERSION
	printf '%s/linux-source/%s%s\n' "$(cache_dir)" "$1" "$([[ $with != coverage ]] || echo -coverage)"
}

make_kernel() { # VERSION DEBIAN-VERSION SIZE SHA256 URI RESULT
	local deb home tree edited result=$6
	[[ ! -e $result/bzImage ]] || return 0
	need_packages kernel
	home=$(source_folder "$2")
	tree=$home/tree
	mkdir -p "$home" "$(cache_dir)/debs" "${result%/*}"
	if [[ ! -e $tree ]]; then
		deb=$(cache_dir)/debs/${5##*/}
		fetch_checked "$5" "$3" "$4" "$deb"
		while_saying "unpacking linux-source-$1 ($2)" "$0" --unpack "$deb" "$tree" ||
			our_error "the package does not unpack (above)"
		rm -f "$deb"
	fi
	edited=$tree/.pristine
	if [[ -n $with ]]; then
		edited=$home/$with
		make_edited "$tree" "$edited" "$1" "$home/switches" || our_error "not all changes apply to $2 (above)"
	fi
	while_saying "building Linux $2${with:+ with $with} (ten minutes the first time, then seconds)" \
		timeout 7200 "$0" ${with:+"--$with"} --build "$tree" "$home/build" "$edited" "$result" ||
		our_error "the kernel does not build (above)"
	[[ -z $with ]] || mv "$home/switches" "$result.part/"
	rm -rf "$result"
	mv "$result.part" "$result"
}

# --- a tree of somebody's own --------------------------------------------------------------------

compile_tree() { # TREE OUT
	is_configured "$2" || {
		configure "$1" "$2" || return
		touch "$2/.configured"
	}
	# olddefconfig: options come and go with the commits of a series, and nobody is there to answer.
	make -s -C "$1" O="$2" ARCH=x86 -j"$(nproc)" KBUILD_BUILD_USER=revenant KBUILD_BUILD_HOST=lab \
		KBUILD_BUILD_TIMESTAMP='1970-01-01' olddefconfig bzImage
}

make_tree() { # TREE OUT
	local problem
	# Kbuild refuses for the same signs.
	[[ ! -e $1/.config && ! -d $1/include/config && ! -d $1/arch/x86/include/generated ]] ||
		usage_error "--kernel: $1 was built in place, and then nothing can be built of it elsewhere: give --kernel $1/arch/x86/boot/bzImage, or a clean tree (git worktree add, or make mrproper)"
	need_space "$2" 600
	while_saying "building $1 (minutes the first time, then seconds)" "$0" --compile "$1" "$2" && return
	problem=$(grep -m 1 -E '(error|Error): |\*\*\* ' "$2/build.log")
	our_error "$1 does not build${problem:+: $problem} (all of it: $2/build.log)"
}

build_own_tree() { # TREE; prints the path of its bzImage
	local tree out
	tree=$(realpath "$1")
	out=$(cache_dir)/trees/$(sha256sum <<<"$tree" | cut -c1-16) || exit
	mkdir -p "$out"
	need_packages kernel
	printf '%s\n' "$tree" >"$out/tree"
	touch "$out"
	alone "$out/lock" make_tree "$tree" "$out" || exit
	printf '%s\n' "$out/arch/x86/boot/bzImage"
}

# --- command line -------------------------------------------------------------------------------

with='' # mutants or coverage
while [[ ${1-} == --* ]]; do
	case $1 in
	--unpack) unpack_source "$2" "$3" && exit ;;      # steps of our own, run below while_saying
	--build) build_kernel "$2" "$3" "$4" "$5" && exit ;;
	--compile)
		compile_tree "$2" "$3" 2>&1 | tee "$3/build.log"
		exit
		;;
	--tree)
		build_own_tree "$2"
		exit
		;;
	--install | --no-install) install_flag=("$1") ;;
	--mutants) with=mutants ;;
	--coverage) with=coverage && configs+=("$here/coverage.config") ;;
	*) usage_error "build-kernel.sh: unknown option $1" ;;
	esac
	shift
done
[[ $# == 1 && $1 =~ ^[0-9]+\.[0-9]+$ ]] ||
	usage_error "usage: build-kernel.sh [--install|--no-install] [--mutants|--coverage] VERSION, such as 7.3"
[[ -z $with ]] || need_packages mutants
package=$(source_package "$1") || exit
read -r debian_version size sum uri <<<"$package"
key=$(kernel_key "$sum" "$1") || exit
result=$(cache_dir)/hosts/$debian_version${with:+-$with}-$key
lock=linux-$1
[[ $with != coverage ]] || lock+=-coverage
exclusively "$lock" make_kernel "$1" "$debian_version" "$size" "$sum" "$uri" "$result"
cache_use "host-$1${with:+-$with}" "$result"
touch "$(source_folder "$debian_version")" 2>/dev/null || true
printf '%s\n' "$result/bzImage"
