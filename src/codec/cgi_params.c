// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/cgi_params.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PATH_MAX_LEN = 2048, HOST_MAX = 256, NAME_MAX_LEN = 256 };

struct maker {
	const struct request_spec *spec;
	struct cgi_sink *sink;
	uint64_t replaced; /* bit i: params[i] has taken the place of a variable of ours */
	char host[HOST_MAX];
	char path[PATH_MAX_LEN]; /* decoded, without the query */
	char length[24];
};

/* What the user gives under that name, instead of ours; or NULL. */
static const char *replacement(struct maker *m, const char *name, size_t len)
{
	const char *value = NULL;

	for (size_t i = 0; i < m->spec->n_params; i++) {
		const char *param = m->spec->params[i];

		if (strncmp(param, name, len) != 0 || param[len] != '=')
			continue;
		m->replaced |= UINT64_C(1) << i;
		value = param + len + 1; /* the last one counts */
	}
	return value;
}

static void put(struct maker *m, const char *name, const char *value, size_t value_len)
{
	size_t name_len = strlen(name);
	const char *other = replacement(m, name, name_len);

	m->sink->put(m->sink, name, name_len, other ? other : value, other ? strlen(other) : value_len);
}

static void put_text(struct maker *m, const char *name, const char *value)
{
	put(m, name, value, strlen(value));
}

