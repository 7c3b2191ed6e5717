// SPDX-License-Identifier: GPL-3.0-or-later
/* In the place of symbols.c where libdw is not there to build with. */
#include <errno.h>

#include "observe/symbols.h"

int symbols_new(struct symbols **symbols, struct err *err)
{
	(void)symbols;
	return err_set(err, -ENOTSUP,
	    "cannot name functions: maxq was built without libdw: install libdw-dev and build it again");
}

void symbols_free(struct symbols *symbols)
{
	(void)symbols;
}

int symbols_map(struct symbols *symbols, pid_t pid)
{
	(void)symbols;
	(void)pid;
	return -ENOTSUP;
}

bool symbols_find(
    struct symbols *symbols, pid_t pid, uint64_t address, const char **function, const char **file)
{
	(void)symbols;
	(void)pid;
	(void)address;
	(void)function;
	(void)file;
	return false;
}

bool symbols_locate(struct symbols *symbols, pid_t pid, const char *file, unsigned n,
    const char *const *names, uint64_t *addresses)
{
	(void)symbols;
	(void)pid;
	(void)file;
	(void)n;
	(void)names;
	(void)addresses;
	return false;
}
