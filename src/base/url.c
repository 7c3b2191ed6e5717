// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/url.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	uint16_t port; /* 0: has no port of its own */
} schemes[PROTOCOL_COUNT] = {
    [PROTOCOL_HTTP] = {"http", 80},
    [PROTOCOL_HTTPS] = {"https", 443},
    [PROTOCOL_FASTCGI] = {"fastcgi", 0},
    [PROTOCOL_UWSGI] = {"uwsgi", 0},
    [PROTOCOL_SCGI] = {"scgi", 0},
};

const char *protocol_name(enum protocol protocol)
{
	return schemes[protocol].name;
}

int protocol_parse(const char *name)
{
	for (int i = 0; i < PROTOCOL_COUNT; i++)
		if (!strcmp(schemes[i].name, name))
			return i;
	return -EINVAL;
}

/* Copies `len` bytes and terminates; -1 when they do not fit. */
static int copy_part(char *into, size_t size, const char *from, size_t len)
{
	if (len >= size)
		return -1;
	memcpy(into, from, len);
	into[len] = '\0';
	return 0;
}

/* Path and query, up to the fragment. What is not allowed in a request line must come percent-encoded. */
static int parse_path(const char *text, const char *at, struct url *url, struct err *err)
{
	size_t len = strcspn(at, "#");

	if (!len || *at == '?') {
		if (copy_part(url->path + 1, sizeof(url->path) - 1, at, len))
			return err_set(err, -EINVAL, "path of '%s' is longer than %zu bytes", text,
			    sizeof(url->path) - 1);
		url->path[0] = '/';
		return 0;
	}
	if (*at != '/')
		return err_set(err, -EINVAL, "cannot read '%s': a path must begin with /", text);
	if (copy_part(url->path, sizeof(url->path), at, len))
		return err_set(
		    err, -EINVAL, "path of '%s' is longer than %zu bytes", text, sizeof(url->path) - 1);
	return 0;
}

static int parse_unix(const char *text, const char *at, struct url *url, struct err *err)
{
	size_t len = strcspn(at, ":");

	url->is_unix = true;
	if (*at != '/')
		return err_set(
		    err, -EINVAL, "cannot read '%s': write a unix socket as unix:/path/to.sock:/path", text);
	if (copy_part(url->socket_path, sizeof(url->socket_path), at, len))
		return err_set(err, -EINVAL, "socket path of '%s' is longer than %zu bytes", text,
		    sizeof(url->socket_path) - 1);
	at += len;
	return parse_path(text, *at == ':' ? at + 1 : at, url, err);
}

static int parse_port(const char *text, const char *at, size_t len, struct url *url, struct err *err)
{
	unsigned long port = 0;

	for (size_t i = 0; i < len; i++)
		port = isdigit((unsigned char)at[i]) && port <= UINT16_MAX
		    ? port * 10 + (unsigned long)(at[i] - '0')
		    : 65536;
	if (!len || port < 1 || port > UINT16_MAX)
		return err_set(
		    err, -EINVAL, "bad port '%.*s' in '%s': it must be 1 to 65535", (int)len, at, text);
	url->port = (uint16_t)port;
	return 0;
}

static int parse_host(const char *text, const char *at, struct url *url, struct err *err)
{
	size_t len = strcspn(at, "/?#");
	const char *rest = at + len;
	const char *host = at, *colon;
	size_t host_len;
	int rc;

	if (memchr(at, '@', len))
		return err_set(err, -EINVAL, "no user names in URLs: use -H 'Authorization: ...' instead");
	if (*at == '[') {
		const char *bracket = memchr(at, ']', len);

		if (!bracket || (bracket + 1 != rest && bracket[1] != ':'))
			return err_set(
			    err, -EINVAL, "cannot read '%s': write an IPv6 address as [::1]:8080", text);
		host = at + 1;
		host_len = (size_t)(bracket - host);
		colon = bracket + 1 == rest ? NULL : bracket + 1;
	} else {
		colon = memchr(at, ':', len);
		host_len = colon ? (size_t)(colon - at) : len;
		if (colon && memchr(colon + 1, ':', (size_t)(rest - colon - 1)))
			return err_set(
			    err, -EINVAL, "cannot read '%s': write an IPv6 address as [::1]:8080", text);
	}
	if (!host_len || copy_part(url->host, sizeof(url->host), host, host_len))
		return err_set(err, -EINVAL, "no host in '%s'", text);
	url->port = schemes[url->protocol].port;
	if (colon) {
		rc = parse_port(text, colon + 1, (size_t)(rest - colon - 1), url, err);
		if (rc)
			return rc;
	}
	if (!url->port)
		return err_set(err, -EINVAL, "no port in '%s': %s has none of its own", text,
		    schemes[url->protocol].name);
	return parse_path(text, rest, url, err);
}

/* As messages quote it: without user and query, which can be secrets. */
static void format_quoted(const char *text, char *quoted, size_t size)
{
	const char *sep = strstr(text, "://"), *authority = sep ? sep + 3 : text;
	const char *at = memrchr(authority, '@', strcspn(authority, "/?#"));
	const char *rest = at ? at + 1 : authority;

	snprintf(quoted, size, "%.*s%.*s", (int)(authority - text), text, (int)strcspn(rest, "?#"), rest);
}

int url_parse(const char *text, struct url *url, struct err *err)
{
	const char *sep = strstr(text, "://");
	struct url parsed = {0};
	char scheme[16], quoted[URL_TEXT_MAX];
	int rc;

	format_quoted(text, quoted, sizeof(quoted));
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return err_set(err, -EINVAL,
			    "a URL cannot contain spaces or control characters: encode them as %%20");
	if (!sep)
		return err_set(err, -EINVAL, "no scheme in '%s': did you mean 'http://%s'?", quoted, quoted);
	rc = copy_part(scheme, sizeof(scheme), text, (size_t)(sep - text)) ? -1 : protocol_parse(scheme);
	if (rc < 0)
		return err_set(err, -EINVAL,
		    "unknown scheme '%.*s' in '%s': use http, https, fastcgi, uwsgi or scgi",
		    (int)(sep - text), text, quoted);
	parsed.protocol = (enum protocol)rc;
	sep += 3;
	rc = !strncmp(sep, "unix:", 5) ? parse_unix(quoted, sep + 5, &parsed, err)
				       : parse_host(quoted, sep, &parsed, err);
	if (rc)
		return rc;
	*url = parsed;
	return 0;
}

void url_format(const struct url *url, char *text, size_t size)
{
	const char *scheme = protocol_name(url->protocol);

	if (url->is_unix)
		snprintf(text, size, "%s://unix:%s:%s", scheme, url->socket_path, url->path);
	else if (strchr(url->host, ':'))
		snprintf(text, size, "%s://[%s]:%u%s", scheme, url->host, url->port, url->path);
	else
		snprintf(text, size, "%s://%s:%u%s", scheme, url->host, url->port, url->path);
}

void url_host_field(const struct url *url, char *text, size_t size)
{
	bool brackets = strchr(url->host, ':');

	if (url->is_unix)
		snprintf(text, size, "localhost");
	else if (url->port == schemes[url->protocol].port)
		snprintf(text, size, brackets ? "[%s]" : "%s", url->host);
	else
		snprintf(text, size, brackets ? "[%s]:%u" : "%s:%u", url->host, url->port);
}
