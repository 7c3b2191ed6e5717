// SPDX-License-Identifier: GPL-3.0-or-later
/* Members of a JSON object, in whatever state it is: what is not there, or of another type, is unknown. */
#ifndef MAXQ_REPORT_JSON_GET_H
#define MAXQ_REPORT_JSON_GET_H

#include <jansson.h>

#include "analysis/result.h"

/* NAN: not a number. */
double get_number(const json_t *object, const char *key);
/* 0: not an integer, or negative. */
uint64_t get_count(const json_t *object, const char *key);
unsigned get_unsigned(const json_t *object, const char *key);
bool get_flag(const json_t *object, const char *key);

/* The value's own text, or NULL. */
const char *get_text(const json_t *object, const char *key);
/* A copy of it, or of "". NULL without memory. */
char *get_copy(const json_t *object, const char *key);
/* Into a field of that size, cut; "" when it is none. */
void get_field(const json_t *object, const char *key, char *field, size_t size);

struct interval get_interval(const json_t *object, const char *key);

/* The members user_us_per_request and system_us_per_request. */
struct cost_us get_cost(const json_t *object);

#endif
