// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/expected.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "stack/fetch.h"

int expected_read(
    struct expected *expected, const char *catalog, const char *workload, const char *name, struct err *err)
{
	char path[4096];
	struct buf body;
	int rc = 0;

	buf_init(&body, sizeof(expected->body) - 1);
	snprintf(path, sizeof(path), "%s/workloads%s", catalog, workload);
	if (!strcmp(workload, "/hello"))
		buf_printf(&body, "hello from %s\n", name);
	else if (strchr(workload + 1, '/') || !workload[1] || workload[1] == '.')
		rc = -ENOENT;
	else
		rc = file_read(path, &body, NULL);
	if (rc)
		err_set(err, rc, "no workload '%s': see '%s/workloads'", workload, catalog);
	memcpy(expected->body, body.data, body.len);
	expected->body[body.len] = '\0';
	expected->len = body.len;
	buf_release(&body);
	return rc;
}

int expected_verify(
    const struct expected *expected, const struct url *url, int64_t deadline_ns, struct err *err)
{
	uint8_t *body = malloc(EXPECTED_MAX);
	const char *first = (const char *)expected->body;
	struct fetched fetched;
	int rc;

	if (!body)
		return err_set(err, -ENOMEM, "out of memory");
	rc = fetch(url, deadline_ns, body, EXPECTED_MAX, &fetched, err);
	if (!rc && fetched.status != 200)
		rc = err_set(err, -EPROTO, "it answered with status %u", fetched.status);
	else if (!rc &&
	    (fetched.body_len != expected->len || memcmp(body, expected->body, expected->len) != 0))
		rc = err_set(err, -EPROTO, "it answered with another body than '%.*s...'",
		    (int)strcspn(first, "\n"), first);
	free(body);
	return rc;
}
