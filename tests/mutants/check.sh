#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Tests of lab/mutants: the parser of mutants' files, the instrumenter's rules, the score's
# arithmetic. No kernel, no VM. Prints ok/not ok lines; exit status 1 if one is not ok.

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

# --- the parser ---------------------------------------------------------------------------------

mutant() { # NAME; the file's text on standard input
	mkdir -p "$work/m"
	cat >"$work/m/$1.mutant"
}

GOOD='class: A1
kernels: 6.1 7.3
shows: amd npt=1
catch: svm.a/* svm.b
why: one line
  and another
in: a.c f
remove: g(x);'

read_good_and() { # SED-SCRIPT; reads a good file after a change
	rm -rf "$work/m"
	sed "$1" <<<"$GOOD" | mutant some
	awk -f "$lab/read.awk" "$work"/m/*.mutant >"$work/out" 2>&1
}

accepts() { # SED-SCRIPT NAME
	read_good_and "$1"
	ok $? "$2"
}

refuses() { # SED-SCRIPT TEXT-OF-COMPLAINT NAME
	! read_good_and "$1" && grep -qF "$2" "$work/out"
	ok $? "$3"
}

accepts '' 'a good file is read'
[[ $(grep -c . "$work/out") == 3 ]]
ok $? 'a mutant, where it shows, and an edit: three lines'
grep -qxF $'mutant\tsome\tA1\t6.1 7.3\t-\tone line and another\t-\t-\t-' "$work/out"
ok $? 'lines that begin with a blank continue a field'
grep -qxF $'edit\tsome\ta.c\tf\t*\tremove\tg(x);\t-' "$work/out"
ok $? 'an edit names file, function, verb and text'
accepts 's/^in: a.c f/in: a.c f 6.1 6.12/' 'an edit may be for some versions only'
grep -qF $'\tf\t6.1 6.12\tremove' "$work/out"
ok $? 'and says which'
accepts 's/^remove:.*/replace: x\nby: y/' 'replace and by'
accepts 's/^catch:.*/hardware-only: no TLB/' 'hardware-only stands in for catch'
accepts 's/^catch:.*/equivalent: twice/' 'equivalent stands in for catch'
accepts 's/^shows:.*/shows: amd npt=1 tlb=keep smp=2 host-cpus=2/' 'words about the machine'
refuses 's/^shows:.*/shows: intel ept=1 tlb=keep/' 'tlb=keep (AMD: Intel always does)' 'tlb=keep on Intel, which has no other'
refuses 's/^shows:.*/shows: amd tlb=keep/' 'names no parameter' 'words about the machine only'
refuses 's/^shows:.*/shows: amd npt=1 tlb=random:1/' 'takes of the machine tlb=keep' 'another TLB'
refuses 's/^shows:.*/shows: amd npt=1 smp=two/' 'smp=N' 'a number that is none'
accepts 's/^catch:.*/missing: no step/' 'missing stands in for catch'
refuses '/^class:/d' "'class:' is missing" 'no class'
refuses '/^kernels:/d' "'kernels:' is missing" 'no kernels'
refuses '/^why:/,/^ /d' "'why:' is missing" 'no why'
refuses '/^shows:/d; /^catch:/d' "'shows:' is missing" 'no shows'
refuses '/^catch:/d' "has no 'catch:'" 'no catch'
refuses '/^remove:/d' 'it edits nothing' 'no edit'
refuses 's/^in:.*//' "has no 'in: FILE FUNCTION' above it" 'an edit without its place'
refuses 's/^in:.*/in: a.c/' "'in:' takes FILE FUNCTION" 'a place without function'
refuses 's/^remove: .*/remove: g(x)/' 'takes a whole statement' 'a statement without its end'
refuses 's/^remove: .*/replace: x/' "needs 'by:' behind it" 'replace without by'
refuses 's/^remove: .*/by: x/' "has no 'replace:' above it" 'by without replace'
refuses 's/^class:/clas:/' "'clas:' is no field" 'an unknown field'
refuses 's/^class:.*/class:/' "'class:' is empty" 'an empty field'
refuses 's/^class:.*/class: A\nclass: B/' 'stands there twice' 'a field that is there twice'
accepts 's/^why:/hangs: yes\nwhy:/' 'a mutant may hang the VM'
refuses 's/^why:/hangs: often\nwhy:/' "'hangs:' takes yes" 'hangs is yes'
refuses 's/^shows:.*/shows: arm npt=1/' 'takes amd or intel' 'an unknown vendor'
refuses 's/^class:.*/what is this/' "is no 'FIELD: TEXT'" 'a line that is none'

awk -f "$lab/read.awk" "$lab"/*.mutant >"$work/out" 2>&1
ok $? 'all mutants of the repository are read'

# --- the instrumenter ---------------------------------------------------------------------------

cat >"$work/a.c" <<'SOURCE'
/* void f(int x) { g(x); } in a comment */
static int other(int x)
{
	g(x);
	return f(x);
}

int f(int x)
{
	/* g(x); is not this one */
	const char *s = "g(x);";

	if (x == 1 &&
	    y)
		g( x );
	else
		h(x, xx);
	for (;;) {
		h(x,
		  /* why */ 2);
		break;
	}
	return twice(x) + twice(x);
}
SOURCE

