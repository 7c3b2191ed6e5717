// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_get.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static double number_of(const json_t *value)
{
	return json_is_number(value) ? json_number_value(value) : NAN;
}

double get_number(const json_t *object, const char *key)
{
	return number_of(json_object_get(object, key));
}

uint64_t get_count(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? (uint64_t)value : 0;
}

unsigned get_unsigned(const json_t *object, const char *key)
{
	uint64_t value = get_count(object, key);

	return value < UINT_MAX ? (unsigned)value : UINT_MAX;
}

bool get_flag(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

const char *get_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

char *get_copy(const json_t *object, const char *key)
{
	const char *text = get_text(object, key);

	return strdup(text ? text : "");
}

void get_field(const json_t *object, const char *key, char *field, size_t size)
{
	const char *text = get_text(object, key);

	snprintf(field, size, "%s", text ? text : "");
}

struct interval get_interval(const json_t *object, const char *key)
{
	const json_t *pair = json_object_get(object, key);

	return (struct interval){number_of(json_array_get(pair, 0)), number_of(json_array_get(pair, 1))};
}

struct cost_us get_cost(const json_t *object)
{
	return (struct cost_us){
	    get_number(object, "user_us_per_request"), get_number(object, "system_us_per_request")};
}
