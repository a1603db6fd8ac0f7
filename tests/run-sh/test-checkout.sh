# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Where the checkout may lie, and who may be at it at once; signals.

# A copy of what is in the work folder, in a folder with a blank.
copy_checkout() { # sets copy
	copy="$work/a blank/revenant"
	mkdir -p "$copy"
	git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$copy"
}

checkout() {
	local copy one
	copy_checkout
	expect 'folder with a blank' 0 '^linear' -- "$copy/run.sh" --no-install --list 'linear.invlpg.l1/*'
	expect 'folder with a blank: its tools' 0 -- make -s -C "$copy" build/revenant.elf
	ln -s "$copy/run.sh" "$work/link"
	expect 'symlink to run.sh' 0 '^linear' -- "$work/link" --no-install --list 'linear.invlpg.l1/*'
	rm -rf "$copy/build"
	"$copy/run.sh" --no-install --list >"$work/one" 2>&1 &
	one=$!
	expect 'two builds at once' 0 '^linear' -- "$copy/run.sh" --no-install --list
	wait $one && diff <(grep -v '^run.sh' "$work/one") <(grep -v '^run.sh' "$work/out") >"$work/diff"
	report 'two builds at once: both' $? "$work/one"
	read_only "$copy"
	kept_folder
	signals
}

# Root writes where no bit allows it: there it takes a read-only mount.
read_only() { # CHECKOUT
	local built
	if ! { mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"; } 2>/dev/null; then
		echo 'ok read-only checkout # SKIP needs root, for a mount'
		return
	fi
	trap 'umount "$copy"; rm -rf "$work"' EXIT
	expect 'read-only checkout, built' 0 'taken as it is' '^linear' -- "$1/run.sh" --no-install --list
	built=$(mktemp -d)
	mount --bind "$built" "$1/build" && mount -o remount,bind,ro "$1/build"
	expect 'read-only checkout, not built' 99 'error: this checkout cannot be written, and nothing is built' -- \
		"$1/run.sh" --no-install --list
	umount "$1/build" "$1"
	rmdir "$built"
	trap 'rm -rf "$work"' EXIT
}

kept_folder() {
	mkdir -p "$work/kept/9-old" && : >"$work/kept/9-old.ktap" && : >"$work/kept/mine.ktap"
	expect 'folder kept again' 1 '^ok 6 stub.last' -- \
		./run.sh -v --no-install --host tcg --image "$stub" --timeout 2 --keep "$work/kept"
	[[ ! -e $work/kept/9-old.ktap && ! -e $work/kept/9-old && -e $work/kept/mine.ktap && -s $work/kept/0-tcg.ktap ]]
	report 'folder kept again: only new streams' $?
}

# A run whose VM hangs, and what is left of it.
begin_hanging_run() { # ARG...; sets run
	rm -rf "$work/hangs"
	setsid ./run.sh --no-install --host tcg --image "$stub" --timeout 600 --keep "$work/hangs" "$@" >"$work/out" 2>&1 &
	run=$!
	for _ in {1..100}; do
		grep -q '^# case 4' "$work/hangs/0-tcg.ktap" 2>/dev/null && return
		sleep 0.1
	done
}

nothing_left() { # NAME
	for _ in {1..50}; do
		pgrep -f "$work/hangs" >/dev/null || { report "$1: nothing is left" 0 && return; }
		sleep 0.1
	done
	pgrep -af "$work/hangs" >"$work/out"
	report "$1: nothing is left" 1 "$work/out"
}

signals() {
	local signal wanted run status args
	expect 'SIGINT' 130 -- timeout --preserve-status -s INT 3 ./run.sh --no-install --host tcg --image "$stub" --timeout 600
	while read -r signal wanted args; do
		begin_hanging_run ${args:+"$args"}
		kill "-$signal" "$run"
		status=0
		wait "$run" 2>/dev/null || status=$?
		[[ $status == "$wanted" ]] || echo "status $status, expected $wanted" >>"$work/out"
		((status == wanted))
		report "SIG$signal $args" $? "$work/out"
		nothing_left "SIG$signal $args"
	done <<-'SIGNALS'
		TERM 143
		TERM 255 --bisect
		KILL 137
	SIGNALS
}
