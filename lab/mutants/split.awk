# SPDX-License-Identifier: MIT
#
# awk -F'\t' -f split.awk -v dir=DIR CONSOLE JOBS STREAM
#
# The VMs of one boot (batch.sh): STREAM has a line `# VM N` before each, JOBS a name for each, and DIR gets a
# file of that name, and standard output the name, for each VM that said all that it had planned. CONSOLE
# is that of the host: in whose time it complains first, that VM is the last one that counts.

FNR == 1 { file++ }
{ sub(/\r$/, "") }

file == 1 {
	if (match($0, /revenant: VM [0-9]+$/))
		at = substr($0, RSTART + 13) + 0
	else if (at && !last && /WARNING: |BUG: |Oops: |general protection fault|INFO: task .* blocked/)
		last = at
	next
}

file == 2 {
	name[++jobs] = $1
	next
}

/^# VM [0-9]+$/ {
	vm = substr($0, 6) + 0
	text = status = ""
	results = 0
	plan = -1
	next
}

!vm { next }

{ text = text $0 "\n" }
/^1\.\.[0-9]+$/ { plan = substr($0, 4) + 0 }
/^(not )?ok [0-9]/ { results++ }
/^# end status=/ { status = substr($0, 14) }

/^# VM ended with status / {
	if (results == plan && status ~ /^(0|1|77)$/ && !(last && vm > last)) {
		printf "%s", text > (dir "/" name[vm])
		close(dir "/" name[vm])
		print name[vm]
	}
}
