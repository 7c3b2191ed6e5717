// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/cli.h"

#include <stdio.h>

int cli_fail(enum exit_status status, const struct err *err)
{
	fprintf(stderr, "maxq: %s\n", err->msg);
	return (int)status;
}