instrument() { # EDIT...; an edit is VERB TEXT NEW by `|`; output in $work/out
	local n=0 edit
	: >"$work/edits"
	for edit; do
		n=$((n + 1))
		printf '%d\tm%d\tf\t%s\n' $n $n "${edit//|/$'\t'}" >>"$work/edits"
	done
	awk -f "$lab/instrument.awk" "$work/edits" "$work/a.c" >"$work/out" 2>&1
}

# Without its guards the output must be the source.
is_only_guarded() {
	sed -E 's/\{ if \(!REVENANT_MUTANT\([0-9]+\)\) \{ //; s/ \} \}//' "$work/out" | cmp -s - "$work/a.c"
}

instrument 'remove|g(x);|-' && is_only_guarded
ok $? 'a statement is found, whatever its blanks, not in comments, strings and other functions'
instrument 'remove|h(x, 2);|-'
ok $? 'a statement may go over lines and around comments'
instrument 'replace|x == 1 && y|0' && grep -q '(REVENANT_MUTANT(1) ? (0) : (x == 1 &&$' "$work/out"
ok $? 'an expression is replaced behind a guard'
instrument 'replace|g(x);|return 3;' && grep -qF '{ if (REVENANT_MUTANT(1)) { return 3; } else { g( x ); } }' "$work/out"
ok $? 'a statement is replaced behind a guard'
instrument 'before|break;|i++;' && grep -qF '{ if (REVENANT_MUTANT(1)) { i++; } break; }' "$work/out"
ok $? 'a statement is put before another'
! instrument 'remove|k(x);|-' && grep -q 'stands 0 times, not once: k(x);' "$work/out"
ok $? 'a text that is not there fails'
! instrument 'replace|twice(x)|0' && grep -q 'stands 2 times, not once' "$work/out"
ok $? 'a text that is there twice fails'
instrument 'replace|xx|0'
ok $? 'a word is not found within a longer one'
instrument 'remove|g(x);|-' 'replace|x == 1|0' 'replace|x == 1 && y|1' 'replace|x == 1|2'
ok $? 'edits of the same text, and one within another, live together'
! instrument 'replace|x == 1|0' 'replace|1 && y|1' && grep -q overlap "$work/out"
ok $? 'edits that overlap fail'
printf '1\tm\tnone\tremove\tg(x);\t-\n' >"$work/edits"
! awk -f "$lab/instrument.awk" "$work/edits" "$work/a.c" >"$work/out" 2>&1 && grep -q 'there are 0 functions none' "$work/out"
ok $? 'a function that is not there fails'

# What the guards do, compiled: parameter 0 is the source.
cat >"$work/run.c" <<'SOURCE'
#include <stdio.h>
static int revenant_mutant;
#define REVENANT_MUTANT(n) (*(volatile int *)&revenant_mutant == (n))
static int calls, y = 1, xx, i;
static int twice(int x) { return 2 * x; }
static void g(int x) { calls += x; }
static void h(int x, int z) { calls += 100 * (x + z); }
SOURCE
instrument 'remove|g(x);|-' 'replace|x == 1 && y|0' 'before|break;|i++;'
{
	cat "$work/run.c"
	sed -n '/^int f/,$p' "$work/out"
	echo 'int main(void) { for (revenant_mutant = 0; revenant_mutant < 4; revenant_mutant++) { calls = i = 0; f(1); printf("%d,%d ", calls, i); } }'
} >"$work/both.c"
if command -v gcc >/dev/null; then
	gcc -w -o "$work/both" "$work/both.c" >"$work/out" 2>&1 && [[ $("$work/both") == '301,0 300,0 400,0 301,1 ' ]]
	ok $? 'each number switches on its own mutant, 0 none'
fi

# A tree: files that an older list had changed go back; one bad edit, and nothing is written.
mkdir -p "$work/from/arch/x86/kvm" "$work/to/arch/x86/kvm"
cp "$work/a.c" "$work/from/arch/x86/kvm/a.c"
cp "$work/a.c" "$work/from/arch/x86/kvm/x86.c"
echo 'kvm-y := a.o' >"$work/from/arch/x86/kvm/Makefile"
read_good_and ''
"$lab/instrument.sh" "$work/from" "$work/to" 7.3 "$work/m" >"$work/out" 2>&1 && [[ $(<"$work/out") == $'1\tsome' ]] &&
	grep -q 'REVENANT_MUTANT(1)' "$work/to/arch/x86/kvm/a.c" && grep -q '^int revenant_mutant' "$work/to/arch/x86/kvm/x86.c"
ok $? 'a tree gets its mutants and the parameter'
touch -d '2001-01-01' "$work/to/arch/x86/kvm/a.c"
"$lab/instrument.sh" "$work/from" "$work/to" 7.3 "$work/m" >"$work/out" 2>&1 &&
	[[ $(stat -c %Y "$work/to/arch/x86/kvm/a.c") -lt 1000000000 ]]
ok $? 'a file that does not change keeps its time'
"$lab/instrument.sh" "$work/from" "$work/to" 6.12 "$work/m" >"$work/out" 2>&1 && [[ ! -s $work/out ]] &&
	cmp -s "$work/a.c" "$work/to/arch/x86/kvm/a.c"
ok $? 'a mutant of other versions is left out, and its file goes back'
mutant worse <<<"${GOOD/g(x);/nothing(x);}"
! "$lab/instrument.sh" "$work/from" "$work/to" 7.3 "$work/m" >"$work/out" 2>&1 && cmp -s "$work/a.c" "$work/to/arch/x86/kvm/a.c"
ok $? 'an edit that does not apply: status 1, nothing is written'

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
