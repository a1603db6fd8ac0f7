#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The retaining TLB's store by itself, under ASan and UBSan; and that the hooks' patch holds no line
# but hooks.

set -euo pipefail
cd "$(dirname "$0")/../.." || exit 99

out=build/host/tlb
tlb=lab/bochs/tlb
flags=(-O1 -g -Wall -Wextra -Werror -Wshadow '-fsanitize=address,undefined' -fno-sanitize-recover=all)
mkdir -p "$out"
gcc -std=gnu11 "${flags[@]}" -c -o "$out/rules.o" model/oracle/rules.c
g++ -std=gnu++17 "${flags[@]}" -I$tlb -Imodel/oracle -I. -o "$out/test_store" \
	tests/tlb/test_store.cc $tlb/{store,rights,events}.cc "$out/rules.o"
UBSAN_OPTIONS=print_stacktrace=1 timeout 300 "$out/test_store"

# Bochs' own code changes nowhere else than where a hook is.
removed=$(grep -E '^-[^-]' $tlb/hooks.patch | grep -vE 'in_vmx_guest\)|SVM_NESTED_PAGING_ENABLED\)|cr0.get_PG\(\)\)' || true)
[[ -z $removed ]] || { printf 'hooks.patch takes out: %s\n' "$removed" && exit 1; }
