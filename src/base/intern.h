// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Numbers for byte strings: equal ones get the same, new ones the next, from 0. Keys are copied, and stay in place for good only
 * by number: pointers to them are valid until the next addition. They begin at multiples of 8 bytes.
 */
#ifndef MAXQ_BASE_INTERN_H
#define MAXQ_BASE_INTERN_H

#include <stddef.h>

struct intern;

/* `bytes_max` bounds all keys together: 0 or -ENOMEM. */
int intern_new(struct intern **intern, size_t bytes_max);
void intern_free(struct intern *intern);

/* The number of the key, which is at most INT_MAX; -ENOBUFS when there is no more room for it, -ENOMEM. */
int intern_add(struct intern *intern, const void *key, size_t size);

/* The number of a key that is there already, or -ENOENT. */
int intern_find(const struct intern *intern, const void *key, size_t size);

size_t intern_count(const struct intern *intern);
/* The key of number i < intern_count(); `size` may be NULL. */
const void *intern_key(const struct intern *intern, size_t i, size_t *size);

#endif
