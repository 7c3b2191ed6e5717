// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/cgi_vars.h"

#include <string.h>

void cgi_vars_begin(struct cgi_vars *vars)
{
	/* not all of it: target[] and value[] are large and need no clearing */
	vars->why_bad = NULL;
	vars->is_head = vars->scgi = vars->length_seen = false;
	vars->length = 0;
	vars->target_len = 0;
	vars->bytes = 0;
	vars->n = 0;
	vars->name_len = vars->value_len = 0;
}

enum codec_result cgi_vars_bad(struct cgi_vars *vars, const char *why)
{
	vars->why_bad = why;
	return CODEC_BAD;
}

/* Appends to one of the two, as much as will ever be looked at; *total counts all. */
static enum codec_result append(
    struct cgi_vars *vars, char *text, size_t size, size_t *total, const uint8_t *data, size_t len)
{
	if (len > CGI_VARS_MAX - vars->bytes)
		return cgi_vars_bad(vars, "variables are too long");
	vars->bytes += (uint32_t)len;
	if (len && *total < size)
		memcpy(text + *total, data, len < size - *total ? len : size - *total);
	*total += len;
	return CODEC_MORE;
}

enum codec_result cgi_vars_name(struct cgi_vars *vars, const uint8_t *data, size_t len)
{
	return append(vars, vars->name, sizeof(vars->name), &vars->name_len, data, len);
}

enum codec_result cgi_vars_value(struct cgi_vars *vars, const uint8_t *data, size_t len)
{
	return append(vars, vars->value, sizeof(vars->value), &vars->value_len, data, len);
}

static bool name_is(const struct cgi_vars *vars, const char *name)
{
	return vars->name_len == strlen(name) && !memcmp(vars->name, name, vars->name_len);
}

static enum codec_result read_length(struct cgi_vars *vars)
{
	uint64_t length = 0;

	if (vars->length_seen)
		return cgi_vars_bad(vars, "more than one CONTENT_LENGTH");
	/* 18 digits cannot overflow */
	if (vars->value_len > 18)
		return cgi_vars_bad(vars, "CONTENT_LENGTH is too long");
	for (size_t i = 0; i < vars->value_len; i++) {
		if (vars->value[i] < '0' || vars->value[i] > '9')
			return cgi_vars_bad(vars, "CONTENT_LENGTH is not a number");
		length = length * 10 + (uint64_t)(vars->value[i] - '0');
	}
	vars->length = length;
	vars->length_seen = true;
	return CODEC_MORE;
}

static enum codec_result read_target(struct cgi_vars *vars)
{
	if (vars->value_len > sizeof(vars->target))
		return cgi_vars_bad(vars, "REQUEST_URI is too long");
	memcpy(vars->target, vars->value, vars->value_len);
	vars->target_len = vars->value_len;
	return CODEC_MORE;
}

enum codec_result cgi_vars_pair(struct cgi_vars *vars)
{
	enum codec_result rc = CODEC_MORE;

	if (name_is(vars, "REQUEST_URI"))
		rc = read_target(vars);
	else if (name_is(vars, "CONTENT_LENGTH"))
		rc = read_length(vars);
	else if (name_is(vars, "REQUEST_METHOD"))
		vars->is_head = vars->value_len == 4 && !memcmp(vars->value, "HEAD", 4);
	else if (name_is(vars, "SCGI"))
		vars->scgi = vars->value_len == 1 && vars->value[0] == '1';
	vars->name_len = vars->value_len = 0;
	vars->n++;
	return rc;
}

enum codec_result cgi_vars_end(struct cgi_vars *vars)
{
	return vars->target_len ? CODEC_DONE : cgi_vars_bad(vars, "no REQUEST_URI among the variables");
}
