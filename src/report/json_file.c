// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MIB = 1 << 20 };

struct bounded {
	FILE *in;
	size_t left;
	bool is_longer;
	int error; /* of reading it; 0: none */
};

/* What jansson calls for more: how many bytes, 0 at the end, SIZE_MAX to give up. */
static size_t read_more(void *into, size_t size, void *data)
{
	struct bounded *b = data;
	size_t n;

	errno = 0;
	n = fread(into, 1, size < b->left ? size : b->left, b->in);
	if (ferror(b->in))
		b->error = errno ? errno : EIO;
	b->left -= n;
	if (!b->left && !n && size)
		b->is_longer = fgetc(b->in) != EOF;
	return b->error || b->is_longer ? SIZE_MAX : n;
}

json_t *json_file_read(FILE *in, const char *name, size_t bytes_max, struct err *err)
{
	struct bounded bounded = {.in = in, .left = bytes_max};
	json_error_t error;
	json_t *json = json_load_callback(read_more, &bounded, JSON_REJECT_DUPLICATES, &error);

	if (bounded.is_longer)
		err_set(err, -EFBIG, "'%s' is too large: at most %zu MiB are read", name, bytes_max / MIB);
	else if (bounded.error)
		err_set(err, -bounded.error, "cannot read '%s': %s", name, strerror(bounded.error));
	else if (!json)
		err_set(err, -EPROTO, "cannot read '%s': line %d: %.100s", name, error.line, error.text);
	else
		return json;
	json_decref(json);
	return NULL;
}
