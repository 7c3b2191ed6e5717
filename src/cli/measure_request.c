// SPDX-License-Identifier: GPL-3.0-or-later
/* What is asked for, of whom, and which answers are correct. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/units.h"
#include "cli/machines.h"
#include "cli/measure_set.h"

enum { BODY_MAX = 64 * 1024 * 1024 };

int set_header(void *into, const char *value, struct err *err)
{
	struct plan *plan = &measure_of(into)->plan;

	if (plan->n_headers == PLAN_HEADERS_MAX)
		return err_set(err, -EINVAL, "too many headers: at most %d", PLAN_HEADERS_MAX);
	plan->headers[plan->n_headers++] = value;
	return 0;
}

int add_param(void *into, const char *value, struct err *err)
{
	struct plan *plan = &measure_of(into)->plan;

	if (strcspn(value, "=") == 0 || !strchr(value, '='))
		return err_set(err, -EINVAL, "bad parameter '%s': write it as NAME=VALUE", value);
	if (plan->n_params == PLAN_PARAMS_MAX)
		return err_set(err, -EINVAL, "too many parameters: at most %d", PLAN_PARAMS_MAX);
	plan->params[plan->n_params++] = value;
	return 0;
}

int set_uwsgi_modifier(void *into, const char *value, struct err *err)
{
	uint64_t n;

	if (parse_count(value, &n) || n > UINT8_MAX)
		return err_set(err, -EINVAL, "bad modifier '%s': it must be 0 to 255", value);
	measure_of(into)->plan.modifier1 = (uint8_t)n;
	return 0;
}

int set_method(void *into, const char *value, struct err *err)
{
	(void)err;
	measure_of(into)->plan.method = value;
	return 0;
}

/* TEXT, or @FILE for its content. *data is from malloc; an empty content is no error. */
static int read_content(const char *value, void **data, size_t *len, struct err *err)
{
	struct buf content;
	int rc;

	if (value[0] == '@' && machines_is_follower())
		value = "";
	buf_init(&content, BODY_MAX);
	rc = value[0] == '@' ? file_read(value + 1, &content, err) : buf_text(&content, value);
	free(*data);
	*data = rc ? NULL : malloc(content.len + 1);
	if (*data)
		memcpy(*data, content.data, content.len + 1);
	else if (!rc)
		rc = err_set(err, -ENOMEM, "out of memory");
	*len = content.len;
	buf_release(&content);
	return rc;
}

int set_body(void *into, const char *value, struct err *err)
{
	struct measure *m = measure_of(into);
	int rc = read_content(value, &m->body, &m->plan.body_len, err);

	m->plan.body = m->body;
	return rc;
}

int set_expect_body(void *into, const char *value, struct err *err)
{
	struct measure *m = measure_of(into);
	int rc = read_content(value, &m->expect_body, &m->plan.expect_body_len, err);

	m->plan.expect_body = m->expect_body;
	return rc;
}

int set_expect_status(void *into, const char *value, struct err *err)
{
	uint64_t status;

	if (parse_count(value, &status) || status < 100 || status > 599)
		return err_set(err, -EINVAL, "bad status '%s': it must be 100 to 599", value);
	measure_of(into)->plan.expect_status = (uint16_t)status;
	return 0;
}

int set_remote_ok(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	measure_of(into)->plan.remote_ok = true;
	return 0;
}
