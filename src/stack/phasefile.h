// SPDX-License-Identifier: GPL-3.0-or-later
/* A file that says which system call belongs to which phase: phases.yaml of the catalog, or the user's own. */
#ifndef MAXQ_STACK_PHASEFILE_H
#define MAXQ_STACK_PHASEFILE_H

#include "base/err.h"

struct phasefile_phase {
	char *name;
	char *user; /* the phase of what follows its calls; NULL: itself */
	char **syscalls;
	unsigned syscalls_count;
	char **on_sockets;
	unsigned on_sockets_count;
};

struct phasefile {
	char *rest; /* the phase of all calls that are named nowhere */
	struct phasefile_phase *phases;
	unsigned phases_count;
};

/*
 * Reads it (NULL: that of the catalog in the folder `catalog`), and sees that it makes sense: 1 to `phases_max` phases with
 * different names of less than `name_max` bytes, to which all others refer, and no call named twice. -EINVAL with a message.
 */
int phasefile_load(struct phasefile **file, const char *path, const char *catalog, unsigned phases_max,
    unsigned name_max, struct err *err);
void phasefile_free(struct phasefile *file);

/* The index of the phase of that name, or -1. */
int phasefile_find(const struct phasefile *file, const char *name);

#endif
