/* SPDX-License-Identifier: MIT */
#include "tests/tools/results.h"

#include <stdio.h>
#include <string.h>

static const char *result_name(unsigned bit, char *frame)
{
	static const char *const names[] = {"#PF",  "#NPF",   "wild",	  "a0d0",    "a1d0",
					    "a0d1", "a1d1",   "direct",	  "exit",    "zeros",
					    "gone", "logged", "unlogged", "written", "unwritten"};

	if (bit >= NR_FRAMES)
		return names[bit - NR_FRAMES];
	frame[0] = frame_letter(bit);
	frame[1] = '\0';
	return frame;
}

void results_print(const struct look *look, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned bit = 0; bit < NR_RESULTS && len < size; bit++) {
		bool current = look->current & (1u << bit);
		char frame[2];

		if (look->legal & (1u << bit))
			len += (size_t)snprintf(text + len, size - len, current ? "%s[%s]" : "%s%s",
						len ? " " : "", result_name(bit, frame));
	}
}
