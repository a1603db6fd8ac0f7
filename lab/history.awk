# SPDX-License-Identifier: MIT
#
# awk -f history.awk RESULT...
#
# Results are streams of run.sh, one kernel on one host each, with a last line that history.sh adds:
#
#   # history kernel=VERSION vendor=V params=P seconds=N filter=GLOB
#
# Prints, for each host, a table of kernels by families of scenarios, in Markdown, and then every
# red scenario with the kernels on which it is red. Kernels and families stand in the order in which
# they come.

function family(name,    word) {
	split(name, word, /[.\/]/)
	if (word[1] !~ /^(svm|vmx)$/)
		return word[1]
	sub(/-.*/, "", word[2])
	return word[1] "." word[2]
}

function scenario(name) {
	sub(/\/(load|store|fetch)$/, "", name)
	return name
}

function remember(list, name) {
	if ((list, name) in index_of)
		return
	index_of[list, name] = ++size[list]
	entry[list, size[list]] = name
}

FNR == 1 { lines = 0 }

{ sub(/\r$/, "") }

/^(not )?ok [0-9]/ {
	lines++
	bad = $1 == "not"
	name_of[lines] = bad ? $4 : $3
	kind_of[lines] = bad ? $6 : / # SKIP VACUOUS/ ? "VACUOUS" : / # SKIP/ ? "SKIP" : "PASS"
	next
}

/^# host kernel=/ && !release { # of the run, for the head of the table
	release = $3
	sub(/^kernel=/, "", release)
}

/^# history kernel=/ {
	for (i = 3; i <= NF; i++) {
		value = $i
		sub(/^[a-z]*=/, "", value)
		if ($i ~ /^kernel=/) kernel = value
		else if ($i ~ /^vendor=/) vendor = value
		else if ($i ~ /^params=/) {
			params = value
			gsub(/,/, " ", params)
		}
		else if ($i ~ /^seconds=/) total += value
		else if ($i ~ /^filter=/ && value != "") left_out[vendor, kernel] = value
	}
	host = vendor " " params
	runs++
	remember("kernels", kernel)
	remember("hosts", host)
	ran[host, kernel]
	releases[kernel] = release
	release = ""
	for (i = 1; i <= lines; i++) {
		f = family(name_of[i])
		remember("families", f)
		if (kind_of[i] == "SKIP")
			continue
		seen[host, f]
		if (kind_of[i] == "PASS")
			pass[host, kernel, f]++
		else if (kind_of[i] != "VACUOUS") {
			red[host, kernel, f]++
			key = host SUBSEP scenario(name_of[i]) SUBSEP kind_of[i]
			if (!(key in red_on))
				red_keys[++nr_red] = key
			if (!((key, kernel) in told)) {
				told[key, kernel]
				red_on[key] = red_on[key] (red_on[key] == "" ? "" : ", ") kernel
			}
		}
	}
}

END {
	printf "%d runs, one kernel on one host each; a run takes %.0f seconds on average.\n", runs, total / runs
	for (h = 1; h <= size["hosts"]; h++)
		print_table(entry["hosts", h])
	print "\n### What is red\n"
	if (!nr_red)
		print "Nothing."
	else
		print "| host | scenario | verdict | kernels |\n|---|---|---|---|"
	for (i = 1; i <= nr_red; i++) {
		split(red_keys[i], word, SUBSEP)
		printf "| %s | `%s` | %s | %s |\n", word[1], word[2], word[3], red_on[red_keys[i]]
	}
}

function print_table(host,    f, k, kernel, line, rule, text, host_vendor) {
	printf "\n### %s\n\n", host
	host_vendor = host
	sub(/ .*/, "", host_vendor)
	line = "| kernel |"
	rule = "|---|"
	for (f = 1; f <= size["families"]; f++)
		if ((host, entry["families", f]) in seen) {
			line = line " " entry["families", f] " |"
			rule = rule "---|"
		}
	print line
	print rule
	for (k = 1; k <= size["kernels"]; k++) {
		kernel = entry["kernels", k]
		if (!((host, kernel) in ran))
			continue
		line = "| " kernel ((host_vendor, kernel) in left_out ? " (`" left_out[host_vendor, kernel] "`)" : "") " |"
		for (f = 1; f <= size["families"]; f++) {
			if (!((host, entry["families", f]) in seen))
				continue
			text = pass[host, kernel, entry["families", f]] + 0
			text = text ? text "" : "-"
			if ((host, kernel, entry["families", f]) in red)
				text = "**" red[host, kernel, entry["families", f]] " red**" (text == "-" ? "" : ", " text)
			line = line " " text " |"
		}
		print line
	}
}
