#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Tests of lab/mutants: several VMs in one boot, the score's arithmetic. No kernel, no VM. Prints ok/not ok lines; exit status 1 if one is not ok.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit 99

lab=$PWD/lab/mutants
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0 failed=0

ok() { # STATUS NAME
	count=$((count + 1))
	if (($1 == 0)); then
		echo "ok $count $2"
	else
		echo "not ok $count $2"
		sed 's/^/# /' "$work/out" 2>/dev/null
		failed=$((failed + 1))
	fi
}

# --- several VMs in one boot ---------------------------------------------------------------------

vm() { # NUMBER PLAN RESULTS STATUS END
	printf '# VM %d\r\nKTAP version 1\n1..%d\n' "$1" "$2"
	for ((i = 1; i <= $3; i++)); do echo "ok $i svm.$i"; done
	[[ -z $4 ]] || printf '# end status=%s\n' "$4"
	[[ -z $5 ]] || echo "# VM ended with status $5"
}
split() { # CONSOLE; the stream on standard input
	mkdir -p "$work/split"
	rm -f "$work"/split/*
	printf '%b\n' "$1" >"$work/console"
	printf '%s\tmutant=1\n' one two three >"$work/jobs"
	cat >"$work/stream"
	awk -F'\t' -v dir="$work/split" -f "$lab/split.awk" "$work/console" "$work/jobs" "$work/stream" >"$work/out" 2>&1
	printf '%s' "$(tr '\n' ' ' <"$work/out")" >"$work/names"
}
{ echo '# host kernel=7.3' && vm 1 2 2 0 0 && vm 2 1 1 1 0 && vm 3 1 1 77 0; } | split ''
[[ $(<"$work/names") == 'one two three ' && $(grep -c '^ok' "$work/split/one") == 2 && $(grep -c '^ok' "$work/split/two") == 1 ]]
ok $? 'a file for each VM'
{ vm 1 2 2 0 0 && vm 2 3 2 '' 1; } | split '' && [[ $(<"$work/names") == 'one ' ]]
ok $? 'none for a VM that died'
{ vm 1 2 2 0 0 && vm 2 3 2 0 0; } | split '' && [[ $(<"$work/names") == 'one ' ]]
ok $? 'none for one that lost results'
{ vm 1 2 2 0 0 && vm 2 3 3 99 0; } | split '' && [[ $(<"$work/names") == 'one ' ]]
ok $? 'none for one with an error of ours'
{ vm 1 1 1 0 0 && vm 2 1 1 0 0 && vm 3 1 1 0 0; } | split '[1] revenant: VM 1\n[2] revenant: VM 2\r\n[2] WARNING: CPU: 0\n[3] revenant: VM 3' &&
	[[ $(<"$work/names") == 'one two ' ]]
ok $? 'none behind a complaint of the host'
{ vm 1 1 1 0 0 && vm 2 1 1 0 0; } | split 'WARNING: at boot\n[1] revenant: VM 1' && [[ $(<"$work/names") == 'one two ' ]]
ok $? 'a complaint before the first VM spoils none'

cases() { printf '%s\n' 'svm.a/load STALE' 'svm.a/fetch STALE' 'svm.b PASS' 'svm.c CRASH' 'svm.d/store LEAK'; }
cases | awk -v bytes=480 -v few=0 -f "$lab/filters.awk" >"$work/out" && [[ $(<"$work/out") == 'svm.a/*,svm.c,svm.d/*' ]]
ok $? 'a filter of what is red'
cases | awk -v bytes=14 -v few=0 -f "$lab/filters.awk" >"$work/out" && [[ $(<"$work/out") == $'svm.a/*,svm.c\nsvm.d/*' ]]
ok $? 'several filters where one would be too long'
cases | awk -v bytes=480 -v few=2 -f "$lab/filters.awk" >"$work/out" && [[ $(<"$work/out") == 'svm.a/*' ]]
ok $? 'few cases of a mutant that hangs'

# --- the score ----------------------------------------------------------------------------------

# Columns by blanks; `,` in a list of globs stands for a blank.
tabbed() { sed 's/ /\t/g; s/,/ /g'; }
tabbed >"$work/mutants" <<'ROWS'
mutant dead A1 7.3 - it,dies -
shows dead amd npt=1 svm.a/*,svm.b
mutant alive A2 7.3 - it,lives -
shows alive amd npt=1 svm.a/*
mutant wrong A3 7.3 - another,scenario -
shows wrong amd npt=1 svm.c
mutant deep A4 7.3 in,the,TLB it,hides -
shows deep amd npt=1 -
mutant same A4 7.3 - it,hides,too - - flushed,anyway
shows same amd npt=1 -
mutant later B1 7.3 - was,not,run -
shows later intel ept=0 vmx.a
mutant shaky A5 7.3 - now,and,then -
shows shaky amd npt=1 svm.b
mutant elsewhere A6 7.3 - in,an,unclean,host -
shows elsewhere amd npt=0 svm.b
mutant other A7 6.1 - not,in,this,kernel -
shows other amd npt=1 svm.b
ROWS
printf '%s\n' dead alive wrong deep same later shaky elsewhere | awk '{ print NR "\t" $0 }' >"$work/list"

results() { # stream: MUTANT PARAMS RUN STATUS KIND-OF-svm.a/load KIND-OF-svm.b
	while read -r name params run status a b; do
		printf 'result\t%s\tamd\t%s\t%s\t%s\t10\ncase\tsvm.a/load\t%s\ncase\tsvm.b\t%s\ncase\tsvm.c\tVACUOUS\n' \
			"$name" "$params" "$run" "$status" "$a" "$b"
	done
}
results >"$work/results" <<'RUNS'
none npt=1 1 0 PASS PASS
none npt=0 1 1 PASS STALE
dead npt=1 1 1 STALE CRASH
alive npt=1 1 0 PASS SKIP
wrong npt=1 1 1 LEAK PASS
deep npt=1 1 0 PASS VACUOUS
same npt=1 1 0 PASS VACUOUS
shaky npt=1 1 1 PASS STALE
shaky npt=1 2 0 PASS PASS
dead npt=1 2 1 STALE CRASH
wrong npt=1 2 1 LEAK PASS
elsewhere npt=0 1 1 PASS STALE
RUNS

score() {
	awk -f "$lab/table.awk" -v version=7.3 -v runs="${runs:-1}" -v doc="$work/doc.md" "$work/mutants" "$work/list" "$work/results" >"$work/out" 2>&1
}
says() { # MUTANT VERDICT
	awk -v m="$1" -v v="$2" '$1 == m && index($0, " " v " ") { found = 1 } END { exit !found }' "$work/out"
	ok $? "$1: $2"
}
runs=2
score
(($? == 99))
ok $? 'an ERROR counts most: status 99'
says dead killed
says alive survived
says wrong caught
says deep hardware-only
says same equivalent
says later 'not run'
says shaky flaky
says elsewhere ERROR
! grep -q '^other ' "$work/out"
ok $? 'a mutant that is not in the kernel has no row'
grep -q '^8 mutants, 8 rows: 1 killed, 1 survived, 1 caught, 1 flaky, 1 hardware-only, 1 equivalent, 1 ERROR, 1 not run$' "$work/out"
ok $? 'the sums'
grep -qxF "| \`svm.a\` | dead, wrong |" "$work/doc.md" && grep -qxF "| \`svm.b\` | dead |" "$work/doc.md"
ok $? 'the other way round: what each scenario kills, flaky and ERROR rows left out'
grep -qxF -e "- shaky on amd npt=1: \`svm.b\`" "$work/doc.md"
ok $? 'what was red in some runs only is noted, and not counted'
grep -v 'elsewhere' "$work/results" >"$work/r" && awk -F'\t' '$1 == "result" { keep = $4 == "npt=1" } keep' "$work/results" >"$work/r" && mv "$work/r" "$work/results"
score
grep -q '^elsewhere .*not run' "$work/out"
ok $? 'without a result a row is not run, whatever the baseline'
awk -F'\t' '$1 == "result" { keep = $2 != "none" } keep' "$work/results" >"$work/r" && mv "$work/r" "$work/results"
score
(($? == 99)) && grep -q '^dead .*ERROR' "$work/out"
ok $? 'without a run of the unmodified kernel every row is an ERROR'
# Three runs: red in all, in two; a part of a run that is absent; a run in two parts.
runs=3
results >"$work/results" <<'RUNS'
none npt=1 1 0 PASS PASS
dead npt=1 1 1 STALE STALE
dead npt=1 2 1 STALE STALE
dead npt=1 3 1 STALE STALE
shaky npt=1 1 1 STALE STALE
shaky npt=1 2 1 STALE STALE
shaky npt=1 3 1 STALE PASS
alive npt=1 1 1 STALE PASS
alive npt=1 2 1 STALE PASS
alive npt=1 2 1 STALE PASS
RUNS
printf 'absent\talive\tamd\tnpt=1\t3\n' >>"$work/results"
score
(($? == 1))
ok $? 'flaky: status 1'
says dead killed
says shaky flaky
says alive 'not run'
results >>"$work/results" <<<'alive npt=1 3 1 PASS PASS'
sed -i '/^absent/d' "$work/results"
score
says alive flaky
runs=1
results >"$work/results" <<'RUNS'
none npt=1 1 0 PASS PASS
dead npt=1 1 1 STALE STALE
deep npt=1 1 0 PASS PASS
RUNS
printf '1\tdead\n2\tdeep\n' >"$work/list"
score
ok $? 'all killed that can be: status 0'

# --- history ------------------------------------------------------------------------------------

stream() { # FILE KERNEL PARAMS FILTER; result lines on standard input
	{
		echo '# host kernel=x'
		cat
		echo "# history kernel=$2 vendor=intel params=$3 seconds=10 filter=$4"
	} >"$work/$1"
}
stream h1 5.10 ept=0 '!linear.irq*' <<'LINES'
ok 1 linear.a/load
not ok 2 linear.a/store # STALE saw A
not ok 3 vmx.vpid-off.b # CRASH gone
ok 4 vmx.vpid-on.b # SKIP VACUOUS: nothing kept
ok 5 svm.c # SKIP no SVM
LINES
stream h2 6.1 ept=0 '' <<'LINES'
ok 1 linear.a/load
ok 2 linear.a/store
ok 3 vmx.vpid-off.b # SKIP VACUOUS: nothing kept
LINES
awk -f lab/history.awk "$work/h1" "$work/h2" >"$work/out" 2>&1
grep -qxF '| kernel | linear | vmx.vpid |' "$work/out"
ok $? 'history: families in columns, skipped ones left out'
grep -qxF "| 5.10 (\`!linear.irq*\`) | **1 red**, 1 | **1 red** |" "$work/out" && grep -qxF '| 6.1 | 2 | - |' "$work/out"
ok $? 'history: red, passed, vacuous'
grep -qxF "| intel ept=0 | \`linear.a\` | STALE | 5.10 |" "$work/out"
ok $? 'history: what is red, and on which kernels'

echo "1..$count"
((failed == 0))
