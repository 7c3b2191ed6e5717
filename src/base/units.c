// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/units.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct unit {
	const char *name;
	double factor;
};

/* Reads "NUMBER[UNIT]" into NUMBER * factor; digits must come first, so "inf", "nan", "-1" and " 1" are refused. */
static int parse_scaled(const char *text, const struct unit *units, double *value)
{
	char *end;
	double number;

	if (!isdigit((unsigned char)text[0]) || (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')))
		return -EINVAL;
	errno = 0;
	number = strtod(text, &end);
	if (errno)
		return -ERANGE;
	for (; units->name; units++) {
		if (!strcmp(end, units->name)) {
			*value = number * units->factor;
			return 0;
		}
	}
	return -EINVAL;
}

int parse_count(const char *text, uint64_t *count)
{
	static const struct unit units[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {NULL, 0}};
	double value;
	int rc = parse_scaled(text, units, &value);

	if (rc)
		return rc;
	/* 2^53: up to here a double holds every whole number */
	if (value > 9007199254740992.0)
		return -ERANGE;
	if (fabs(value - round(value)) > 1e-6)
		return -EINVAL;
	*count = (uint64_t)llround(value);
	return 0;
}

int parse_duration(const char *text, int64_t *duration_ns)
{
	static const struct unit units[] = {{"", 1e9}, {"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1},
	    {"m", 60e9}, {"h", 3600e9}, {NULL, 0}};
	double value;
	int rc = parse_scaled(text, units, &value);

	if (rc)
		return rc;
	if (value > 9e15) /* a hundred days */
		return -ERANGE;
	*duration_ns = llround(value);
	return 0;
}

/*
 * A figure that was written to 15 digits and read back has lost its last bits. They must not decide which way a half is rounded, or
 * it would be shown as another one: with this, halves go up in either case.
 */
static double without_last_bits(double value)
{
	return value * (1 + 1e-13);
}

void format_duration(char *text, size_t size, double duration_ns)
{
	static const struct unit units[] = {{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}, {NULL, 0}};
	const struct unit *u = units;
	double value;

	if (!isfinite(duration_ns)) {
		snprintf(text, size, "-");
		return;
	}
	duration_ns = without_last_bits(duration_ns);
	/* the unit changes where rounding to three digits would show 1000 of the smaller one */
	while (u[1].name && fabs(duration_ns) < u->factor * 0.9995)
		u++;
	value = duration_ns / u->factor;
	snprintf(text, size, "%.*f %s",
	    fabs(value) < 9.995 && u->factor > 1       ? 2
		: fabs(value) < 99.95 && u->factor > 1 ? 1
						       : 0,
	    value, u->name);
}

void format_count(char *text, size_t size, double count)
{
	static const struct unit units[] = {{"G", 1e9}, {"M", 1e6}, {"k", 1e3}, {"", 1}, {NULL, 0}};
	const struct unit *u = units;
	double value;

	if (!isfinite(count)) {
		snprintf(text, size, "-");
		return;
	}
	count = without_last_bits(count);
	while (u[1].name && fabs(count) < u->factor * 0.99995)
		u++;
	value = count / u->factor;
	if (u->factor == 1 && fabs(value - round(value)) <= 1e-12 * fabs(value))
		snprintf(text, size, "%.0f", value);
	else
		snprintf(text, size, "%.*f%s",
		    fabs(value) < 9.9995       ? 3
			: fabs(value) < 99.995 ? 2
					       : 1,
		    value, u->name);
}
