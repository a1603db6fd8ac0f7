# SPDX-License-Identifier: MIT
#
# awk -f table.awk -v version=VERSION -v runs=N -v doc=FILE MUTANTS LIST RESULTS
#
# The score. MUTANTS: what read.awk prints; LIST: NUMBER <tab> NAME of those in the kernel; RESULTS:
#
#   result MUTANT-or-none VENDOR PARAMS RUN STATUS SECONDS     behind it a line for each case:
#   case   NAME KIND                                           PASS, VACUOUS, SKIP, STALE, LEAK, ...
#   absent MUTANT-or-none VENDOR PARAMS RUN                    a run that should be there
#
# A run may be in several results. Run 1 is of all cases, the others up to N of those that are expected; a
# case counts as red if it is so in all runs that had it.
#
# Prints the table of mutants, writes both tables to FILE. A row is a mutant on a host, that is a
# vendor and parameters. Its verdict:
#
#   ERROR          the unmodified kernel is not clean, or was not run, under the same parameters
#   not run        a result is missing
#   killed         each of the expected globs has a case that is red in all runs
#   flaky          each has one that is red, but not in all runs
#   caught         cases are red, but not those expected: the file is wrong
#   survived       no case is red
#   hardware-only  marked so, and no case is red: the fault is in the hardware's TLB only
#   equivalent     marked so, and no case is red: something else in KVM always hides the fault
#
# Exit status: 0; 1 if a row says survived, caught or flaky; 99 if one is an ERROR.

function glob_to_re(glob,    re, i, c) {
	re = "^"
	for (i = 1; i <= length(glob); i++) {
		c = substr(glob, i, 1)
		re = re (c == "*" ? ".*" : c == "?" ? "." : c ~ /[a-z0-9\/-]/ ? c : "[" c "]")
	}
	return re "$"
}

function is_red(kind) {
	return kind != "PASS" && kind != "VACUOUS" && kind != "SKIP"
}

function family(name) { # a scenario's name without the way of looking
	sub(/\/(load|store|fetch)$/, "", name)
	return name
}

function hits(list, glob,    name, re) {
	re = glob_to_re(glob)
	for (name in list)
		if (name ~ re)
			return 1
	return 0
}

# What became of a row: fills red[] with the names of the cases that are red in all runs, unsteady[] with
# those that are so in some.
function judge(row, globs, excuse,    base, name, n, i, glob, key, verdict) {
	split("", red)
	split("", unsteady)
	nr_red = nr_unsteady = 0
	base = "none" SUBSEP host_of[row]
	if (!((row, 1) in have))
		return "not run"
	if (!((base, 1) in have) || base in not_clean)
		return "ERROR"
	if (row in lacks)
		return "not run"
	for (key in red_in)
		if (index(key, row SUBSEP) == 1) {
			name = substr(key, length(row) + 2)
			if (red_in[key] == runs_with[key]) {
				red[name]
				nr_red++
			} else {
				unsteady[name]
				nr_unsteady++
			}
		}
	if (!nr_red && !nr_unsteady)
		return excuse
	if (globs == "-")
		return nr_red ? "caught" : "flaky"
	verdict = "killed"
	n = split(globs, glob, " ")
	for (i = 1; i <= n; i++)
		if (!hits(red, glob[i])) {
			if (!hits(unsteady, glob[i]))
				return "caught"
			verdict = "flaky"
		}
	return verdict
}

# The families of the red cases in the order of the plan, and for the other table who killed them.
function who_caught(mutant, vendor,    i, name, text, n, seen) {
	text = ""
	n = 0
	for (i = 1; i <= nr_cases; i++) {
		name = family(plan[i])
		if (!(plan[i] in red) || (name in seen))
			continue
		seen[name]
		n++
		if (n <= 4)
			text = text (n > 1 ? ", " : "") "`" name "`"
		if (!((name, mutant) in killer)) {
			killer[name, mutant]
			killers[name] = killers[name] (killers[name] == "" ? "" : ", ") mutant
		}
	}
	return n > 4 ? text " and " (n - 4) " more" : text
}

