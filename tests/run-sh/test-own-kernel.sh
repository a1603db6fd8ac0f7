# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# --kernel TREE and FILE, --modules DIR: with a bzImage that has a header only, and a tree whose Makefile "builds"
# such a one.

fake_bzimage() { # VERSION FILE
	mkdir -p "${2%/*}"
	{
		head -c 514 /dev/zero && printf 'HdrS' && head -c 8 /dev/zero
		printf '\x00\x02' # 526: kernel_version, less 512
		head -c 496 /dev/zero && printf '%s (a@b) #1\0' "$1"
	} >"$2"
}

fake_tree() { # sets tree
	tree=$work/tree
	rm -rf "$tree"
	mkdir -p "$tree/arch/x86/kvm" "$tree/virt/kvm"
	: >"$tree/Kbuild"
	cp "$work/file/bzImage" "$tree/image"
	cat >"$tree/Makefile" <<-'MAKEFILE'
		.RECIPEPREFIX = >
		tinyconfig: ; : >$(O)/.config
		olddefconfig: ;
		bzImage: $(O)/arch/x86/boot/bzImage
		$(O)/arch/x86/boot/bzImage: image arch/x86/kvm/mmu.c
		> @! grep error arch/x86/kvm/mmu.c
		> @mkdir -p $(@D) && cp image $@ && echo compiled >>$(O)/compiled
	MAKEFILE
	echo fine >"$tree/arch/x86/kvm/mmu.c"
}

# shellcheck disable=SC2016 # the inner shell's
own_kernel='set -euo pipefail; for f in say packages archive debian-kernel kernel-file; do . lab/$f.sh; done
	exclusively archive file_kernel "$0" ""'

own_kernels() {
	local tree built modules=$work/file/lib/modules/9.9.7/kernel/arch/x86/kvm
	export XDG_CACHE_HOME=$work/own-cache
	fake_bzimage 9.9.7 "$work/file/bzImage"
	refused 'folder that is no kernel tree' 'no source tree of a kernel' --kernel ./docs
	refused 'vmlinux without its bzImage' 'make bzImage' --kernel "$stub"
	refused 'modules that are not there' 'no folder' --modules no/such
	refused 'modules without KVM' 'no kvm.ko below' --modules ./docs
	expect 'kernel file with KVM built in' 0 -- bash -c "$own_kernel" "$work/file/bzImage"
	! grep -q . "$work/out"
	report 'kernel file with KVM built in: no modules' $?
	cp "$stub" "$work/file/vmlinux" && touch -r "$work/file/bzImage" "$work/file/vmlinux"
	expect 'vmlinux with its bzImage' 2 'leave out the filter' -- \
		./run.sh --no-install --image "$stub" --kernel "$work/file/vmlinux" --replay 'load w0' 'svm.*'
	touch -d tomorrow "$work/file/vmlinux"
	refused 'vmlinux that is newer than its bzImage' 'make bzImage' --kernel "$work/file/vmlinux"
	mkdir -p "$modules"
	module '.section __ksymtab_strings,"a"\n.asciz "kvm_run"' >"$modules/kvm.ko"
	module '.text\ncall kvm_run' | xz >"$modules/kvm-amd.ko.xz"
	expect 'kernel file with modules beside it' 0 'kernels/file-' -- bash -c "$own_kernel" "$work/file/bzImage"
	built=$(<"$work/out")
	(cd "$built" 2>/dev/null && sha256sum --check --status SHA256SUMS && grep -q '^kvm-amd.ko: kvm.ko' root/lib/modules/9.9.7/modules.dep)
	report 'kernel file with modules beside it: whole' $?
	module '.text\ncall kvm_run\nnop' | xz >"$modules/kvm-amd.ko.xz"
	refused 'modules without a kernel file' 'say --kernel FILE' --host lab --image "$stub" --kernel 6.12 --modules "$work/file"
	expect 'kernel file, a module changed' 0 'kernels/file-' -- bash -c "$own_kernel" "$work/file/bzImage"
	[[ $(<"$work/out") != "$built" ]]
	report 'kernel file, a module changed: another host' $?
	own_trees
	unset XDG_CACHE_HOME
}

own_trees() {
	if [[ -n $(. lab/packages.sh && missing_packages kernel) ]]; then
		echo 'ok kernel tree # SKIP needs what builds a kernel'
		return
	fi
	fake_tree
	expect 'kernel tree' 0 'trees/[0-9a-f]*/arch/x86/boot/bzImage$' -- lab/kernel/build-kernel.sh --no-install --tree "$tree"
	expect 'kernel tree, warm' 0 'bzImage$' -- lab/kernel/build-kernel.sh --no-install --tree "$tree"
	[[ $(cat "$work"/own-cache/revenant/trees/*/compiled) == compiled ]]
	report 'kernel tree, warm: nothing is compiled' $?
	echo 'mmu.c:7: error: no such field' >"$tree/arch/x86/kvm/mmu.c"
	one_sentence 'kernel tree that does not compile' 'does not build: mmu.c:7: error: no such field.*build.log' \
		"lab/kernel/build-kernel.sh --no-install --tree $tree 2>&1 | grep -v '^  '; exit \${PIPESTATUS[0]}"
	touch "$tree/.config"
	refused 'kernel tree that was built in place' 'built in place.*git worktree add' --image "$stub" --no-trial --kernel "$tree"
	# So that git bisect run stops at a tree that is no good at all, and skips a commit that is none.
	expect 'the same, for git bisect' 255 'built in place' -- \
		./run.sh --no-install --bisect --image "$stub" --no-trial --kernel "$tree"
	rm "$tree/.config"
	expect 'kernel tree that does not compile, for git bisect' 125 'does not build' -- \
		./run.sh --no-install --bisect --image "$stub" --no-trial --kernel "$tree"
}
