// SPDX-License-Identifier: GPL-3.0-or-later
/* Files that --folded and --flame write. */
#ifndef MAXQ_CLI_OUTPUTS_H
#define MAXQ_CLI_OUTPUTS_H

#include <stdio.h>

#include "analysis/result.h"
#include "base/err.h"

struct outputs {
	const char *folded, *flame; /* of the command line; NULL: not wanted */
	FILE *folded_file, *flame_file;
};

/* Opens what is wanted, before anything is measured, and leaves what is in it: 0 or negative errno with a message. */
int outputs_open(struct outputs *outputs, struct err *err);

/* Writes and closes all of it. */
int outputs_write(struct outputs *outputs, const struct report *report, struct err *err);

/* Closes what is still open; a new file that nothing came into is removed. */
void outputs_discard(struct outputs *outputs);

#endif
