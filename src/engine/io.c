// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/io.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	int (*create)(struct io **io, unsigned n_conns, struct err *err);
} kinds[IO_KIND_COUNT] = {
    [IO_KIND_EPOLL] = {"epoll", io_epoll_new},
    [IO_KIND_NULL] = {"null", io_null_new},
};

int io_kind_parse(const char *name)
{
	for (int i = 0; i < IO_KIND_COUNT; i++)
		if (!strcmp(kinds[i].name, name))
			return i;
	return -EINVAL;
}

const char *io_kind_name(enum io_kind kind)
{
	return kinds[kind].name;
}

int io_new(struct io **io, enum io_kind kind, unsigned n_conns, bool keepalive, struct err *err)
{
	int rc = kinds[kind].create(io, n_conns, err);

	if (!rc)
		(*io)->linger = keepalive;
	return rc;
}

void io_free(struct io *io)
{
	if (io)
		io->ops->free(io);
}
