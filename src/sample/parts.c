// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample/parts.h"

/* * is anything, also nothing; all else is itself. */
static bool matches(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = text;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			resume = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			/* the last star takes one character more */
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

int parts_of_frame(const struct parts *parts, const struct frame *frame)
{
	for (unsigned i = 0; i < parts->parts_count; i++) {
		const struct part *p = &parts->parts[i];

		for (unsigned k = 0; k < p->functions_count; k++)
			if (matches(p->functions[k], frame->function))
				return (int)i;
		if (p->own && frame->own)
			return (int)i;
	}
	return -1;
}

int parts_of_stack(const struct parts *parts, const struct stacks *stacks, const int *of_frame,
    const uint32_t *frames, size_t n, bool *by_frame)
{
	bool in_kernel = n && stacks_frame_at(stacks, frames[n - 1]).kind == FRAME_KERNEL;
	int kernel = -1, otherwise = -1;

	*by_frame = false;
	for (size_t i = n; i-- > 0;) {
		if (of_frame[frames[i]] < 0)
			continue;
		*by_frame = true;
		return of_frame[frames[i]];
	}
	for (unsigned i = 0; i < parts->parts_count; i++) {
		if (parts->parts[i].kernel)
			kernel = (int)i;
		if (parts->parts[i].otherwise)
			otherwise = (int)i;
	}
	return in_kernel && kernel >= 0 ? kernel : otherwise;
}