# The first of a mutant's cases that were red in some runs only, for the note below the table.
function note_unsteady(mutant, host,    i, name, seen, text, n) {
	if (!nr_unsteady)
		return
	for (i = 1; i <= nr_cases; i++) {
		name = family(plan[i])
		if (!(plan[i] in unsteady) || (name in seen))
			continue
		seen[name]
		if (++n <= 4)
			text = text (n > 1 ? ", " : "") "`" name "`"
	}
	unsteady_notes = unsteady_notes "- " mutant " on " host ": " text (n > 4 ? " and " (n - 4) " more" : "") "\n"
}

function expected(globs) {
	if (globs == "-")
		return "nothing"
	gsub(/ /, "`, `", globs)
	return "`" globs "`"
}

function median(vendor,    n, i, j, t) {
	n = nr_runs[vendor]
	for (i = 2; i <= n; i++) {
		t = time_of[vendor, i]
		for (j = i - 1; j > 0 && time_of[vendor, j] > t; j--)
			time_of[vendor, j + 1] = time_of[vendor, j]
		time_of[vendor, j + 1] = t
	}
	return time_of[vendor, int((n + 1) / 2)]
}

function say(text) {
	if (doc != "")
		print text > doc
}

BEGIN {
	FS = "\t"
	if (!runs)
		runs = 1
}

FILENAME == ARGV[1] {
	if ($1 == "mutant") {
		class[$2] = $3
		reason[$2] = $5 == "-" ? "" : $5
		why[$2] = $6
		missing[$2] = $7 == "-" ? "" : $7
		equivalent[$2] = $9 == "-" ? "" : $9
		order[++nr_mutants] = $2
	} else if ($1 == "shows") {
		rows++
		row_mutant[rows] = $2
		row_vendor[rows] = $3
		row_params[rows] = $4
		row_globs[rows] = $5
	}
	next
}

FILENAME == ARGV[2] {
	in_image[$2]
	next
}

$1 == "result" {
	row = $2 SUBSEP $3 SUBSEP $4
	run = $5
	host_of[row] = $3 SUBSEP $4
	have[row, run]
	seconds[row] += $7
	is_base = $2 == "none"
	if (is_base && $6 != 0)
		not_clean[row]
	next
}

$1 == "absent" {
	lacks[$2 SUBSEP $3 SUBSEP $4]
	next
}

$1 == "case" {
	if (!($2 in known)) {
		known[$2]
		plan[++nr_cases] = $2
	}
	if (!((row, $2, run) in ran)) {
		ran[row, $2, run]
		runs_with[row, $2]++
	}
	if (is_red($3) && !((row, $2, run) in counted)) {
		counted[row, $2, run]
		red_in[row, $2]++
		if (is_base)
			not_clean[row]
	}
	if (is_base && $3 == "PASS")
		passes[family($2)]
	next
}

