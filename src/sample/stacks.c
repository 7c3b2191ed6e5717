// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample/stacks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 32 << 20, PATHS_MAX = 64 << 20, NAME_MAX_BYTES = 512 };

int stacks_init(struct stacks *stacks)
{
	*stacks = (struct stacks){0};
	if (intern_new(&stacks->names, NAMES_MAX) || intern_new(&stacks->paths, PATHS_MAX)) {
		stacks_release(stacks);
		return -ENOMEM;
	}
	return 0;
}

void stacks_release(struct stacks *stacks)
{
	intern_free(stacks->names);
	intern_free(stacks->paths);
	free(stacks->counts);
	*stacks = (struct stacks){0};
}

unsigned stacks_component(struct stacks *stacks, const char *name)
{
	for (size_t i = 0; i < stacks->n_components; i++)
		if (!strcmp(stacks->components[i], name))
			return (unsigned)i;
	if (stacks->n_components < STACKS_COMPONENTS_MAX)
		snprintf(stacks->components[stacks->n_components++], COMPONENT_NAME_MAX, "%s", name);
	return (unsigned)stacks->n_components - 1;
}

/* A key: kind, own, function, NUL, module, NUL. */
int stacks_frame(struct stacks *stacks, const struct frame *frame)
{
	char key[2 * NAME_MAX_BYTES + 2];
	int n = snprintf(key + 2, NAME_MAX_BYTES, "%s", frame->function);
	size_t at = 2 + (n < NAME_MAX_BYTES ? (size_t)n : NAME_MAX_BYTES - 1) + 1;

	key[0] = (char)frame->kind;
	key[1] = frame->own;
	n = snprintf(key + at, NAME_MAX_BYTES, "%s", frame->module);
	at += (n < NAME_MAX_BYTES ? (size_t)n : NAME_MAX_BYTES - 1) + 1;
	return intern_add(stacks->names, key, at);
}

struct frame stacks_frame_at(const struct stacks *stacks, size_t i)
{
	const char *key = intern_key(stacks->names, i, NULL);

	return (struct frame){
	    .kind = (enum frame_kind)key[0],
	    .own = key[1],
	    .function = key + 2,
	    .module = key + 2 + strlen(key + 2) + 1,
	};
}

int stacks_add(struct stacks *stacks, unsigned component, const uint32_t *frames, size_t n, uint64_t count)
{
	uint32_t key[1 + STACK_DEPTH_MAX];
	int i;

	if (n > STACK_DEPTH_MAX) {
		frames += n - STACK_DEPTH_MAX;
		n = STACK_DEPTH_MAX;
	}
	key[0] = component;
	if (n)
		memcpy(key + 1, frames, n * sizeof(*frames));
	i = intern_add(stacks->paths, key, (1 + n) * sizeof(*key));
	if (i < 0)
		return i;
	if ((size_t)i >= stacks->room) {
		size_t room = stacks->room ? 2 * stacks->room : 1024;
		uint64_t *counts = realloc(stacks->counts, room * sizeof(*counts));

		if (!counts)
			return -ENOMEM;
		memset(counts + stacks->room, 0, (room - stacks->room) * sizeof(*counts));
		stacks->counts = counts;
		stacks->room = room;
	}
	stacks->counts[i] += count;
	stacks->samples += count;
	return 0;
}

size_t stacks_count(const struct stacks *stacks)
{
	size_t n = stacks->paths ? intern_count(stacks->paths) : 0;

	return n < stacks->room ? n : stacks->room;
}

const uint32_t *stacks_at(
    const struct stacks *stacks, size_t i, size_t *n, unsigned *component, uint64_t *count)
{
	size_t size;
	const uint32_t *key = intern_key(stacks->paths, i, &size);

	*n = size / sizeof(*key) - 1;
	*component = key[0];
	*count = stacks->counts[i];
	return key + 1;
}
