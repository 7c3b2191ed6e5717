// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "observe/settings.h"

enum { WATCHED_MAX = 256, SELDOM = 10, COUNT_MAX = 1 << 20 };

struct watched {
	pid_t pid;
	char component[COMPONENT_NAME_MAX];
	int64_t limit, open;
};

struct files {
	size_t n;
	unsigned reads;
	struct watched watched[WATCHED_MAX];
};

int files_new(struct files **files)
{
	*files = calloc(1, sizeof(**files));
	return *files ? 0 : -ENOMEM;
}

void files_free(struct files *files)
{
	free(files);
}

void files_find(struct files *files, const struct procs *procs)
{
	files->n = 0;
	files->reads = 0;
	for (size_t i = 0; procs && i < procs_count(procs) && files->n < WATCHED_MAX; i++) {
		struct watched *w = &files->watched[files->n];
		struct file_limits limits;
		char pid[24];

		if (!procs_alive(procs, i))
			continue;
		*w = (struct watched){.pid = procs_facts(procs, i)->pid};
		snprintf(w->component, sizeof(w->component), "%s", procs_facts(procs, i)->component);
		snprintf(pid, sizeof(pid), "%d", (int)w->pid);
		settings_file_limits("", pid, &limits);
		w->limit = limits.soft;
		files->n += limits.soft > 0;
	}
}

static int64_t count_entries(const char *path)
{
	DIR *dir = opendir(path);
	int64_t n = 0;

	for (struct dirent *entry = dir ? readdir(dir) : NULL; entry && n < COUNT_MAX; entry = readdir(dir))
		n += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return n;
}

static void count(struct watched *w, bool thoroughly)
{
	struct stat stat_of;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)w->pid);
	if (stat(path, &stat_of))
		w->open = 0;
	else if (stat_of.st_size > 0)
		w->open = stat_of.st_size;
	else if (thoroughly)
		w->open = count_entries(path);
}

void files_read(struct files *files, struct files_state *state)
{
	bool thoroughly = files->reads++ % SELDOM == 0;
	const struct watched *nearest = NULL;

	for (size_t i = 0; i < files->n; i++) {
		struct watched *w = &files->watched[i];

		count(w, thoroughly);
		if (!nearest || w->limit - w->open < nearest->limit - nearest->open)
			nearest = w;
	}
	*state = (struct files_state){0};
	if (!nearest)
		return;
	memcpy(state->component, nearest->component, sizeof(state->component));
	state->pid = nearest->pid;
	/* files that it was given by its parent can have numbers beyond its limit */
	state->open = nearest->open < nearest->limit ? nearest->open : nearest->limit;
	state->limit = nearest->limit;
	/* servers that keep one file back, to accept and close with, end one below it */
	state->full = nearest->open + 1 >= nearest->limit;
}
