# SPDX-License-Identifier: MIT
#
# Reads mutant files (README.md beside this file has their form) and prints, tab-separated, per file
#
#   mutant NAME CLASS KERNELS HARDWARE-ONLY WHY MISSING HANGS EQUIVALENT
#   shows  NAME VENDOR PARAMS CATCH
#   edit   NAME FILE FUNCTION VERSIONS VERB TEXT NEW     VERB: remove, replace, before
#
# Exits with 1 and says FILE: what is wrong on standard error.

function fail(what) {
	printf "%s: %s\n", file, what > "/dev/stderr"
	failed = 1
}

function trimmed(text) {
	gsub(/[ \t]+/, " ", text)
	sub(/^ /, "", text)
	sub(/ $/, "", text)
	return text
}

function known(key) {
	return index(" class kernels shows catch why hardware-only equivalent missing hangs in remove replace by before insert ", " " key " ")
}

function once(key) {
	if (key in field)
		fail("'" key ":' stands there twice")
	field[key] = value
}

function edit(verb, text, new) {
	if (place == "") {
		fail("'" verb ":' has no 'in: FILE FUNCTION' above it")
		return
	}
	nr_edits++
	edits[nr_edits] = place "\t" verb "\t" text "\t" new
}

function take(key,    word, n, i, of_kvm) {
	if (key == "")
		return
	if (!known(key))
		fail("'" key ":' is no field of a mutant")
	else if (value == "")
		fail("'" key ":' is empty")
	else if (pending != "" && key != answer[pending])
		fail("behind '" pending ":' comes '" answer[pending] ":', not '" key ":'")
	else if (key == "by" || key == "insert") {
		if (pending == "")
			fail("'" key ":' has no '" (key == "by" ? "replace" : "before") ":' above it")
		else
			edit(pending, pending_text, value)
		pending = ""
	} else if (key == "replace" || key == "before") {
		pending = key
		pending_text = value
	} else if (key == "remove") {
		if (value !~ /[;}]$/)
			fail("'remove:' takes a whole statement, with its end: " value)
		edit("remove", value, "-")
	} else if (key == "in") {
		n = split(value, word, " ")
		if (n < 2)
			fail("'in:' takes FILE FUNCTION [KERNEL...]")
		place = word[1] "\t" word[2] "\t" (n == 2 ? "*" : value_from(word, 3, n))
	} else if (key == "shows") {
		n = split(value, word, " ")
		if (word[1] != "amd" && word[1] != "intel" || n < 2)
			fail("'shows:' takes amd or intel, and parameters of KVM's modules: " value)
		for (i = 2; i <= n; i++)
			if (word[i] !~ /^(tlb|smp|host-cpus)=/)
				of_kvm++
			else if (word[i] !~ /^(tlb=keep|smp=[2-4]|host-cpus=[2-8])$/ || word[1] == "intel" && word[i] ~ /^tlb/)
				fail("'shows:' takes of the machine tlb=keep (AMD: Intel always does), smp=N, host-cpus=N: " word[i])
		if (!of_kvm)
			fail("'shows:' names no parameter of KVM's modules: " value)
		nr_shows++
		shows[nr_shows] = word[1] "\t" value_from(word, 2, n)
		catch[nr_shows] = "-"
	} else if (key == "catch") {
		if (!nr_shows || catch[nr_shows] != "-")
			fail("'catch:' has no 'shows:' of its own above it")
		else
			catch[nr_shows] = value
	} else
		once(key)
}

function value_from(word, from, to,    text) {
	for (text = word[from++]; from <= to; from++)
		text = text " " word[from]
	return text
}

function need(key) {
	if (!(key in field))
		fail("'" key ":' is missing")
}

function finish(    i, name) {
	if (file == "")
		return
	take(current)
	if (pending != "")
		fail("'" pending ":' needs '" answer[pending] ":' behind it")
	need("class")
	need("kernels")
	need("why")
	if (!nr_shows)
		fail("'shows:' is missing")
	for (i = 1; i <= nr_shows; i++)
		if (catch[i] == "-" && !("hardware-only" in field) && !("equivalent" in field) && !("missing" in field))
			fail("'shows: " shows[i] "' has no 'catch:', and is neither 'hardware-only:', 'equivalent:' nor 'missing:'")
	if (!nr_edits)
		fail("it edits nothing")
	name = file
	sub(/.*\//, "", name)
	if (name !~ /^[a-z0-9-]+\.mutant$/)
		fail("a mutant's file is named by a-z, 0-9 and -, and ends in .mutant")
	sub(/\.mutant$/, "", name)
	if (("hangs" in field) && field["hangs"] != "yes")
		fail("'hangs:' takes yes, or is not there")
	printf "mutant\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name, field["class"], field["kernels"],
		("hardware-only" in field ? field["hardware-only"] : "-"), field["why"],
		("missing" in field ? field["missing"] : "-"), ("hangs" in field ? "yes" : "-"),
		("equivalent" in field ? field["equivalent"] : "-")
	for (i = 1; i <= nr_shows; i++)
		printf "shows\t%s\t%s\t%s\n", name, shows[i], catch[i]
	for (i = 1; i <= nr_edits; i++)
		printf "edit\t%s\t%s\n", name, edits[i]
}

function begin_file() {
	finish()
	file = FILENAME
	for (key in field)
		delete field[key]
	nr_edits = nr_shows = 0
	place = pending = current = value = ""
}

BEGIN {
	answer["replace"] = "by"
	answer["before"] = "insert"
}

FNR == 1 { begin_file() }
/^#/ { next }
/^[ \t]*$/ { next }
/^[ \t]/ {
	if (current == "")
		fail("line " FNR " continues nothing")
	value = trimmed(value " " $0)
	next
}
/^[a-z-]+:/ {
	take(current)
	current = $0
	sub(/:.*/, "", current)
	value = $0
	sub(/^[a-z-]+:/, "", value)
	value = trimmed(value)
	next
}
{ fail("line " FNR " is no 'FIELD: TEXT': " $0) }

END {
	finish()
	exit failed
}
