// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/address_names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { TEXT_MAX = 64 << 20, NAME_LENGTH_MAX = 400, RANGES_MAX = 1 << 21 };

struct range {
	uint64_t begin, end; /* one behind the last */
	uint32_t name;       /* in `texts` */
	uint32_t order;      /* of the file */
};

struct address_names {
	size_t n, room;
	struct range *ranges; /* once sorted: by address, none overlaps the next */
	struct buf texts;
};

void address_names_free(struct address_names *names)
{
	if (!names)
		return;
	free(names->ranges);
	buf_release(&names->texts);
	free(names);
}

static int add(struct address_names *a, uint64_t begin, uint64_t end, const char *name, size_t len)
{
	if (len > NAME_LENGTH_MAX)
		len = NAME_LENGTH_MAX;
	if (a->n == RANGES_MAX)
		return -EFBIG;
	if (a->n == a->room) {
		size_t room = a->room ? 2 * a->room : 4096;
		struct range *ranges = realloc(a->ranges, room * sizeof(*ranges));

		if (!ranges)
			return -ENOMEM;
		a->ranges = ranges;
		a->room = room;
	}
	a->ranges[a->n] = (struct range){begin, end, (uint32_t)a->texts.len, (uint32_t)a->n};
	a->n++;
	buf_append(&a->texts, name, len);
	return buf_append(&a->texts, "", 1);
}

static int compare(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/*
 * Sorts, and cuts what overlaps: of ranges with the same begin the last one of the file stays, and each ends where the next
 * one begins at the latest.
 */
static void settle(struct address_names *a)
{
	size_t n = 0;

	if (a->n)
		qsort(a->ranges, a->n, sizeof(*a->ranges), compare);
	for (size_t i = 0; i < a->n; i++) {
		if (n && a->ranges[n - 1].begin == a->ranges[i].begin)
			n--;
		a->ranges[n++] = a->ranges[i];
	}
	a->n = n;
	for (size_t i = 0; i + 1 < n; i++)
		if (a->ranges[i].end > a->ranges[i + 1].begin)
			a->ranges[i].end = a->ranges[i + 1].begin;
}

static struct address_names *begin(void)
{
	struct address_names *a = calloc(1, sizeof(*a));

	if (a)
		buf_init(&a->texts, TEXT_MAX);
	return a;
}

static int finish(struct address_names **names, struct address_names *a, int rc)
{
	if (rc) {
		address_names_free(a);
		return rc;
	}
	settle(a);
	*names = a;
	return 0;
}

/* A line: address, letter of the kind, name, and with a tab the module. Functions are kinds t, T, w and W. */
static int add_kallsyms_line(struct address_names *a, const char *line, size_t len)
{
	char *at;
	uint64_t address = strtoull(line, &at, 16);
	const char *name = at + 3;

	if (at == line || at + 3 >= line + len || !strchr("tTwW", at[1]))
		return 0;
	return add(a, address, UINT64_MAX, name, strcspn(name, "\t\n"));
}

/* A line: address and length in hexadecimal digits, and a name which may have spaces. */
static int add_perf_map_line(struct address_names *a, const char *line, size_t len)
{
	const char *end = line + len;
	char *at, *name;
	uint64_t address = strtoull(line, &at, 16), size;

	if (at == line || at >= end || *at != ' ')
		return 0;
	size = strtoull(at + 1, &name, 16);
	if (name == at + 1 || name >= end || *name != ' ' || name + 1 == end || !size)
		return 0;
	return add(a, address, size > UINT64_MAX - address ? UINT64_MAX : address + size, name + 1,
	    (size_t)(end - name - 1));
}

static int parse(struct address_names **names, const char *text,
    int (*add_line)(struct address_names *, const char *, size_t))
{
	struct address_names *a = begin();
	int rc = a ? 0 : -ENOMEM;

	while (*text && !rc) {
		size_t len = strcspn(text, "\n");

		if (len)
			rc = add_line(a, text, len);
		text += len + (text[len] != '\0');
	}
	return finish(names, a, rc);
}

int address_names_parse_kallsyms(struct address_names **names, const char *text)
{
	struct address_names *a;
	int rc = parse(&a, text, add_kallsyms_line);

	if (rc)
		return rc;
	/* they are all 0 when they are hidden (kernel.kptr_restrict) */
	if (!a->n || !a->ranges[a->n - 1].begin) {
		address_names_free(a);
		return -EPERM;
	}
	*names = a;
	return 0;
}

int address_names_parse_perf_map(struct address_names **names, const char *text)
{
	return parse(names, text, add_perf_map_line);
}

int address_names_kernel(struct address_names **names)
{
	struct buf text;
	int rc;

	buf_init(&text, TEXT_MAX);
	rc = file_read("/proc/kallsyms", &text, NULL);
	if (!rc)
		rc = address_names_parse_kallsyms(names, text.data);
	buf_release(&text);
	return rc;
}

/* The process's number in its own namespace, by which it calls its file. */
static pid_t inner_pid(pid_t pid)
{
	char path[64], status[4096];
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (file_read_text(path, status, sizeof(status)) < 0)
		return pid;
	line = strstr(status, "\nNSpid:");
	if (!line)
		return pid;
	line += strlen("\nNSpid:");
	for (const char *c = line; *c && *c != '\n'; c++)
		if (*c == '\t' || *c == ' ')
			line = c;
	return (pid_t)strtol(line, NULL, 10);
}

int address_names_jit(struct address_names **names, pid_t pid)
{
	char path[96], proc[32];
	struct stat file, process;
	struct buf text;
	int rc;

	snprintf(proc, sizeof(proc), "/proc/%d", (int)pid);
	snprintf(path, sizeof(path), "%s/root/tmp/perf-%d.map", proc, (int)inner_pid(pid));
	if (lstat(path, &file) || stat(proc, &process))
		return -errno;
	/* anybody may write to /tmp: a name there is the process's only if the file is */
	if (!S_ISREG(file.st_mode) || (file.st_uid != process.st_uid && file.st_uid != 0))
		return -EPERM;
	buf_init(&text, TEXT_MAX);
	rc = file_read(path, &text, NULL);
	if (!rc)
		rc = address_names_parse_perf_map(names, text.data);
	buf_release(&text);
	return rc;
}

const char *address_names_find(const struct address_names *names, uint64_t address)
{
	size_t low = 0, high = names->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (names->ranges[middle].begin <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address >= names->ranges[low - 1].end)
		return NULL;
	return names->texts.data + names->ranges[low - 1].name;
}
