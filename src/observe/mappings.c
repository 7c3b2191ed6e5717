// SPDX-License-Identifier: GPL-3.0-or-later
#include "observe/mappings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { TEXT_MAX = 16 << 20 };

/* A line: start-end perms offset major:minor inode, and a name. 0 if it is code. */
static int parse_line(const char *line, struct mapping *m)
{
	unsigned long long start, end, offset, inode;
	unsigned major, minor;
	char perms[5];
	int at = 0;

	if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu %n", &start, &end, perms, &offset, &major, &minor,
		&inode, &at) < 7 ||
	    perms[2] != 'x')
		return -EINVAL;
	/* of what has no file only what the kernel gives a name: the rest is made by the program */
	if (!inode && line[at] != '[')
		return -EINVAL;
	*m = (struct mapping){start, end, offset, (uint64_t)major << 32 | minor, inode};
	return 0;
}

int mappings_parse(struct mappings *mappings, const char *text)
{
	struct mappings m = {0};
	size_t lines = 1;

	for (const char *c = strchr(text, '\n'); c; c = strchr(c + 1, '\n'))
		lines++;
	m.list = calloc(lines, sizeof(*m.list));
	if (!m.list)
		return -ENOMEM;
	while (text && *text) {
		if (!parse_line(text, &m.list[m.n]))
			m.n++;
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	*mappings = m;
	return 0;
}

int mappings_read(struct mappings *mappings, pid_t pid)
{
	struct buf text;
	char path[64];
	int rc;

	buf_init(&text, TEXT_MAX);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	rc = file_read(path, &text, NULL);
	if (!rc)
		rc = mappings_parse(mappings, text.data);
	buf_release(&text);
	return rc;
}

void mappings_release(struct mappings *mappings)
{
	free(mappings->list);
	*mappings = (struct mappings){0};
}

uint64_t mappings_first(const struct mappings *mappings, uint64_t address)
{
	const struct mapping *at = NULL;
	uint64_t offset;

	for (size_t i = 0; i < mappings->n && !at; i++)
		if (address >= mappings->list[i].start && address < mappings->list[i].end)
			at = &mappings->list[i];
	if (!at)
		return 0;
	offset = at->offset + (address - at->start);
	for (size_t i = 0; i < mappings->n && at->inode; i++) {
		const struct mapping *m = &mappings->list[i];

		if (m->inode == at->inode && m->device == at->device && offset >= m->offset &&
		    offset < m->offset + (m->end - m->start))
			return m->start + (offset - m->offset);
	}
	return address;
}
