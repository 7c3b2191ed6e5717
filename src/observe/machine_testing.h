// SPDX-License-Identifier: GPL-3.0-or-later
/* A machine that a test makes up: files below a folder of its own, which takes the place of /. */
#ifndef MAXQ_OBSERVE_MACHINE_TESTING_H
#define MAXQ_OBSERVE_MACHINE_TESTING_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/unittest.h"

/* Around each test: *state is the path of the folder, which is empty at first and removed in the end. */
#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

static int make_root(void **state)
{
	char *root = strdup("/tmp/maxq-machine-XXXXXX");

	*state = root;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	int rc = file_remove_tree(*state);

	free(*state);
	return rc;
}

/* Writes a file of that machine, by its absolute path there, with the folders that it is in. */
static void put(const char *root, const char *path, const char *text)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *slash = strchr(full + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	assert_int_equal(file_write(full, text, strlen(text), NULL), 0);
}

#endif
