// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/install.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stack/catalog.h"

enum { ARGUMENTS_MAX = 1024 };

/* The script: installed, or in the source tree. */
static int find_script(char *path, size_t size, struct err *err)
{
	static const char *const places[] = {
	    "../libexec/maxq/install-packages", "../install-packages", "../../install-packages"};
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	if (strrchr(self, '/'))
		*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, size, "%s/%s", self, places[i]);
		if (!access(path, X_OK))
			return 0;
	}
	return err_set(err, -ENOENT, "cannot find 'install-packages' beside '%s'", self);
}

static int run(char **argv, struct err *err)
{
	pid_t pid;
	int status, rc = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);

	if (rc)
		return err_set(err, -rc, "cannot run '%s': %s", argv[0], strerror(rc));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_set(err, -errno, "cannot wait for '%s': %s", argv[0], strerror(errno));
	if (status)
		return err_set(err, -ECHILD, "could not install the packages: see above");
	return 0;
}

int install_missing(const struct missing *missing, struct err *err)
{
	char script[PATH_MAX + 64], *argv[ARGUMENTS_MAX + 2] = {script};
	char *packages, *rest;
	int n = 1, rc;

	if (!missing->n)
		return 0;
	if (!missing->packages.len)
		return err_set(err, -ENOENT, "cannot find %s, which no package brings", missing->needs.data);
	rc = find_script(script, sizeof(script), err);
	if (rc)
		return rc;
	packages = strdup(missing->packages.data);
	if (!packages)
		return err_set(err, -ENOMEM, "out of memory");
	rest = packages;
	for (char *item = strsep(&rest, " "); item && n <= ARGUMENTS_MAX; item = strsep(&rest, " "))
		if (*item)
			argv[n++] = item;
	fflush(stdout); /* what the script says comes after */
	rc = run(argv, err);
	free(packages);
	return rc;
}

static void add_text(struct missing *missing, const char *text, const char *catalog, size_t *rows)
{
	struct chain chain;

	if (chain_parse(&chain, text, catalog, NULL))
		return;
	*rows += missing_add_chain(missing, &chain);
	chain_release(&chain);
}

void install_hint(const struct plan *plan)
{
	const char *name = plan->suite ? plan->suite : "default";
	struct suite *suite = NULL;
	struct missing missing;
	char catalog[CATALOG_PATH_MAX];
	size_t rows = 0;

	if (catalog_find(plan->catalog, catalog, sizeof(catalog), NULL))
		return;
	if (!plan->n_stacks && suite_load(&suite, catalog, name, NULL))
		return;
	missing_init(&missing);
	for (size_t i = 0; i < plan->n_stacks; i++)
		add_text(&missing, plan->stacks[i], catalog, &rows);
	for (unsigned i = 0; suite && i < suite->rows_count; i++)
		add_text(&missing, suite->rows[i].stack, catalog, &rows);
	if (missing.packages.len)
		fprintf(stderr, "maxq: %zu of the stacks cannot run yet: apt-get install%s\n", rows,
		    missing.packages.data);
	missing_release(&missing);
	suite_free(suite);
}
