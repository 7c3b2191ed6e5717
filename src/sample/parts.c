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

static bool matches_any(char *const *patterns, unsigned n, const char *text)
{
	for (unsigned i = 0; i < n; i++)
		if (matches(patterns[i], text))
			return true;
	return false;
}

struct part_of parts_of_frame(const struct parts *parts, const struct frame *frame)
{
	for (unsigned i = 0; i < parts->parts_count; i++) {
		const struct part *p = &parts->parts[i];

		if (matches_any(p->whole, p->whole_count, frame->function))
			return (struct part_of){(int)i, true};
		if (matches_any(p->functions, p->functions_count, frame->function) || (p->own && frame->own))
			return (struct part_of){(int)i, false};
	}
	return (struct part_of){-1, false};
}

int parts_of_stack(const struct parts *parts, const struct stacks *stacks, const struct part_of *of_frame,
    const uint32_t *frames, size_t n, bool *by_frame)
{
	bool in_kernel = n && stacks_frame_at(stacks, frames[n - 1]).kind == FRAME_KERNEL;
	int kernel = -1, otherwise = -1;

	*by_frame = true;
	for (size_t i = 0; i < n; i++)
		if (of_frame[frames[i]].whole)
			return of_frame[frames[i]].part;
	for (size_t i = n; i-- > 0;)
		if (of_frame[frames[i]].part >= 0)
			return of_frame[frames[i]].part;
	*by_frame = false;
	for (unsigned i = 0; i < parts->parts_count; i++) {
		if (parts->parts[i].kernel)
			kernel = (int)i;
		if (parts->parts[i].otherwise)
			otherwise = (int)i;
	}
	return in_kernel && kernel >= 0 ? kernel : otherwise;
}
