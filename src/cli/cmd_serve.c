// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "skeleton/serve.h"

struct serve {
	struct serve_options options;
	bool help;
};

enum { THREADS_MAX = 1024, BACKLOG_DEFAULT = 65535 /* the kernel cuts it to somaxconn */ };

static struct serve *serve_of(void *into)
{
	return into;
}

/* HOST:PORT or unix:PATH, as in a URL; port 0 is any. */
static int add_listen(void *into, const char *value, struct err *err)
{
	struct serve_options *o = &serve_of(into)->options;
	char text[512], *colon;
	struct url url;
	bool any_port;
	int rc;

	if (o->n_listen == SERVE_LISTEN_MAX)
		return err_set(err, -EINVAL, "too many addresses to listen on: at most %d", SERVE_LISTEN_MAX);
	snprintf(text, sizeof(text), "http://%s", value);
	colon = strrchr(text, ':');
	any_port = strncmp(value, "unix:", 5) != 0 && !strcmp(colon, ":0");
	if (any_port)
		colon[1] = '1'; /* a URL has no port 0 */
	if (url_parse(text, &url, NULL) || strcmp(url.path, "/") != 0)
		return err_set(err, -EINVAL,
		    "bad address '%s': write it as 127.0.0.1:8080, [::1]:8080 or unix:/path.sock", value);
	if (any_port)
		url.port = 0;
	rc = addr_resolve(&url, &o->listen[o->n_listen], 1, err);
	if (rc < 0)
		return rc;
	o->n_listen++;
	return 0;
}

static int set_protocol(void *into, const char *value, struct err *err)
{
	int protocol = protocol_parse(value);

	if (protocol < 0 || protocol == PROTOCOL_HTTPS)
		return err_set(
		    err, -EINVAL, "unknown protocol '%s': use http, fastcgi, uwsgi or scgi", value);
	serve_of(into)->options.protocol = (enum protocol)protocol;
	return 0;
}

static int set_threads(void *into, const char *value, struct err *err)
{
	uint64_t n;

	if (parse_count(value, &n) || n < 1 || n > THREADS_MAX)
		return err_set(
		    err, -EINVAL, "bad number of threads '%s': it must be 1 to %d", value, THREADS_MAX);
	serve_of(into)->options.threads = (unsigned)n;
	return 0;
}

static int set_backlog(void *into, const char *value, struct err *err)
{
	uint64_t n;

	if (parse_count(value, &n) || n < 1 || n > INT32_MAX)
		return err_set(err, -EINVAL, "bad backlog '%s'", value);
	serve_of(into)->options.backlog = (unsigned)n;
	return 0;
}

static int parse_time(const char *value, int64_t *ns, struct err *err)
{
	if (parse_duration(value, ns))
		return err_set(err, -EINVAL, "bad time '%s': write it as 5ms, 50us or 1s", value);
	return 0;
}

static int parse_every(const char *value, uint64_t *every, struct err *err)
{
	if (parse_count(value, every) || !*every)
		return err_set(err, -EINVAL, "bad number '%s': every Nth, from 1", value);
	return 0;
}

static int set_delay(void *into, const char *value, struct err *err)
{
	return parse_time(value, &serve_of(into)->options.faults.delay_ns, err);
}

static int set_delay_every(void *into, const char *value, struct err *err)
{
	return parse_every(value, &serve_of(into)->options.faults.delay_every, err);
}

static int set_burn(void *into, const char *value, struct err *err)
{
	return parse_time(value, &serve_of(into)->options.faults.burn_ns, err);
}

static int set_close_every(void *into, const char *value, struct err *err)
{
	return parse_every(value, &serve_of(into)->options.faults.close_every, err);
}

static int set_truncate_every(void *into, const char *value, struct err *err)
{
	return parse_every(value, &serve_of(into)->options.faults.truncate_every, err);
}

static int set_status_every(void *into, const char *value, struct err *err)
{
	struct faults *faults = &serve_of(into)->options.faults;
	const char *colon = strchr(value, ':');
	char every[32];
	uint64_t status;

	if (!colon || (size_t)(colon - value) >= sizeof(every) || parse_count(colon + 1, &status) ||
	    status < 200 || status > 599)
		return err_set(err, -EINVAL, "bad '%s': write it as N:STATUS, such as 10:500", value);
	snprintf(every, sizeof(every), "%.*s", (int)(colon - value), value);
	faults->status = (uint16_t)status;
	return parse_every(every, &faults->status_every, err);
}

