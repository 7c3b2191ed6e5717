// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Names of the functions at addresses of processes, by the symbol tables of the files that they have mapped (elfutils' libdwfl:
 * .symtab, .dynsym, and debug files that are installed here, found by build id; nothing is fetched). Names of C++ are made readable
 * where libiberty was there to build with.
 */
#ifndef MAXQ_OBSERVE_SYMBOLS_H
#define MAXQ_OBSERVE_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct symbols;

/* -ENOTSUP with a message where maxq was built without the library. */
int symbols_new(struct symbols **symbols, struct err *err);
void symbols_free(struct symbols *symbols);

/*
 * Reads what the process has mapped now, in the place of what was known of it; what cannot be read, because it has ended,
 * changes nothing. 0 or negative errno.
 */
int symbols_map(struct symbols *symbols, pid_t pid);

/*
 * The function at an address, and the name of its file; false where nothing known is mapped. `function` is NULL in a file
 * without a symbol for it. The texts are valid until the next call of any of these functions.
 */
bool symbols_find(
    struct symbols *symbols, pid_t pid, uint64_t address, const char **function, const char **file);

/*
 * The address in the process of each symbol of `names` (n of them), 0 where it is not there, in the first mapped file whose
 * name contains `file` that has the first one: true if there is such a file.
 */
bool symbols_locate(struct symbols *symbols, pid_t pid, const char *file, unsigned n,
    const char *const *names, uint64_t *addresses);

#endif
