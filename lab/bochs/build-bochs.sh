#!/bin/bash
# SPDX-License-Identifier: MIT
#
# build-bochs.sh [--install|--no-install]
#
# Builds Bochs from Debian's source package, with the retaining TLB of tlb/ in it, and prints the path
# of the program. Everything that does not change with the TLB's sources and the oracle's rules is
# compiled once and kept; what does takes a few seconds.
#
# Why not the packaged one: Debian 12's has the debugger compiled in and is 3.4 times slower; its
# AMD model does not bring a current kernel up.

set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=../say.sh
. "$here/../say.sh"
# shellcheck source-path=SCRIPTDIR source=../packages.sh
. "$here/../packages.sh"
# shellcheck source-path=SCRIPTDIR source=../archive.sh
. "$here/../archive.sh"
# shellcheck source-path=SCRIPTDIR source=../cache.sh
. "$here/../cache.sh"

BOCHS_SUITE=trixie
BOCHS_VERSION=3.0+dfsg-1
BOCHS_OPTIONS=(
	--enable-x86-64 --enable-cpu-level=6 --enable-smp --enable-vmx=2 --enable-svm
	--enable-avx --enable-evex --enable-pci
	--enable-all-optimizations --enable-trace-linking
	--with-nogui --disable-docbook)
BOCHS_FLAGS='-O3 -fomit-frame-pointer'
BUILD_JOBS=2

MODEL=$here/../../model/oracle

# What Bochs' own code depends on, as one word: of the TLB what the patched files include.
tree_key() {
	{
		echo "$BOCHS_VERSION ${BOCHS_OPTIONS[*]} $BOCHS_FLAGS $(uname -m)"
		declare -f build_tree edit_line
		cat "$here"/{tlb/hooks,svm,smp,kept}.patch "$here"/tlb/{hooks,rights}.h
	} | sha256sum | cut -c1-16
}

# What the program depends on.
bochs_key() {
	{
		tree_key
		declare -f build_bochs copy_tlb
		cat "$here"/tlb/*.{cc,h} "$MODEL"/rules.[ch]
	} | sha256sum | cut -c1-16
}

# "SIZE SHA256 URI" of each file of the source package but its .dsc: the checksums come from the
# archive's signed index, so the .dsc adds nothing (and not every mirror has it).
source_files() { # FOLDER
	local dir=$1 uri
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	archive_sources < <(configured_repositories) >"$dir/sources.all"
	sed -n "s/^deb \[[^]]*signed-by=\([^] ]*\)\] \([^ ]*\) $BOCHS_SUITE main\$/deb-src [signed-by=\1] \2 $BOCHS_SUITE main/p" \
		"$dir/sources.all" >"$dir/sources.list"
	[[ -s $dir/sources.list ]] || return
	archive_apt "$dir" apt-get -q update >&2 || true
	read -r _ _ uri _ <"$dir/sources.list"
	archive_apt "$dir" apt-cache showsrc --only-source bochs | awk -v version="$BOCHS_VERSION" -v uri="${uri%/}/" '
		/^Version: /   { wanted = $2 == version }
		/^Directory: / { directory = $2 "/" }
		/^[A-Z]/       { in_sums = /^Checksums-Sha256:/ }
		/^ / && in_sums && wanted && $3 !~ /\.dsc$/ { file[$3] = $2 " " $1 }
		END { for (name in file) print file[name], uri directory name }'
}

fetch_source() { # FOLDER; the files' paths appear there
	local dir=$1 files size sum uri
	files=$(source_files "$dir")
	[[ -n $files ]] ||
		our_error "the mirror that apt is configured with has no source package bochs $BOCHS_VERSION in $BOCHS_SUITE"
	while read -r size sum uri; do
		fetch_checked "$uri" "$size" "$sum" "$dir/${uri##*/}"
	done <<<"$files"
}

# Changes the one line that is exactly FROM (leading blanks aside), or fails.
edit_line() { # FILE FROM TO
	[[ $(grep -cE "^[[:space:]]*$2\$" "$1") == 1 ]] || return
	sed -i -E "s/^([[:space:]]*)$2\$/\1$3/" "$1"
}