static int set_stall(void *into, const char *value, struct err *err)
{
	struct faults *faults = &serve_of(into)->options.faults;
	const char *at = strchr(value, '@'), *slash = at ? strchr(at, '/') : NULL;
	size_t start_len = !at ? 0 : slash ? (size_t)(slash - at - 1) : strlen(at + 1);
	char length[32], start[32];

	if (!at || (size_t)(at - value) >= sizeof(length) || start_len >= sizeof(start))
		return err_set(err, -EINVAL,
		    "bad stall '%s': write it as LENGTH@START, such as 1s@5s, or LENGTH@START/PERIOD", value);
	snprintf(length, sizeof(length), "%.*s", (int)(at - value), value);
	snprintf(start, sizeof(start), "%.*s", (int)start_len, at + 1);
	if (parse_time(start, &faults->stall_at_ns, err) || parse_time(length, &faults->stall_ns, err))
		return -EINVAL;
	if (!slash)
		return 0;
	if (parse_time(slash + 1, &faults->stall_every_ns, err))
		return -EINVAL;
	if (faults->stall_every_ns <= faults->stall_ns)
		return err_set(
		    err, -EINVAL, "bad stall '%s': the period must be longer than the stall", value);
	return 0;
}

static int set_help(void *into, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	serve_of(into)->help = true;
	return 0;
}

static const struct option_def options[] = {
    {'l', "listen", "ADDRESS", 1,
	"HOST:PORT or unix:PATH; may be repeated (127.0.0.1:8080);\nport 0 is any free one", add_listen},
    {0, "protocol", "PROTOCOL", 1, "http, fastcgi, uwsgi or scgi, on all addresses (http)", set_protocol},
    {'t', "threads", "N", 1, "threads (1)", set_threads},
    {0, "backlog", "N", 1, "connections that may wait to be accepted (somaxconn)", set_backlog},
    {0, "delay", "TIME", 1, "answer that late, without using the CPU", set_delay},
    {0, "delay-every", "N", 1, "delay only every Nth request", set_delay_every},
    {0, "burn", "TIME", 1, "use that much CPU time for every request", set_burn},
    {0, "close-every", "N", 1, "close the connection of every Nth request, unanswered", set_close_every},
    {0, "status-every", "N:STATUS", 1, "answer every Nth request with that status", set_status_every},
    {0, "truncate-every", "N", 1, "end every Nth answer in the middle of its body", set_truncate_every},
    {0, "stall", "LENGTH@START[/PERIOD]", 1,
	"do nothing for LENGTH, START after the first request,\nand again every PERIOD (once)", set_stall},
    {'h', "help", NULL, 1, "show this", set_help},
    {0},
};

static int show_help(void)
{
	fputs(
	    "usage: maxq serve [OPTION]...\n\n"
	    "Runs the built-in skeleton server: the floor that others are compared with. It answers /hello, /render_name,\n"
	    "/render_table and /lookup, and counts what it served at /stats. With the faults below it is a known truth\n"
	    "to measure against.\n\nOptions (and their defaults):\n",
	    stdout);
	options_help(options, 1, stdout);
	return EXIT_MEASURED;
}

static void announce(const struct server *server, const struct serve_options *o)
{
	char address[ADDR_TEXT_MAX];

	for (unsigned i = 0; i < o->n_listen; i++) {
		const struct addr *addr = serve_address(server, i);

		addr_format(addr, address, sizeof(address));
		printf("listening on %s://%s%s/hello\n", protocol_name(o->protocol), address,
		    addr->sa.ss_family == AF_UNIX ? ":" : "");
	}
	fflush(stdout);
}

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* What it did in its life, and the CPU time of that by the kernel's account: the truth that a measured cost is held against. */
static void account(const struct serve_totals *totals)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	printf("served %" PRIu64 " requests on %" PRIu64 " connections: user %.6f s, system %.6f s\n",
	    totals->requests, totals->connections, seconds(&usage.ru_utime), seconds(&usage.ru_stime));
}

int cmd_serve(int argc, char **argv)
{
	struct serve serve = {.options = {.threads = 1, .backlog = BACKLOG_DEFAULT}};
	struct serve_totals totals;
	struct server *server;
	struct err err;
	sigset_t signals;
	int came, rc = options_parse(options, 1, &serve, argc, argv, &err);

	if (rc < 0)
		return cli_fail(EXIT_USAGE, &err);
	if (serve.help)
		return show_help();
	if (rc > 0)
		return cli_fail(
		    EXIT_USAGE, &(struct err){"serve takes no operands: see 'maxq serve --help'"});
	if (!serve.options.n_listen && add_listen(&serve, "127.0.0.1:8080", &err) < 0)
		return cli_fail(EXIT_CANNOT, &err);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL); /* taken below, by sigwait */
	if (serve_start(&server, &serve.options, &err))
		return cli_fail(EXIT_CANNOT, &err);
	announce(server, &serve.options);
	sigwait(&signals, &came);
	serve_totals(server, &totals);
	serve_stop(server);
	account(&totals);
	return EXIT_MEASURED; /* to be stopped is how a server ends well */
}
