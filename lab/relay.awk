# SPDX-License-Identifier: MIT
#
# Inside an emulated host: passes on what the VM says, and what the host's kernel complains of meanwhile,
# as `# host warns: WHAT` and lines `# host: …` with the rest of it. Such a complaint belongs to the case that
# runs: it goes in front of that case's result, or of the END.
#
#   awk [-v several=1] [-v root=FOLDER] -f relay.awk <PIPE
#
# `several`: something follows, such as other VMs, so this one's END is not that of the stream; the file
# /tmp/ended has it. known-warnings, in the current folder: what is no finding, and why. `root` has the
# files in place of /, for tests.

BEGIN {
	read_known()
	# The count is younger than the other, which changes with the first complaint of a kind only. What
	# neither tells of comes to light at the END.
	watched = root "/sys/kernel/warn_count"
	if (content(watched) == "")
		watched = root "/proc/sys/kernel/tainted"
	before = content(watched)
}

/^(not )?ok [0-9]/ && content(watched) != before { tell() }
/^# END status=/ {
	tell()
	print >(root "/tmp/ended")
	close(root "/tmp/ended")
	if (several)
		sub(/END/, "end")
}
{
	print
	fflush()
}

END { tell() }

function content(file,    line) {
	line = ""
	getline line <file
	close(file)
	return line
}

# What the kernel said since it was asked last.
function tell(    line, shown) {
	before = content(watched)
	while (("dmesg -c" | getline line) > 0) {
		sub(/^\[[^]]*\] /, "", line)
		if (line ~ /WARNING: |BUG: |INFO: task .* blocked|INFO: rcu.* detected/) {
			print (reason(line) ? "# known warning of the host (" reason(line) "): " : "# host warns: ") line
			shown = 30
		} else if (shown-- > 0)
			print "# host:   " line
		if (line ~ /end trace/)
			shown = 0
	}
	close("dmesg -c")
	fflush()
}

function read_known(    line, tab) {
	while ((getline line <"known-warnings") > 0)
		if (line !~ /^(#|$)/ && (tab = index(line, "\t")))
			known[substr(line, 1, tab - 1)] = substr(line, tab + 1)
}

function reason(line,    text) {
	for (text in known)
		if (index(line, text))
			return known[text]
	return ""
}