copy_tlb() { # FOLDER of Bochs' cpu/
	mkdir -p "$1/tlb"
	cp "$here"/tlb/*.{cc,h} "$MODEL"/rules.[ch] "$1/tlb/"
}

# TARGET gets source/ and out/, compiled.
build_tree() { # FOLDER of the source package's files, TARGET
	local files=$1 target=$2 work=$1/build patch
	rm -rf "$work"
	mkdir -p "$work/source" "$work/out"
	tar -xf "$files"/*.orig.tar.* -C "$work/source" --strip-components=1
	# load_RAM() reads a whole file to one address, which is right only if the guest's memory is one
	# piece; a condition that has been switched off would make it so.
	edit_line "$work/source/memory/memory_stub.cc" 'if \(0\) \{' 'if (host >= guest) {' || {
		echo "memory_stub.cc is not as expected: this is another Bochs"
		return 1
	}
	for patch in tlb/hooks svm smp kept; do
		patch -d "$work/source" -p0 --fuzz=0 --no-backup-if-mismatch <"$here/$patch.patch" || {
			echo "$patch.patch does not apply: this is another Bochs"
			return 1
		}
	done
	copy_tlb "$work/source/cpu"
	(cd "$work/out" && CFLAGS=$BOCHS_FLAGS CXXFLAGS=$BOCHS_FLAGS ../source/configure "${BOCHS_OPTIONS[@]}" &&
		nice make -j"$BUILD_JOBS" bochs) || return
	rm -rf "$target"
	mv "$work" "$target"
}

build_bochs() { # TREE, TARGET
	local tree=$1 target=$2 work=$2.work
	rm -rf "$work"
	mkdir -p "$work"
	cp -a "$tree" "$work/tree"
	copy_tlb "$work/tree/source/cpu"
	# Page modification logging, which Bochs has and its Haswell has not.
	edit_line "$work/tree/source/cpu/cpudb/intel/corei7_haswell_4770.cc" 'BX_VMX_EPT_EXCEPTION;' 'BX_VMX_EPT_EXCEPTION | BX_VMX_PML;' || return
	(cd "$work/tree/out" && nice make -j"$BUILD_JOBS" bochs && strip bochs) || return
	mkdir "$work/result"
	cp "$work/tree/out/bochs" "$work/tree/source/COPYING" "$work/result/"
	rm -rf "$target"
	mv "$work/result" "$target"
	rm -rf "$work"
}

make_tree() { # TARGET
	local target=$1 work=$1.work
	[[ ! -x $target/out/bochs ]] || return 0
	rm -rf "$work"
	mkdir -p "$work"
	while_saying "fetching the source of Bochs $BOCHS_VERSION" fetch_source "$work" ||
		return 3
	while_saying "building Bochs $BOCHS_VERSION (about 4 minutes, once)" timeout 3600 "$0" --tree "$work" "$target" ||
		our_error "Bochs does not build (above)"
	rm -rf "$work"
}

make_bochs() { # TREE, TARGET
	[[ ! -x $2/bochs ]] || return 0
	need_packages bochs
	make_tree "$1" || return
	while_saying "building Bochs' TLB" timeout 3600 "$0" --build "$1" "$2" ||
		our_error "Bochs does not build with this TLB (above)"
}

case ${1-} in
--tree)
	build_tree "$2" "$3"
	exit
	;;
--build)
	build_bochs "$2" "$3"
	exit
	;;
--install | --no-install) install_flag=("$1") && shift ;;
esac
(($# == 0)) || usage_error "usage: build-bochs.sh [--install|--no-install]"
tree=$(cache_dir)/bochs-${BOCHS_VERSION%%[+-]*}-tree-$(tree_key)
target=$(cache_dir)/bochs-${BOCHS_VERSION%%[+-]*}-$(bochs_key)
status=0
exclusively bochs make_bochs "$tree" "$target" || status=$?
case $status in
0)
	cache_use bochs-tree "$tree"
	cache_use bochs "$target"
	printf '%s\n' "$target/bochs"
	;;
3) # no source to be had: slower, and Intel only
	note "no source of Bochs $BOCHS_VERSION (above): the packaged one takes its place"
	need_packages packaged-bochs iso
	printf '%s\n' /usr/bin/bochs
	;;
*) exit "$status" ;;
esac