static int hex_digit(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* The path, decoded (RFC 3986 2.1) as nginx does before it passes it on. */
static int decode_path(const char *text, char *path, struct err *err)
{
	size_t len = strcspn(text, "?"), n = 0;

	for (size_t i = 0; i < len; i++, n++) {
		int high = text[i] == '%' && i + 2 < len ? hex_digit(text[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(text[i + 2]) : -1;

		if (n == PATH_MAX_LEN - 1)
			return err_set(err, -EINVAL, "path is longer than %d bytes", PATH_MAX_LEN - 1);
		path[n] = text[i];
		if (low < 0)
			continue;
		path[n] = (char)(high << 4 | low);
		if (!path[n])
			return err_set(err, -EINVAL, "path has a %%00, which cannot be passed on");
		i += 2;
	}
	path[n] = '\0';
	return 0;
}

/* The host alone, in lower case: $host of nginx. */
static int read_host(const struct request_spec *spec, char *host, struct err *err)
{
	const char *header = request_spec_header(spec, "Host");
	const char *text = header ? header_value(header) : spec->host;
	const char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
	size_t len = bracket ? (size_t)(bracket - text) + 1 : strcspn(text, ":");

	if (len >= HOST_MAX)
		return err_set(err, -EINVAL, "host is longer than %d bytes", HOST_MAX - 1);
	for (size_t i = 0; i < len; i++)
		host[i] = (char)tolower((unsigned char)text[i]);
	host[len] = '\0';
	return 0;
}

/* Empty for a request without a body, but for scgi, which cannot do without. */
static void read_length(const struct request_spec *spec, enum protocol protocol, char *length, size_t size)
{
	const char *header = request_spec_header(spec, "Content-Length");
	const char *method = request_spec_method(spec);
	bool has_body =
	    spec->body_len || !strcmp(method, "POST") || !strcmp(method, "PUT") || !strcmp(method, "PATCH");

	if (header)
		snprintf(length, size, "%s", header_value(header));
	else if (has_body || protocol == PROTOCOL_SCGI)
		snprintf(length, size, "%zu", spec->body_len);
	else
		length[0] = '\0';
}

static void put_fixed(struct maker *m, enum protocol protocol)
{
	static const struct {
		const char *name, *value;
		bool only_fastcgi;
	} fixed[] = {
	    {"DOCUMENT_ROOT", "/usr/share/nginx/html", false},
	    {"SERVER_PROTOCOL", "HTTP/1.1", false},
	    {"REQUEST_SCHEME", "http", false},
	    {"GATEWAY_INTERFACE", "CGI/1.1", true},
	    {"SERVER_SOFTWARE", "maxq/" MAXQ_VERSION, true},
	    {"REMOTE_ADDR", "127.0.0.1", false},
	    {"REMOTE_PORT", "49152", false},
	    {"REMOTE_USER", "", true},
	    {"SERVER_ADDR", "127.0.0.1", true},
	    {"SERVER_PORT", "80", false},
	    {"REDIRECT_STATUS", "200", true},
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (!fixed[i].only_fastcgi || protocol == PROTOCOL_FASTCGI)
			put_text(m, fixed[i].name, fixed[i].value);
}

/* Of the request line and the server's name. */
static void put_request(struct maker *m, enum protocol protocol)
{
	const char *query = strchr(m->spec->path, '?');
	const char *type = request_spec_header(m->spec, "Content-Type");

	if (protocol == PROTOCOL_SCGI) {
		put_text(m, "CONTENT_LENGTH", m->length);
		put_text(m, "SCGI", "1");
	}
	put_text(m, "QUERY_STRING", query ? query + 1 : "");
	put_text(m, "REQUEST_METHOD", request_spec_method(m->spec));
	put_text(m, "CONTENT_TYPE", type ? header_value(type) : "");
	if (protocol != PROTOCOL_SCGI)
		put_text(m, "CONTENT_LENGTH", m->length);
	if (protocol == PROTOCOL_FASTCGI)
		put_text(m, "SCRIPT_NAME", m->path);
	put_text(m, "REQUEST_URI", m->spec->path);
	put_text(m, "PATH_INFO", m->path);
	if (protocol != PROTOCOL_UWSGI)
		put_text(m, "DOCUMENT_URI", m->path);
	put_text(m, "SERVER_NAME", m->host);
	put_text(m, "HTTP_HOST", m->host);
}

/* "Accept-Language: x" becomes HTTP_ACCEPT_LANGUAGE. */
static int put_header(struct maker *m, const char *header, struct err *err)
{
	size_t len = strcspn(header, ":");
	char name[NAME_MAX_LEN] = "HTTP_";

	if (len >= sizeof(name) - 5)
		return err_set(err, -EINVAL, "name of header '%.20s...' is too long", header);
	for (size_t i = 0; i < len; i++)
		name[5 + i] = header[i] == '-' ? '_' : (char)toupper((unsigned char)header[i]);
	name[5 + len] = '\0';
	put_text(m, name, header_value(header));
	return 0;
}

static int put_headers(struct maker *m, struct err *err)
{
	const struct request_spec *spec = m->spec;
	int rc = 0;

	if (!request_spec_header(spec, "User-Agent"))
		put_text(m, "HTTP_USER_AGENT", "maxq");
	for (size_t i = 0; i < spec->n_headers && !rc; i++)
		if (strncasecmp(spec->headers[i], "Host:", 5) != 0)
			rc = put_header(m, spec->headers[i], err);
	return rc;
}

/* Those of the user that have replaced none of ours. */
static void put_params(struct maker *m)
{
	for (size_t i = 0; i < m->spec->n_params; i++) {
		const char *param = m->spec->params[i], *equals = strchr(param, '=');

		if (!(m->replaced >> i & 1))
			m->sink->put(
			    m->sink, param, (size_t)(equals - param), equals + 1, strlen(equals + 1));
	}
}

int cgi_params_put(
    const struct request_spec *spec, enum protocol protocol, struct cgi_sink *sink, struct err *err)
{
	struct maker m = {.spec = spec, .sink = sink};
	int rc = request_spec_check(spec, err);

	if (!rc)
		rc = decode_path(spec->path, m.path, err);
	if (!rc)
		rc = read_host(spec, m.host, err);
	if (rc)
		return rc;
	read_length(spec, protocol, m.length, sizeof(m.length));
	put_request(&m, protocol);
	put_fixed(&m, protocol);
	rc = put_headers(&m, err);
	if (!rc)
		put_params(&m);
	return rc;
}
