// SPDX-License-Identifier: GPL-3.0-or-later
/* The sockets of all engines: how they are made and how they are to close. */
#ifndef MAXQ_ENGINE_IO_SOCKET_H
#define MAXQ_ENGINE_IO_SOCKET_H

#include "engine/io.h"

/* A non-blocking socket, bound to open->from if there is one, in *fd; negative errno and *fd = -1 without it. */
int io_socket_open(int *fd, const struct io_spec *spec, const struct io_open *open);

/* To be called before it is closed: by RST if the spec says so. */
void io_socket_linger(int fd, const struct io_spec *spec);

#endif
