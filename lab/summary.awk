# SPDX-License-Identifier: MIT
#
# The summary at the end of a run, from the KTAP streams of its settings: counts per verdict, the
# retention table, and all that is red with a command that replays it.
#
#   awk -f summary.awk NAME1 OPTIONS1 STREAM1 NAME2 OPTIONS2 STREAM2 ...
#
# OPTIONS are those of run.sh that choose the setting again.

BEGIN {
	verdicts = split("PASS VACUOUS STALE LEAK WILD CRASH SKIP ERROR", verdict, " ")
	wide = 7
	for (s = 1; s * 3 < ARGC; s++) {
		name[s] = ARGV[s * 3 - 2]
		options[s] = ARGV[s * 3 - 1]
		wide = max(wide, length(name[s]))
		read_stream(s, ARGV[s * 3])
	}
	settings = s - 1
	print_counts()
	print_retention()
	print_red()
	exit 0
}

function max(a, b) {
	return a > b ? a : b
}

# --- reading ------------------------------------------------------------------------------------

function read_stream(s, file,    line, open) {
	while ((getline line < file) > 0) {
		if (line ~ /^not ok [0-9]/)
			open = take_red_result(s, line)
		else if (line ~ /^ok [0-9]/)
			open = take_result(s, line)
		else if (line ~ /^# CRASH after case /)
			open = take_red(s, "CRASH", "", substr(line, 9))
		else if (line ~ /^Bail out!/)
			open = take_red(s, "ERROR", "", substr(line, 11))
		else if (open && line ~ /^# \| replay: /)
			replay[open] = substr(line, 13)
		else if (line ~ /^# retention /)
			take_retention(s, substr(line, 13))
	}
	close(file)
}

function take_result(s, line) {
	if (line ~ / # SKIP VACUOUS/)
		count[s, "VACUOUS"]++
	else if (line ~ / # SKIP/)
		count[s, "SKIP"]++
	else
		count[s, "PASS"]++
	return 0
}

function take_red_result(s, line,    field) { # "not ok K NAME # VERDICT text"
	split(line, field, " ")
	sub(/^[^#]*#? *[A-Z]* */, "", line)
	return take_red(s, field[6] ~ /^(STALE|LEAK|WILD|CRASH)$/ ? field[6] : "ERROR", field[4], line)
}

function take_red(s, what, of, text) {
	count[s, what]++
	reds++
	red_setting[reds] = s
	red_what[reds] = what
	red_case[reds] = of
	red_text[reds] = text
	return reds
}

# "ROW|SPACE|yes or no or not-tried|HITS/TRIES". A VM that was started again prints a row again:
# the tries add up.
function take_retention(s, text,    field, number, row) {
	split(text, field, "|")
	split(field[4], number, "/")
	row = field[1] "|" field[2]
	if (!(row in row_seen)) {
		row_seen[row] = 1
		row_name[++rows] = row
	}
	hits[s, row] += number[1]
	tries[s, row] += number[2]
}

# --- printing -----------------------------------------------------------------------------------

function print_counts(    s, v) {
	printf "# %-" wide "s", ""
	for (v = 1; v <= verdicts; v++)
		printf " %7s", verdict[v]
	print ""
	for (s = 1; s <= settings; s++) {
		printf "# %-" wide "s", name[s]
		for (v = 1; v <= verdicts; v++)
			printf " %7d", count[s, verdict[v]]
		print ""
	}
}

function retained(s, row) {
	if (!tries[s, row])
		return "not tried"
	return (hits[s, row] ? "yes" : "no") " " hits[s, row] + 0 "/" tries[s, row]
}

function label_of(row) {
	sub(/\|/, ", ", row)
	return row
}

function tried(row,    s) {
	for (s = 1; s <= settings; s++)
		if (tries[s, row])
			return 1
	return 0
}

function print_retention(    r, s, wide_row) {
	if (!rows)
		return
	for (r = 1; r <= rows; r++)
		if (tried(row_name[r]))
			wide_row = max(wide_row, length(label_of(row_name[r])))
	print "#"
	print "# Retention: did a translation survive where it may? (seen/tried)"
	print_cells("", wide_row, name)
	for (r = 1; r <= rows; r++) {
		if (!tried(row_name[r]))
			continue
		for (s = 1; s <= settings; s++)
			cell[s] = retained(s, row_name[r])
		print_cells(label_of(row_name[r]), wide_row, cell)
	}
	print_untried()
}

# Most transitions have no control on most hosts: name those in no setting's table in a few lines.
function print_untried(    r, kind, line, word) {
	for (r = 1; r <= rows; r++)
		if (tried(row_name[r]))
			kind_tried[kind_of(row_name[r])]
	line = "# not tried at all:"
	for (r = 1; r <= rows; r++) {
		kind = kind_of(row_name[r])
		if (kind in kind_tried || kind in kind_named)
			continue
		kind_named[kind]
		word = " " kind
		if (length(line word) > 98) {
			print line
			line = "#  "
		}
		line = line word
	}
	if (word)
		print line
}

function kind_of(row) {
	sub(/\|.*/, "", row)
	return row
}

function print_cells(label, wide_label, cells,    s, line) {
	line = sprintf("# %-" wide_label "s", label)
	for (s = 1; s <= settings; s++)
		line = line sprintf("  %-" max(wide, 12) "s", cells[s])
	sub(/ +$/, "", line)
	print line
}

function quoted(text) {
	gsub(/'/, "'\\''", text)
	return "'" text "'"
}

function print_red(    r, s) {
	for (r = 1; r <= reds; r++) {
		s = red_setting[r]
		print "#"
		print "# " red_what[r] " " (red_case[r] == "" ? "" : red_case[r] " ") "(" name[s] "): " red_text[r]
		if (r in replay)
			print "#   ./run.sh " options[s] " --replay " quoted(replay[r])
		else if (red_case[r] != "")
			print "#   ./run.sh " options[s] " " quoted(red_case[r])
	}
}
