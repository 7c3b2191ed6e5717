// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/io.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	int (*create)(struct io **io, const struct io_spec *spec, struct err *err);
} kinds[IO_KIND_COUNT] = {
    [IO_KIND_AUTO] = {"auto", NULL},
    [IO_KIND_EPOLL] = {"epoll", io_epoll_new},
    [IO_KIND_POLL] = {"poll", io_poll_new},
    [IO_KIND_URING] = {"io_uring", io_uring_new},
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

int io_new(struct io **io, enum io_kind kind, const struct io_spec *spec, struct err *err)
{
	int rc;

	if (!kinds[kind].create)
		return err_set(err, -ENOTSUP, "'%s' is no engine", kinds[kind].name);
	rc = kinds[kind].create(io, spec, err);
	if (!rc)
		(*io)->spec = *spec;
	return rc;
}

void io_free(struct io *io)
{
	if (io)
		io->ops->free(io);
}

enum {
	/* Above so many connections poll's look at each of them costs more than it saves. */
	POLL_MOST = 128,
};

/*
 * By measurement, see docs/performance.md: io_uring costs the generator the least with every kind of socket and in every mode
 * once there are events to take together, which a single connection that is kept never has;
 * without it, poll costs the server's core a little less than epoll as long as the connections are few and kept.
 */
static enum io_kind best(bool with_uring, const struct io_spec *spec)
{
	if (with_uring && (spec->n_conns > 1 || !spec->keepalive))
		return IO_KIND_URING;
	return spec->keepalive && spec->n_conns <= POLL_MOST ? IO_KIND_POLL : IO_KIND_EPOLL;
}

/* Containers forbid io_uring, and old kernels know too little of it: to try is the only way to know. */
static bool uring_works(void)
{
	struct io_spec least = {.n_conns = 1};
	struct io *io = NULL;

	if (io_new(&io, IO_KIND_URING, &least, NULL))
		return false;
	io_free(io);
	return true;
}

enum io_kind io_choose(enum io_kind asked, const struct io_spec *spec)
{
	if (asked == IO_KIND_AUTO)
		return best(uring_works(), spec);
	return asked == IO_KIND_URING && !uring_works() ? IO_KIND_EPOLL : asked;
}
