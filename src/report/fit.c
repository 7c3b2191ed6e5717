// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/fit.h"

#include <limits.h>
#include <string.h>
#include <wchar.h>

/* The next character: its bytes, of which there is one at least, and its columns; -1 when it cannot be printed. */
static size_t next_character(const char *text, size_t len, bool plain, mbstate_t *state, int *columns)
{
	wchar_t wide;
	size_t n;

	if (plain) {
		*columns = *text >= ' ' && *text < 0x7f ? 1 : -1;
		return 1;
	}
	n = mbrtowc(&wide, text, len, state);
	if (!n || n > len) {
		memset(state, 0, sizeof(*state));
		*columns = -1;
		return 1;
	}
	*columns = wcwidth(wide);
	return n;
}

static int fit(struct buf *buf, const char *text, int columns, bool plain)
{
	size_t len = strlen(text), n;
	mbstate_t state = {0};
	int used = 0, width;

	for (size_t at = 0; at < len; at += n) {
		n = next_character(text + at, len - at, plain, &state, &width);
		if (used + (width < 0 ? 1 : width) > columns)
			break;
		used += width < 0 ? 1 : width;
		if (!buf)
			continue;
		if (width < 0)
			buf_append(buf, "?", 1);
		else
			buf_append(buf, text + at, n);
	}
	return used;
}

int fit_text(struct buf *buf, const char *text, int columns, locale_t locale)
{
	/* of this thread alone: the program's own locale stays the plain one */
	locale_t before = locale ? uselocale(locale) : (locale_t)0;
	int used = fit(buf, text, columns, !locale);

	if (before)
		uselocale(before);
	return used;
}

int fit_columns(const char *text, locale_t locale)
{
	return fit_text(NULL, text, INT_MAX / 2, locale);
}
