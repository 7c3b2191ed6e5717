// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Names of ranges of addresses: of the kernel's functions, by /proc/kallsyms, and of code that a program makes as it runs, by
 * the file /tmp/perf-PID.map that it writes for perf (Node.js, Python and Java can).
 */
#ifndef MAXQ_OBSERVE_ADDRESS_NAMES_H
#define MAXQ_OBSERVE_ADDRESS_NAMES_H

#include <stdint.h>
#include <sys/types.h>

struct address_names;

/* The kernel's: 0, -EPERM where it hides its addresses from this user, or another negative errno. */
int address_names_kernel(struct address_names **names);

/*
 * That of a process, in its own mount namespace, if a file is there and is the process's own or root's: 0, -ENOENT, -EPERM,
 * or another negative errno. What is made anew at an address replaces what was there.
 */
int address_names_jit(struct address_names **names, pid_t pid);

/* The same, of text (for tests): lines of either file, by its rules. */
int address_names_parse_kallsyms(struct address_names **names, const char *text);
int address_names_parse_perf_map(struct address_names **names, const char *text);

void address_names_free(struct address_names *names);

/* The name of what lies at the address, or NULL. */
const char *address_names_find(const struct address_names *names, uint64_t address);

#endif
