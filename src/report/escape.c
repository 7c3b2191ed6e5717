// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/escape.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The length of the character of UTF-8 (RFC 3629) that the text begins with; 0: it is none. */
static size_t utf8_length(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = *p < 0x80          ? 1
	    : *p >= 0xc2 && *p < 0xe0 ? 2
	    : *p >= 0xe0 && *p < 0xf0 ? 3
	    : *p >= 0xf0 && *p < 0xf5 ? 4
				      : 0;

	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* too long for what they say, surrogates, beyond the last one, and the two that XML has not */
	if ((n == 3 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0))) ||
	    (n == 4 && ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))) ||
	    (n == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe))
		return 0;
	return n;
}

/* C0, DEL and C1. */
static bool is_control(const unsigned char *text, size_t n)
{
	return (n == 1 && (*text < ' ' || *text == 0x7f)) || (n == 2 && *text == 0xc2 && text[1] < 0xa0);
}

/* What takes the place of a character; NULL: itself. */
typedef const char *replacement(const char *text);

static void escape(const char *text, replacement *replace, FILE *out)
{
	while (*text) {
		size_t n = utf8_length(text);
		const char *other = n == 1 ? replace(text) : n ? NULL : "?";

		if (is_control((const unsigned char *)text, n))
			other = "?";
		if (other)
			fputs(other, out);
		else
			fwrite(text, 1, n, out);
		text += n ? n : 1;
	}
}

static const char *for_line(const char *text)
{
	(void)text;
	return NULL;
}

static const char *for_xml(const char *text)
{
	switch (*text) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&apos;";
	default:
		return NULL;
	}
}

/* As entities, for a backslash before a pipe is read differently by different renderers. */
static const char *for_markdown(const char *text)
{
	static const char *const entities[128] = {['&'] = "&amp;",
	    ['<'] = "&lt;",
	    ['>'] = "&gt;",
	    ['|'] = "&#124;",
	    ['`'] = "&#96;",
	    ['*'] = "&#42;",
	    ['_'] = "&#95;",
	    ['~'] = "&#126;",
	    ['['] = "&#91;",
	    [']'] = "&#93;",
	    ['!'] = "&#33;",
	    ['#'] = "&#35;",
	    ['@'] = "&#64;",
	    ['$'] = "&#36;",
	    ['\\'] = "&#92;"};

	/* an address would become a link */
	return !strncmp(text, "://", 3) ? "&#58;" : entities[(unsigned char)*text];
}

static const char *for_label(const char *text)
{
	if (*text == '\\')
		return "\\\\";
	return *text == '"' ? "\\\"" : NULL;
}

static const char *for_csv(const char *text)
{
	return *text == '"' ? "\"\"" : NULL;
}

void escape_line(const char *text, FILE *out)
{
	escape(text, for_line, out);
}

void escape_xml(const char *text, FILE *out)
{
	escape(text, for_xml, out);
}

void escape_markdown(const char *text, FILE *out)
{
	escape(text, for_markdown, out);
}

void escape_label(const char *text, FILE *out)
{
	escape(text, for_label, out);
}

void escape_csv(const char *text, FILE *out)
{
	bool is_formula = *text && strchr("=+-@", *text);
	bool is_quoted = is_formula || text[strcspn(text, "\",;\r\n")];

	if (is_quoted)
		fputc('"', out);
	if (is_formula)
		fputc('\'', out);
	escape(text, for_csv, out);
	if (is_quoted)
		fputc('"', out);
}
