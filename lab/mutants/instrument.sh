#!/bin/bash
# SPDX-License-Identifier: MIT
#
# instrument.sh SOURCE TARGET VERSION [FOLDER-OF-MUTANTS]
#
# Puts every mutant for kernel VERSION (7.3) into the kernel tree TARGET, a copy of the unmodified
# tree SOURCE: each edit behind a guard, so that the parameter kvm.revenant_mutant=NUMBER chooses
# one of them and 0 none. Prints NUMBER <tab> NAME of each. Files that come out as they are in TARGET
# already keep their time, so that make rebuilds no more than it must. One correction for an emulator's
# sake (below) is always on.
#
# Any edit that does not find its text exactly once in its function: nothing is written, status 1.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
(($# >= 3)) || { echo "usage: instrument.sh SOURCE TARGET VERSION [FOLDER]" >&2 && exit 2; }
source=$1/arch/x86/kvm target=$2/arch/x86/kvm version=$3 folder=${4:-$here}

corrected=()
[[ $version != 7.* || ! -e $source/svm/svm.c ]] || corrected=(svm/svm.c)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk -f "$here/read.awk" "$folder"/*.mutant >"$work/mutants"

# The mutants of this version with their numbers, and their edits by file.
: >"$work/files"
awk -F'\t' -v OFS='\t' -v version="$version" -v work="$work" '
	function lists(versions) { return versions == "*" || index(" " versions " ", " " version " ") }
	$1 == "mutant" && lists($4) { number[$2] = ++n; print n, $2 }
	$1 == "edit" && ($2 in number) && lists($5) {
		file = $3
		if (!(file in seen)) {
			seen[file]
			print file > (work "/files")
		}
		out = file
		gsub("/", "%", out)
		print number[$2], $2, $4, $6, $7, $8 > (work "/" out ".edits")
	}' "$work/mutants" >"$work/list"

put() { # FILE in $work, its place; writes it if it is not there already
	cmp -s "$1" "$2" || cp "$1" "$2"
}

# QEMU TCG leaves the type of the last event in EXITINTINFO, with V clear; KVM (not yet 6.12, but 6.16)
# asks for the type without looking at V, and gives up an access to a device behind an exception.
# Corrected in each kernel, whatever the parameter: the number -1 is always on.
for file in "${corrected[@]}"; do
	printf -- '-1\tcorrection\tsvm_check_emulate_instruction\treplace\t%s\t%s\n' \
		'(svm->vmcb->control.exit_int_info & SVM_EXITINTINFO_TYPE_MASK)' \
		'(svm->vmcb->control.exit_int_info & SVM_EXITINTINFO_VALID)' >>"$work/${file//\//%}.edits"
	grep -qxF "$file" "$work/files" || echo "$file" >>"$work/files"
done

status=0
while read -r file; do
	edits=$work/${file//\//%}.edits
	[[ -r $source/$file ]] || { echo "$file: no such file in arch/x86/kvm" >&2 && exit 1; }
	awk -f "$here/instrument.awk" "$edits" "$source/$file" >"${edits%.edits}.new" || status=1
done <"$work/files"
((status == 0)) || exit 1

cat >"$work/header" <<'HEADER'
/* The run-time choice among the mutants; included before every file of KVM. */
#ifndef REVENANT_MUTANT
#ifndef __ASSEMBLY__
extern int revenant_mutant;
#endif
#define REVENANT_MUTANT(n) ((n) < 0 || *(volatile int *)&revenant_mutant == (n))
#endif
HEADER
{
	cat "$source/Makefile"
	# shellcheck disable=SC2016 # for make
	echo 'ccflags-y += -include $(srctree)/arch/x86/kvm/revenant_mutant.h'
} >"$work/makefile"
{
	new=$work/x86.c.new
	[[ -e $new ]] || new=$source/x86.c
	cat "$new"
	# Not exported: the vendors' halves are built in, too.
	echo 'int revenant_mutant; module_param(revenant_mutant, int, 0644);'
} >"$work/x86.c"
mv "$work/x86.c" "$work/x86.c.new"

put "$work/header" "$target/revenant_mutant.h"
put "$work/makefile" "$target/Makefile"
# Files that an earlier list of mutants had changed go back.
(cd "$source" && find . -name '*.[ch]') | while read -r file; do
	file=${file#./}
	new=$work/${file//\//%}.new
	[[ -e $new ]] || new=$source/$file
	put "$new" "$target/$file"
done
cat "$work/list"
