#!/bin/bash
# SPDX-License-Identifier: MIT
#
# soak.sh [--cpu intel|amd] [--tlb keep|random:SEED|off] [--kernel VERSION|FILE] [--skip EVENT] [ROUNDS]
#
# Boots a Linux on Bochs with the retaining TLB, and churns its page tables: fork and copy on write, mmap,
# mremap, mprotect, madvise, code, files, large pages; ROUNDS of it (20), some 3 seconds each. An
# invalidation that our TLB misses breaks that at once. The TLB's numbers follow; with `of which stale`
# they say how many translations it served that the tables no longer held.
#
# --skip: our TLB ignores an event of model/oracle/rules.c (invlpg, mov-cr3, ...): then the soak must not pass.
#
# Exit status: 0 all memory was what it must be; 1 it was not; 99 our own error.

set -euo pipefail
caller=$PWD
cd "$(dirname "$0")/../.."

# shellcheck source-path=SCRIPTDIR/../..
. lab/say.sh
. lab/packages.sh
. lab/archive.sh
. lab/debian-kernel.sh
. lab/initrd.sh
. lab/bochs/machine.sh

cpu=intel tlb=keep kernel='' skip='' rounds=20
while (($#)); do
	case $1 in
	--cpu | --tlb | --kernel | --skip)
		(($# > 1)) || usage_error "$1 needs a value"
		printf -v "${1#--}" '%s' "$2"
		shift 2
		;;
	[1-9]*)
		rounds=$1
		shift
		;;
	*) usage_error "unknown option '$1': soak.sh [--cpu intel|amd] [--tlb keep|random:SEED|off] [--kernel VERSION|FILE] [--skip EVENT] [ROUNDS]" ;;
	esac
done
bochs_cpu "$cpu" >/dev/null || usage_error "--cpu '$cpu' is unknown: use one of intel amd"

need_packages bochs
bochs=$(lab/bochs/build-bochs.sh)
[[ $kernel == /* || ! -f $caller/$kernel ]] || kernel=$caller/$kernel
if [[ ! -f $kernel ]]; then
	kernel=$(exclusively archive debian_kernel "$kernel")/vmlinuz
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/root"
gcc -static -O1 -Wall -Wextra -o "$work/root/init" tests/tlb/soak.c
printf '%s\n' "$rounds" >"$work/root/rounds"
pack "$work/root" >"$work/initrd"
make_machine "$work" "$cpu" "$kernel" \
	'console=ttyS0 loglevel=5 mitigations=off nokaslr tsc=reliable lpj=1000000 oops=panic panic=-1' \
	console.log serial
export REVENANT_TLB=$tlb REVENANT_TLB_CHECK=1 REVENANT_TLB_SKIP=$skip
run_machine "$bochs" "$work" serial | tee "$work/out"
if grep -aE 'WARNING: |BUG: |Oops|Kernel panic|segfault|general protection' "$work/console.log"; then
	echo '# the kernel noticed'
	exit 1
fi
case $(sed -n 's/^# END status=//p' "$work/out") in
0) echo "# $rounds rounds: all memory was what it must be" ;;
1) exit 1 ;;
*)
	tail -n 30 "$work/console.log"
	exit 1
	;;
esac
