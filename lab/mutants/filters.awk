# SPDX-License-Identifier: MIT
#
# awk -f filters.awk -v bytes=N -v few=N CASES
#
# CASES has lines NAME KIND. Prints the image's filters, one a line of less than `bytes` bytes each, that
# together choose the red cases; if `few` is not 0, only so many of them. The ways of looking go together.

$2 !~ /^(PASS|VACUOUS|SKIP)$/ && !(few && ++n > few) {
	name = $1
	if (sub(/\/(load|store|fetch)$/, "", name))
		name = name "/*"
	if (name in seen)
		next
	seen[name]
	if (line != "" && length(line) + 1 + length(name) >= bytes) {
		print line
		line = ""
	}
	line = line (line == "" ? "" : ",") name
}

END {
	if (line != "")
		print line
}
