// SPDX-License-Identifier: GPL-3.0-or-later
/* Where a process has mapped code from files, by /proc/PID/maps (proc_pid_maps(5)). */
#ifndef MAXQ_OBSERVE_MAPPINGS_H
#define MAXQ_OBSERVE_MAPPINGS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct mapping {
	uint64_t start, end, offset; /* end: one behind the last; offset: in the file */
	uint64_t device, inode;      /* inode 0: no file, but what the kernel maps, such as [vdso] */
};

struct mappings {
	size_t n;
	struct mapping *list; /* in the order of addresses */
};

/* Those that can be executed: 0 or negative errno. */
int mappings_read(struct mappings *mappings, pid_t pid);
/* The same, of text. */
int mappings_parse(struct mappings *mappings, const char *text);
void mappings_release(struct mappings *mappings);

/*
 * Where the same byte of the file is mapped first, for programs map parts of themselves a second time (V8 does so with its
 * builtins); 0 when the address is in no such mapping.
 */
uint64_t mappings_first(const struct mappings *mappings, uint64_t address);

#endif
