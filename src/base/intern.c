// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/intern.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 256, ALIGN = 8 };

struct entry {
	size_t at, size; /* in `bytes` */
	uint64_t hash;
};

struct intern {
	size_t bytes_max, len, cap; /* of `bytes` */
	char *bytes;
	size_t n, room;
	struct entry *entries;
	size_t n_slots;  /* a power of two, of which at most half are used */
	uint32_t *slots; /* number + 1; 0: free */
};

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t hash_of(const void *key, size_t size)
{
	const unsigned char *c = key;
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ c[i]) * 0x100000001b3;
	return hash;
}

int intern_new(struct intern **intern, size_t bytes_max)
{
	struct intern *in = calloc(1, sizeof(*in));

	if (!in)
		return -ENOMEM;
	in->bytes_max = bytes_max;
	in->n_slots = SLOTS_FIRST;
	in->slots = calloc(in->n_slots, sizeof(*in->slots));
	if (!in->slots) {
		free(in);
		return -ENOMEM;
	}
	*intern = in;
	return 0;
}

void intern_free(struct intern *intern)
{
	if (!intern)
		return;
	free(intern->bytes);
	free(intern->entries);
	free(intern->slots);
	free(intern);
}

/* The slot that has the key, or the free one where it belongs. */
static size_t slot_of(const struct intern *in, const void *key, size_t size, uint64_t hash)
{
	size_t slot = hash & (in->n_slots - 1);

	for (; in->slots[slot]; slot = (slot + 1) & (in->n_slots - 1)) {
		const struct entry *e = &in->entries[in->slots[slot] - 1];

		if (e->hash == hash && e->size == size && !memcmp(in->bytes + e->at, key, size))
			break;
	}
	return slot;
}

static bool grow_slots(struct intern *in)
{
	size_t n = 2 * in->n_slots;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; i < in->n; i++) {
		size_t slot = in->entries[i].hash & (n - 1);

		while (slots[slot])
			slot = (slot + 1) & (n - 1);
		slots[slot] = (uint32_t)i + 1;
	}
	free(in->slots);
	in->slots = slots;
	in->n_slots = n;
	return true;
}

static bool grow_entries(struct intern *in)
{
	size_t room = in->room ? 2 * in->room : SLOTS_FIRST;
	struct entry *entries = realloc(in->entries, room * sizeof(*entries));

	if (!entries)
		return false;
	in->entries = entries;
	in->room = room;
	return true;
}

static bool grow_bytes(struct intern *in, size_t need)
{
	size_t cap = in->cap ? in->cap : 4096;
	char *bytes;

	while (cap < in->len + need)
		cap *= 2;
	bytes = realloc(in->bytes, cap);
	if (!bytes)
		return false;
	in->bytes = bytes;
	in->cap = cap;
	return true;
}

int intern_find(const struct intern *intern, const void *key, size_t size)
{
	size_t slot = slot_of(intern, key, size, hash_of(key, size));

	return intern->slots[slot] ? (int)(intern->slots[slot] - 1) : -ENOENT;
}

int intern_add(struct intern *intern, const void *key, size_t size)
{
	size_t need =
	    (size + ALIGN) / ALIGN * ALIGN; /* one byte more at least: an empty key has a place, too */
	uint64_t hash = hash_of(key, size);
	size_t slot = slot_of(intern, key, size, hash);

	if (intern->slots[slot])
		return (int)(intern->slots[slot] - 1);
	if (intern->len + need > intern->bytes_max || intern->n == INT_MAX)
		return -ENOBUFS;
	if ((intern->n == intern->room && !grow_entries(intern)) ||
	    (intern->len + need > intern->cap && !grow_bytes(intern, need)))
		return -ENOMEM;
	if (2 * (intern->n + 1) > intern->n_slots) {
		if (!grow_slots(intern))
			return -ENOMEM;
		slot = slot_of(intern, key, size, hash);
	}
	memset(intern->bytes + intern->len, 0, need);
	memcpy(intern->bytes + intern->len, key, size);
	intern->entries[intern->n] = (struct entry){intern->len, size, hash};
	intern->len += need;
	intern->slots[slot] = (uint32_t)++intern->n;
	return (int)(intern->n - 1);
}

size_t intern_count(const struct intern *intern)
{
	return intern->n;
}

const void *intern_key(const struct intern *intern, size_t i, size_t *size)
{
	if (size)
		*size = intern->entries[i].size;
	return intern->bytes + intern->entries[i].at;
}
