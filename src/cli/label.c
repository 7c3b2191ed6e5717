// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/label.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/units.h"

enum { KEY_MAX = 64, VALUE_MAX = 256, DAY_S = 86400 };

static int check(const char *text, bool key_alone, struct err *err)
{
	size_t len = strcspn(text, "=");
	bool good = len && len <= KEY_MAX && (key_alone || text[len]) && strlen(text) <= len + 1 + VALUE_MAX;

	for (size_t i = 0; i < len && good; i++)
		good = isalnum((unsigned char)text[i]) || strchr("_.-", text[i]);
	for (const char *p = text + len; *p && good; p++)
		good = (unsigned char)*p >= ' ' && *p != 0x7f;
	if (good)
		return 0;
	return err_set(err, -EINVAL, "bad label '%.80s': write it as KEY=VALUE%s, such as branch=main", text,
	    key_alone ? " or KEY" : "");
}

int label_check(const char *text, struct err *err)
{
	return check(text, false, err);
}

int label_check_filter(const char *text, struct err *err)
{
	return check(text, true, err);
}

/* Digits where the pattern has 0, else its own characters; it may end early at the end of a part. */
static bool is_time(const char *text)
{
	static const char pattern[] = "0000-00-00T00:00:00Z";
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if (i >= sizeof(pattern) - 1)
			return false;
		if (pattern[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != pattern[i])
			return false;
	}
	return len == 4 || len == 7 || len == 10 || len == 13 || len == 16 || len == 19 || len == 20;
}

/* "7d" too. */
static int parse_ago(const char *text, int64_t *ago_s)
{
	size_t len = strlen(text);
	char number[16];
	uint64_t days;
	int64_t ns;

	if (len > 1 && len < sizeof(number) && text[len - 1] == 'd') {
		snprintf(number, sizeof(number), "%.*s", (int)len - 1, text);
		if (parse_count(number, &days) || days > 1000000)
			return -EINVAL;
		*ago_s = (int64_t)days * DAY_S;
		return 0;
	}
	/* a number alone is a year, and not seconds */
	if (!len || isdigit((unsigned char)text[len - 1]) || parse_duration(text, &ns))
		return -EINVAL;
	*ago_s = ns / NS_PER_S;
	return 0;
}

int time_parse(const char *text, char into[TIME_TEXT_MAX], struct err *err)
{
	int64_t ago_s;
	time_t then;
	struct tm tm;

	if (is_time(text)) {
		snprintf(into, TIME_TEXT_MAX, "%s", text);
		return 0;
	}
	if (parse_ago(text, &ago_s))
		return err_set(err, -EINVAL,
		    "bad time '%.40s': write it as 2026-01-31, 2026-01-31T12:00, or how long ago: 12h, 7d",
		    text);
	then = time(NULL) - (time_t)ago_s;
	if (!gmtime_r(&then, &tm) || !strftime(into, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return err_set(err, -EINVAL, "bad time '%.40s': it is too long ago", text);
	return 0;
}
