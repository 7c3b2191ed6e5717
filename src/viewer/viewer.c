// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer/viewer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "viewer/parts.h"

enum { CONNECTIONS_MAX = 64, IDLE_TIMEOUT_S = 60, STRANGER_TIMEOUT_S = 3, TEXT_MAX = 512 };

static enum MHD_Result send_response(
    struct MHD_Connection *connection, unsigned status, const char *type, struct MHD_Response *response)
{
	/* the page's own policy says what it may load and run (web/build.mjs); this is what only a header can say */
	static const char *const headers[][2] = {
	    {"Cache-Control", "no-store"},
	    {"X-Content-Type-Options", "nosniff"},
	    {"Referrer-Policy", "no-referrer"},
	    {"Cross-Origin-Resource-Policy", "same-origin"},
	    {"Cross-Origin-Opener-Policy", "same-origin"},
	    {"Content-Security-Policy", "frame-ancestors 'none'"},
	};
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		MHD_add_response_header(response, headers[i][0], headers[i][1]);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned status, const char *text)
{
	char line[TEXT_MAX];
	int n = snprintf(line, sizeof(line), "%s\n", text);

	if (n >= (int)sizeof(line))
		n = (int)sizeof(line) - 1;
	return send_response(connection, status, "text/plain; charset=utf-8",
	    MHD_create_response_from_buffer((size_t)n, line, MHD_RESPMEM_MUST_COPY));
}

static enum MHD_Result send_page(
    struct viewer *viewer, struct MHD_Connection *connection, const struct viewed *viewed)
{
	struct err err;
	char *page = NULL;
	size_t len = 0;
	int rc = page_make(viewer, viewed, &page, &len, &err);

	if (rc)
		return send_text(
		    connection, rc == -ENOENT ? MHD_HTTP_NOT_FOUND : MHD_HTTP_INTERNAL_SERVER_ERROR, err.msg);
	return send_response(connection, MHD_HTTP_OK, "text/html; charset=utf-8",
	    MHD_create_response_from_buffer(len, page, MHD_RESPMEM_MUST_FREE));
}

/* The run of that name in the query: 0 where there is none, -EINVAL where it is no run. */
static int64_t run_of_query(struct MHD_Connection *connection, const char *name)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
	struct viewed viewed;

	if (!value)
		return 0;
	return address_parse_runs(value, &viewed) || viewed.n != 1 ? -EINVAL : viewed.runs[0];
}

static enum MHD_Result send_events(struct viewer *viewer, struct MHD_Connection *connection)
{
	int64_t run = run_of_query(connection, "run"), shown = run_of_query(connection, "shown");

	if (run < 0 || shown < 0)
		return send_text(connection, MHD_HTTP_NOT_FOUND, "no such run");
	return send_response(connection, MHD_HTTP_OK, "text/event-stream", stream_make(viewer, run, shown));
}

static enum MHD_Result answer(void *closure, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *body, size_t *body_len, void **state)
{
	struct viewer *viewer = closure;
	const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
	const char *path = address_path(viewer->token, url);
	struct viewed viewed = {.n = 0};

	(void)version;
	(void)body;
	(void)state;
	/* nothing here reads a body */
	*body_len = 0;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return send_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "this is only to be read");
	if (!address_is_local(host))
		return send_text(connection, MHD_HTTP_FORBIDDEN, "use the address that maxq printed");
	if (!path)
		return send_text(connection, MHD_HTTP_NOT_FOUND,
		    "not here: use the address that maxq printed, which is another one each time");
	/* who knows the token has all the time of the world */
	MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S);
	if (!*path)
		return send_page(viewer, connection, &viewed);
	if (!strcmp(path, "events"))
		return send_events(viewer, connection);
	if (!strncmp(path, "run/", 4) && !address_parse_runs(path + 4, &viewed))
		return send_page(viewer, connection, &viewed);
	return send_text(connection, MHD_HTTP_NOT_FOUND, "no such page");
}

static int make_token(char *token)
{
	unsigned char bytes[VIEWER_TOKEN_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -errno;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(token + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

/* Its threads get no signals: they are for who opened it. */
static int start(struct viewer *viewer, uint16_t port, struct err *err)
{
	struct sockaddr_in addr = {
	    .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	const union MHD_DaemonInfo *info;
	sigset_t all, before;
	int why;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	errno = 0;
	viewer->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION,
	    port, NULL, NULL, answer, viewer, MHD_OPTION_SOCK_ADDR, &addr, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)STRANGER_TIMEOUT_S,
	    MHD_OPTION_END);
	why = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!viewer->daemon)
		return err_set(err, why ? -why : -EIO, "cannot serve the report at port %u: %s", port,
		    why == EADDRINUSE ? "it is taken; leave out --port for any that is free"
			: why         ? strerror(why)
				      : "libmicrohttpd failed");
	info = MHD_get_daemon_info(viewer->daemon, MHD_DAEMON_INFO_BIND_PORT);
	snprintf(viewer->url, sizeof(viewer->url), "http://127.0.0.1:%u/%s/", info ? info->port : port,
	    viewer->token);
	return 0;
}

int viewer_open(struct viewer **opened, const char *store, uint16_t port, struct err *err)
{
	struct viewer *viewer = calloc(1, sizeof(*viewer));
	pthread_condattr_t monotonic;
	int rc;

	if (!viewer)
		return err_set(err, -ENOMEM, "out of memory");
	pthread_mutex_init(&viewer->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&viewer->end, &monotonic);
	pthread_condattr_destroy(&monotonic);
	snprintf(viewer->store, sizeof(viewer->store), "%s", store);
	rc = make_token(viewer->token);
	if (rc)
		err_set(err, rc, "no random numbers: %s", strerror(-rc));
	else
		rc = start(viewer, port, err);
	if (rc) {
		viewer_close(viewer);
		return rc;
	}
	*opened = viewer;
	return 0;
}

void viewer_close(struct viewer *viewer)
{
	if (!viewer)
		return;
	pthread_mutex_lock(&viewer->lock);
	viewer->ended = true;
	pthread_cond_broadcast(&viewer->end);
	pthread_mutex_unlock(&viewer->lock);
	if (viewer->daemon)
		MHD_stop_daemon(viewer->daemon);
	pthread_cond_destroy(&viewer->end);
	pthread_mutex_destroy(&viewer->lock);
	free(viewer);
}

const char *viewer_url(const struct viewer *viewer)
{
	return viewer->url;
}
