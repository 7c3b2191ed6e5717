// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/address.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int address_parse_runs(const char *text, struct viewed *viewed)
{
	viewed->n = 0;
	for (;;) {
		char *end;
		long long run;

		if (*text < '1' || *text > '9' || viewed->n == VIEWER_RUNS_MAX)
			return -EINVAL;
		errno = 0;
		run = strtoll(text, &end, 10);
		if (errno || (*end && *end != ','))
			return -EINVAL;
		viewed->runs[viewed->n++] = run;
		if (!*end)
			return 0;
		text = end + 1;
	}
}

bool address_is_local(const char *host)
{
	static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};

	for (size_t i = 0; host && i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);

		if (!strncmp(host, names[i], len) && (!host[len] || host[len] == ':'))
			return true;
	}
	return false;
}

const char *address_path(const char *token, const char *url)
{
	size_t len = strlen(token);
	unsigned char differs = 0;

	if (url[0] != '/' || strlen(url) < len + 2 || url[len + 1] != '/')
		return NULL;
	for (size_t i = 0; i < len; i++)
		differs |= (unsigned char)(url[i + 1] ^ token[i]);
	return differs ? NULL : url + len + 2;
}
