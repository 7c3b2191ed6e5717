// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/wrap.h"

#include <string.h>

enum { COLUMNS = 80 };

/*
 * Where to break the text so that `room` columns hold its first part: at the last space that is in no quotes, for a
 * command there goes on in the next line only outside of them. The length of that part.
 */
static size_t find_break(const char *text, size_t room, bool command)
{
	size_t len = strlen(text), at = 0;
	char quote = '\0';

	if (len <= room)
		return len;
	for (size_t i = 0; i < len && (i <= room || !at); i++) {
		if (command && quote) {
			quote = text[i] == quote ? '\0' : quote;
			continue;
		}
		if (command && (text[i] == '\'' || text[i] == '"'))
			quote = text[i];
		else if (text[i] == ' ')
			at = i;
	}
	return at ? at : len;
}

void wrap_print(FILE *out, int left, const char *text, bool command)
{
	size_t room = (size_t)(COLUMNS - left);

	do {
		bool last = strlen(text) <= room;
		/* the backslash wants its place, too */
		size_t n = find_break(text, command && !last ? room - 2 : room, command);

		fprintf(out, "%.*s", (int)n, text);
		text += n;
		text += *text == ' ';
		fprintf(out, "%s\n", *text && command ? " \\" : "");
		if (*text)
			fprintf(out, "%*s", left, "");
	} while (*text);
}
