// SPDX-License-Identifier: GPL-3.0-or-later
/* A file that a command writes as a whole, or not at all. */
#ifndef MAXQ_CLI_OUTPUT_H
#define MAXQ_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

/* Writes it: 0, or negative errno with a message; what fails by the stream itself is seen by whoever calls it. */
typedef int output_writer(const void *what, FILE *out, struct err *err);

/*
 * Calls the writer with the file, or for "-" with standard output. A plain file is replaced when it is whole, and else left as
 * it was; a device or a pipe is written as it is. 0, or negative errno with a message.
 */
int output_write(const char *name, output_writer *write, const void *what, struct err *err);

/* Whether the name, which may be NULL, says standard output. */
bool output_is_stdout(const char *name);

/*
 * Creates a file beside `name`, to be renamed over it when it is whole: as one who writes into `name` itself would, by the umask, or with
 * the mode of the file that is there already. Its name is in `temporary`, and its descriptor is returned; or negative errno with a
 * message, and an empty name.
 */
int output_create_beside(const char *name, char *temporary, size_t size, struct err *err);

#endif
