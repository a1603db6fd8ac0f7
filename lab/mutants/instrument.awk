# SPDX-License-Identifier: MIT
#
# awk -f instrument.awk EDITS SOURCE
#
# Prints the C file SOURCE with every edit behind a guard: code that stays as it is unless the
# run-time parameter names the mutant. EDITS has a line for each,
#
#   NUMBER <tab> NAME <tab> FUNCTION <tab> VERB <tab> TEXT <tab> NEW
#
# VERB is remove (a statement), replace (an expression; or a statement, if TEXT ends in ; or }), or
# before (a statement, before which NEW goes). TEXT is compared token by token, whatever the blanks
# and comments, with the body of FUNCTION, and must be there exactly once: else the exit status is 1.
#
# An edit only inserts: something before the text it found, something behind it. So edits of one
# statement, or one within the other, live together in one file.

function fail(what) {
	printf "%s, mutant %s: %s\n", source, name[e], what > "/dev/stderr"
	failed = 1
}

# A line with comments and literals blanked out, as long as it was.
function cleaned(line,    out, at, mark, end) {
	out = ""
	while (line != "") {
		if (in_comment) {
			end = index(line, "*/")
			if (!end)
				return out blanks(length(line))
			out = out blanks(end + 1)
			line = substr(line, end + 2)
			in_comment = 0
			continue
		}
		if (!match(line, /\/\*|\/\/|["']/))
			return out line
		at = RSTART
		mark = substr(line, at, RLENGTH)
		out = out substr(line, 1, at - 1)
		line = substr(line, at)
		if (mark == "//")
			return out blanks(length(line))
		if (mark == "/*") {
			in_comment = 1
			out = out "  "
			line = substr(line, 3)
			continue
		}
		if (!(mark == "\"" ? match(line, /^"([^"\\]|\\.)*"/) : match(line, /^'([^'\\]|\\.)*'/)))
			return out line
		out = out blanks(RLENGTH)
		line = substr(line, RLENGTH + 1)
	}
	return out
}

function blanks(n) {
	return sprintf("%" n "s", "")
}

# The position behind the bracket that closes the one at `at`; 0: there is none.
function closing(at,    depth, c) {
	for (depth = 0; at <= length_of_clean; at++) {
		c = substr(clean, at, 1)
		if (c ~ /[({[]/)
			depth++
		else if (c ~ /[]})]/ && --depth == 0)
			return at + 1
	}
	return 0
}

function is_word(c) {
	return c ~ /[A-Za-z0-9_]/
}

# Tokens of C, each a word or one other character, as a regular expression.
function pattern_of(text,    re, last, token) {
	re = last = ""
	while (match(text, /[^ \t]/)) {
		text = substr(text, RSTART)
		if (match(text, /^[A-Za-z0-9_]+/)) {
			token = substr(text, 1, RLENGTH)
			re = re (is_word(last) ? "[ \t\n]+" : re == "" ? "" : "[ \t\n]*") token
		} else {
			RLENGTH = 1
			token = substr(text, 1, 1)
			re = re (re == "" ? "" : "[ \t\n]*") (token == "^" ? "\\^" : "[" token "]")
		}
		last = token
		text = substr(text, RLENGTH + 1)
	}
	return re
}

# Finds the body of a function: sets body_start and body_end.
function find_function(what,    at, from, end, open, found) {
	if (what in start_of) {
		body_start = start_of[what]
		body_end = end_of[what]
		return 1
	}
	found = 0
	for (from = 1; (at = index(substr(clean, from), what "(")) > 0; from = at + 1) {
		at += from - 1
		if (is_word(substr(clean, at - 1, 1)))
			continue
		end = closing(at + length(what))
		if (!end)
			continue
		open = substr(clean, end, 200)
		if (!match(open, /^[ \t\n]*[{]/))
			continue
		open = end + RLENGTH - 1
		body_start = open + 1
		body_end = closing(open) - 1
		found++
	}
	if (found != 1) {
		fail("there are " found " functions " what "(), not one")
		return 0
	}
	start_of[what] = body_start
	end_of[what] = body_end
	return 1
}

# Finds the one place of the text in the body: sets match_start and match_end (behind it).
function find_text(what, in_function,    re, at, body, found, before, behind, s, l) {
	re = pattern_of(what)
	body = substr(clean, body_start, body_end - body_start)
	at = body_start
	found = 0
	while (match(body, re)) {
		s = RSTART
		l = RLENGTH
		before = s > 1 ? substr(body, s - 1, 1) : " "
		behind = substr(body, s + l, 1)
		if (!(is_word(before) && is_word(substr(what, 1, 1))) &&
		    !(is_word(behind) && is_word(substr(what, length(what))))) {
			match_start = at + s - 1
			match_end = match_start + l
			found++
		}
		body = substr(body, s + 1)
		at += s
	}
	if (found != 1)
		fail("in " in_function "() this stands " found " times, not once: " what)
	return found == 1
}

function guard(e,    m) {
	m = "REVENANT_MUTANT(" number[e] ")"
	first[e] = match_start
	behind_last[e] = match_end
	if (verb[e] == "remove") {
		prefix[e] = "{ if (!" m ") { "
		suffix[e] = " } }"
	} else if (verb[e] == "before") {
		prefix[e] = "{ if (" m ") { " new[e] " } "
		suffix[e] = " }"
	} else if (text[e] ~ /[;}]$/) {
		prefix[e] = "{ if (" m ") { " new[e] " } else { "
		suffix[e] = " } }"
	} else {
		prefix[e] = "(" m " ? (" new[e] ") : ("
		suffix[e] = "))"
	}
}

function check_overlap(    i, j) {
	for (i = 1; i <= nr; i++)
		for (j = 1; j <= nr; j++)
			if (first[i] < first[j] && first[j] < behind_last[i] && behind_last[i] < behind_last[j]) {
				e = j
				fail("its text and that of mutant " name[i] " overlap, neither holds the other")
			}
}

# Is edit a outside of edit b, where both begin or end at one place?
function outside(a, b) {
	if (behind_last[a] - first[a] != behind_last[b] - first[b])
		return behind_last[a] - first[a] > behind_last[b] - first[b]
	return a < b
}

function insertions(at,    i, j, n, order, text) {
	text = ""
	n = 0
	for (i = 1; i <= nr; i++)
		if (behind_last[i] == at) { # inner ones first
			for (j = n++; j > 0 && outside(order[j], i); j--)
				order[j + 1] = order[j]
			order[j + 1] = i
		}
	for (i = 1; i <= n; i++)
		text = text suffix[order[i]]
	n = 0
	for (i = 1; i <= nr; i++)
		if (first[i] == at) { # outer ones first
			for (j = n++; j > 0 && outside(i, order[j]); j--)
				order[j + 1] = order[j]
			order[j + 1] = i
		}
	for (i = 1; i <= n; i++)
		text = text prefix[order[i]]
	return text
}

function print_all(    i, j, n, cut, at, seen) {
	n = 0
	for (i = 1; i <= nr; i++) {
		seen[first[i]]
		seen[behind_last[i]]
	}
	for (i in seen) { # sorted, for awk's order is none
		for (j = n++; j > 0 && cut[j] > i + 0; j--)
			cut[j + 1] = cut[j]
		cut[j + 1] = i + 0
	}
	at = 1
	for (i = 1; i <= n; i++) {
		printf "%s%s", substr(all, at, cut[i] - at), insertions(cut[i])
		at = cut[i]
	}
	printf "%s", substr(all, at)
}

BEGIN {
	FS = "\t"
	nr = 0
}

FNR == NR {
	nr++
	number[nr] = $1
	name[nr] = $2
	in_function[nr] = $3
	verb[nr] = $4
	text[nr] = $5
	new[nr] = $6
	next
}

{
	source = FILENAME
	chunk = chunk $0 "\n"
	clean_chunk = clean_chunk cleaned($0) "\n"
	if (FNR % 200 == 0) { # one long string grown line by line would take quadratic time
		all = all chunk
		clean = clean clean_chunk
		chunk = clean_chunk = ""
	}
}

END {
	all = all chunk
	clean = clean clean_chunk
	length_of_clean = length(clean)
	for (e = 1; e <= nr; e++)
		if (find_function(in_function[e]) && find_text(text[e], in_function[e]))
			guard(e)
	if (!failed)
		check_overlap()
	if (!failed)
		print_all()
	exit failed
}
