// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What `data` points to before the first allocation; never written. */
static const char nothing[1] = "";

void buf_init(struct buf *buf, size_t max)
{
	*buf = (struct buf){.data = (char *)nothing, .max = max};
}

void buf_release(struct buf *buf)
{
	if (buf->cap)
		free(buf->data);
	buf_init(buf, buf->max);
}

static int buf_reserve(struct buf *buf, size_t more)
{
	size_t cap = buf->cap ? buf->cap : 256;
	char *data;

	if (more > buf->max - buf->len) {
		buf->failed = true;
		return -ENOBUFS;
	}
	if (buf->len + more + 1 <= buf->cap)
		return 0;
	while (cap < buf->len + more + 1)
		cap *= 2;
	data = realloc(buf->cap ? buf->data : NULL, cap);
	if (!data) {
		buf->failed = true;
		return -ENOMEM;
	}
	data[buf->len] = '\0';
	buf->data = data;
	buf->cap = cap;
	return 0;
}

int buf_append(struct buf *buf, const void *data, size_t len)
{
	int rc = buf_reserve(buf, len);

	if (rc || !len)
		return rc;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return 0;
}

int buf_text(struct buf *buf, const char *text)
{
	return buf_append(buf, text, strlen(text));
}

int buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list args;
	int len, rc;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	rc = buf_reserve(buf, (size_t)len);
	if (rc)
		return rc;
	if (!len)
		return 0;
	va_start(args, fmt);
	vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, args);
	va_end(args);
	buf->len += (size_t)len;
	return 0;
}
