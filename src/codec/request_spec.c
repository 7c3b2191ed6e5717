// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/request_spec.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* True for visible ASCII and bytes above it, with SP and TAB where `blanks` allows them. */
static bool is_clean(const char *text, bool blanks)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == 0x7f || (c <= ' ' && !(blanks && (c == ' ' || c == '\t'))))
			return false;
	}
	return true;
}

static bool is_header(const char *header, const char *name)
{
	size_t len = strlen(name);

	return !strncasecmp(header, name, len) && header[len] == ':';
}

const char *request_spec_method(const struct request_spec *spec)
{
	return spec->method ? spec->method : "GET";
}

const char *request_spec_header(const struct request_spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->n_headers; i++)
		if (is_header(spec->headers[i], name))
			return spec->headers[i];
	return NULL;
}

const char *header_value(const char *header)
{
	const char *value = strchr(header, ':') + 1;

	return value + strspn(value, " \t");
}

static int check_header(const char *header, struct err *err)
{
	const char *colon = strchr(header, ':');

	if (!colon || colon == header)
		return err_set(err, -EINVAL, "bad header '%s': write it as 'Name: value'", header);
	if (!is_clean(header, true) || memchr(header, ' ', (size_t)(colon - header)))
		return err_set(err, -EINVAL,
		    "bad header '%s': it has a control character, or a space in its name", header);
	return 0;
}

static int check_param(const char *param, struct err *err)
{
	const char *equals = strchr(param, '=');

	if (!equals || equals == param)
		return err_set(err, -EINVAL, "bad parameter '%s': write it as NAME=VALUE", param);
	return 0;
}

int request_spec_check(const struct request_spec *spec, struct err *err)
{
	const char *method = request_spec_method(spec);
	int rc = 0;

	if (!*method || !is_clean(method, false))
		return err_set(err, -EINVAL, "bad method '%s'", method);
	for (size_t i = 0; i < spec->n_headers && !rc; i++)
		rc = check_header(spec->headers[i], err);
	if (!rc && spec->n_params > REQUEST_PARAMS_MAX)
		rc = err_set(err, -EINVAL, "too many parameters: at most %d", REQUEST_PARAMS_MAX);
	for (size_t i = 0; i < spec->n_params && !rc; i++)
		rc = check_param(spec->params[i], err);
	return rc;
}