END {
	line = "%-30s %-7s %-18s %-14s %5s  %s\n"
	printf line, "mutant", "vendor", "parameters", "verdict", "s", "caught by"
	for (i = 1; i <= rows; i++) {
		m = row_mutant[i]
		if (!(m in in_image))
			continue
		row = m SUBSEP row_vendor[i] SUBSEP row_params[i]
		verdict[i] = judge(row, row_globs[i], reason[m] != "" ? "hardware-only" : equivalent[m] != "" ? "equivalent" : "survived")
		caught[i] = nr_red && verdict[i] != "ERROR" && verdict[i] != "not run" ? who_caught(m, row_vendor[i]) : ""
		count[verdict[i]]++
		nr_rows++
		took[i] = row in seconds ? sprintf("%.0f", seconds[row]) : ""
		if (row in seconds)
			time_of[row_vendor[i], ++nr_runs[row_vendor[i]]] = seconds[row]
		if (verdict[i] != "ERROR" && verdict[i] != "not run")
			note_unsteady(m, row_vendor[i] " " row_params[i])
		text = caught[i]
		gsub(/`/, "", text)
		printf line, m, row_vendor[i], row_params[i], verdict[i], took[i], text
	}
	n = split("killed survived caught flaky hardware-only equivalent ERROR not_run", kind, " ")
	sums = ""
	for (i = 1; i <= n; i++) {
		sub(/_/, " ", kind[i])
		if (kind[i] in count)
			sums = sums (sums == "" ? "" : ", ") count[kind[i]] " " kind[i]
	}
	for (i = 1; i <= nr_mutants; i++)
		if (order[i] in in_image)
			nr_here++
	printf "%d mutants, %d rows: %s\n", nr_here, nr_rows, sums

	say("# Known-bad hosts\n")
	say("Made by `make mutants` (`lab/mutants/score.sh`); do not edit. A mutant is a fault that is planted in")
	say("arch/x86/kvm of Linux " version ", a file in `lab/mutants/`; all of them are in one kernel, and a parameter")
	say("chooses one. Each runs under the whole set of scenarios, on an emulated host.\n")
	say(nr_here " mutants, " nr_rows " rows (a mutant on a host): " sums ".\n")
	for (v in nr_runs)
		say(sprintf("A mutant on %s takes %.0f seconds, all its runs together (median of %d).", v == "amd" ? "AMD" : "Intel", median(v), nr_runs[v]))
	if (runs > 1)
		say("\nWhat is expected is run again, and counts if it is red in all " runs " runs; what else is red was so in the first.")
	say("\nIntel is emulated by Bochs, whose TLB [keeps](retaining-cpu.md) what it may; AMD by QEMU, which flushes its")
	say("TLB at each world switch, and where it says `tlb=keep` by Bochs, too.\n")
	say("`killed`: every pattern expected has a case that is red. `hardware-only`: the fault lives in the hardware's TLB,")
	say("and no emulated host shows it. `equivalent`: something else in KVM always does what the fault leaves out. A row")
	say("is an `ERROR` unless the unmodified kernel (the parameter 0) is clean under the same parameters.\n")
	say("| mutant | class | host | expected | caught by | verdict | seconds |\n|---|---|---|---|---|---|---|")
	for (i = 1; i <= rows; i++)
		if (i in verdict)
			say("| " row_mutant[i] " | " class[row_mutant[i]] " | " row_vendor[i] " " row_params[i] " | " expected(row_globs[i]) " | " caught[i] " | " verdict[i] " | " took[i] " |")
	if (unsteady_notes != "")
		say("\nRed in some of the runs only, and not counted:\n\n" unsteady_notes)
	say("\n## What each one does\n")
	for (i = 1; i <= nr_mutants; i++)
		if (order[i] in in_image) {
			m = order[i]
			say("- **" m "**: " why[m] "." (reason[m] == "" ? "" : " Hardware only: " reason[m] ".") \
			    (equivalent[m] == "" ? "" : " Equivalent: " equivalent[m] ".") \
			    (missing[m] == "" ? "" : " Missing: " missing[m] "."))
		}
	say("\n## What each scenario kills\n")
	say("Scenarios that kill none of these mutants and pass on a host above are marked so. Those named survival ask what")
	say("a host keeps where it need not drop anything.\n")
	say("| scenario | mutants |\n|---|---|")
	for (i = 1; i <= nr_cases; i++) {
		f = family(plan[i])
		if (f in listed)
			continue
		listed[f]
		say("| `" f "` | " (f in killers ? killers[f] : f ~ /(^|\.)survival\./ ? "asks what is kept, nothing can break it" : f in passes ? "*none*" : "none (vacuous or skipped on these hosts)") " |")
	}
	exit count["ERROR"] ? 99 : count["survived"] + count["caught"] + count["flaky"] ? 1 : 0
}
