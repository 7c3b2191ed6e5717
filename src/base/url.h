// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A target as the user writes it: SCHEME://AUTHORITY/PATH[?QUERY] (RFC 3986), where AUTHORITY is host[:port] or, as in
 * nginx, unix:/path/to.sock: (the path of the socket ends at its second colon).
 */
#ifndef MAXQ_BASE_URL_H
#define MAXQ_BASE_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum protocol {
	PROTOCOL_HTTP,
	PROTOCOL_HTTPS,
	PROTOCOL_FASTCGI,
	PROTOCOL_UWSGI,
	PROTOCOL_SCGI,
	PROTOCOL_COUNT,
};

struct url {
	enum protocol protocol;
	bool is_unix;
	char host[256];        /* a name or an address, without brackets; empty for a unix socket */
	uint16_t port;         /* 0 for a unix socket */
	char socket_path[108]; /* empty for TCP */
	char path[2048];       /* path and query, at least "/"; the fragment is dropped */
};

/* The scheme's name, such as "http". */
const char *protocol_name(enum protocol protocol);
/* The protocol of that name, or -EINVAL. */
int protocol_parse(const char *name);

int url_parse(const char *text, struct url *url, struct err *err);

/* The URL back as text, always with its port; size >= URL_TEXT_MAX holds any. */
enum { URL_TEXT_MAX = 2048 + 512 };
void url_format(const struct url *url, char *text, size_t size);

/* What belongs into the Host field (RFC 9110 7.2): the port only where it is not the scheme's own. */
void url_host_field(const struct url *url, char *text, size_t size);

#endif
