// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/stack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/cgroup.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "stack/build.h"
#include "stack/perf_maps.h"

enum {
	LOG_LINES = 6,
	LOG_BYTES = 400,
	/* Ports to listen on: below those that the kernel gives to outgoing connections. */
	PORT_FIRST = 18000,
	PORT_LAST = 29999,
};

static const int64_t grace_ns = 3 * NS_PER_S, poll_ns = 5 * NS_PER_MS, last_look_ns = 500 * NS_PER_MS;

struct server {
	struct place place;
	struct rendered rendered;
	char cgroup[CGROUP_PATH_MAX];
	struct child *child;
	struct perf_maps maps; /* that are to be removed */
};

struct stack {
	const struct chain *chain;
	struct stack_options options;
	char dir[FILE_PRIVATE_DIR_MAX];
	unsigned n; /* servers, in the order of the chain */
	struct server servers[CHAIN_MAX];
	struct url url;
};

static const char own_host[] = "127.0.0.1";

static bool port_is_free(const char *host, unsigned port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;
	bool is_free;

	if (fd < 0)
		return false;
	inet_pton(AF_INET, host, &in.sin_addr);
	/* as servers do: connections of an earlier one in TIME_WAIT do not count */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	is_free = !bind(fd, (struct sockaddr *)&in, sizeof(in)) && !listen(fd, 1);
	close(fd);
	return is_free;
}

static int choose_port(struct stack *stack, struct server *server, struct err *err)
{
	unsigned range = PORT_LAST - PORT_FIRST + 1;
	/* from a place of this process's own, so that two of them rarely try the same */
	unsigned start = (unsigned)getpid() * 37 + stack->n * 11;

	for (unsigned i = 0; i < range; i++) {
		unsigned port = PORT_FIRST + (start + i) % range;

		snprintf(server->place.port, sizeof(server->place.port), "%u", port);
		for (unsigned other = 0; other < stack->n; other++)
			if (&stack->servers[other] != server &&
			    !strcmp(stack->servers[other].place.port, server->place.port))
				port = 0;
		if (port && port_is_free(server->place.host, port))
			return 0;
	}
	return err_set(err, -EADDRINUSE, "no free port between %d and %d", PORT_FIRST, PORT_LAST);
}

static void make_cgroup(const struct stack *stack, struct server *server, unsigned i)
{
	char name[128];

	/* the end of the folder's name is its own: several stacks run at a time */
	snprintf(name, sizeof(name), "maxq-%d-%s-%u-%s", (int)getpid(), strrchr(stack->dir, '-') + 1, i,
	    server->place.element->component->name);
	/* where that is not allowed, the keeper finds the processes by their descent */
	if (cgroup_make(name, server->cgroup, sizeof(server->cgroup)))
		server->cgroup[0] = '\0';
}

static int render_server(struct stack *stack, unsigned i, struct err *err)
{
	struct server *server = &stack->servers[i];

	return render(
	    &server->place, i + 1 < stack->n ? &stack->servers[i + 1].place : NULL, &server->rendered, err);
}

static int start_server(struct stack *stack, unsigned i, struct err *err)
{
	struct server *server = &stack->servers[i];
	struct child_spec spec = {
	    .dir = server->place.dir,
	    .log = server->place.log,
	    .cgroup = server->cgroup,
	    .remove_dir = server->place.dir,
	    .cpus = stack->options.cpus,
	    .grace_ns = grace_ns,
	};
	int rc = render_server(stack, i, err);

	if (rc)
		return rc;
	make_cgroup(stack, server, i);
	spec.argv = (const char *const *)server->rendered.argv;
	spec.env = (const char *const *)server->rendered.env;
	return child_start(&server->child, &spec, err);
}

/* Only a front whose own description lets it listen elsewhere is reached from there. */
static int check_host(const struct chain *chain, const char *host, struct err *err)
{
	const struct element *front = &chain->elements[0];

	if (!host)
		return 0;
	if (front->is_unix)
		return err_set(err, -EINVAL, "'%s' is reached by a unix socket, which other machines cannot",
		    chain->text);
	if (!strstr(front->component->listens->tcp, "{host}"))
		return err_set(err, -EINVAL,
		    "'%s' listens for its own machine only: its listens.tcp has no {host}",
		    front->component->name);
	return 0;
}

/* A private folder for the stack, and one in it for each server; and where each listens. */
static int prepare(struct stack *stack, struct err *err)
{
	int rc = file_private_dir(stack->dir, err);

	for (unsigned i = 0; i < stack->chain->n && !rc; i++) {
		const struct element *e = &stack->chain->elements[i];
		struct server *server = &stack->servers[stack->n];

		if (e->is_application)
			continue;
		*server = (struct server){.place = {.element = e, .profiled = stack->options.profiled}};
		snprintf(server->place.host, sizeof(server->place.host), "%s",
		    i == 0 && stack->options.host ? stack->options.host : own_host);
		snprintf(server->place.dir, sizeof(server->place.dir), "%s/%u", stack->dir, i);
		snprintf(server->place.log, sizeof(server->place.log), "%s/%u/log", stack->dir, i);
		snprintf(server->place.socket, sizeof(server->place.socket), "%s/%u/socket", stack->dir, i);
		if (mkdir(server->place.dir, 0700))
			return err_set(
			    err, -errno, "cannot create '%s': %s", server->place.dir, strerror(errno));
		stack->n++;
		rc = e->is_unix ? 0 : choose_port(stack, server, err);
	}
	return rc;
}

static void set_url(struct stack *stack)
{
	const struct server *front = &stack->servers[0];

	stack->url = (struct url){
	    .protocol = front->place.element->protocol, .is_unix = front->place.element->is_unix};
	if (front->place.element->is_unix) {
		snprintf(stack->url.socket_path, sizeof(stack->url.socket_path), "%s", front->place.socket);
	} else {
		snprintf(stack->url.host, sizeof(stack->url.host), "%s", front->place.host);
		stack->url.port = (uint16_t)strtoul(front->place.port, NULL, 10);
	}
}

/* Adds the end of the server's log to the message. */
static void add_log(const struct server *server, struct err *err)
{
	size_t used = err ? strlen(err->msg) : 0;
	struct buf tail;

	if (!err)
		return;
	buf_init(&tail, LOG_BYTES);
	file_tail(server->place.log, LOG_LINES, LOG_BYTES, &tail);
	for (char *c = tail.data; *c; c++)
		if ((unsigned char)*c < ' ' && *c != '\n' && *c != '\t')
			*c = '?';
	if (tail.len)
		snprintf(err->msg + used, sizeof(err->msg) - used, "; its log ends:\n%s", tail.data);
	used = strlen(err->msg);
	if (used && err->msg[used - 1] == '\n')
		err->msg[used - 1] = '\0';
	buf_release(&tail);
}

int stack_alive(struct stack *stack, struct err *err)
{
	for (unsigned i = 0; i < stack->n; i++) {
		struct server *server = &stack->servers[i];
		const char *name = server->place.element->component->name;
		int status, rc;

		if (!server->child || !child_ended(server->child, &status))
			continue;
		if (WIFSIGNALED(status))
			rc = err_set(err, -ECHILD, "%s was killed by signal %d (%s)", name, WTERMSIG(status),
			    strsignal(WTERMSIG(status)));
		else
			rc = err_set(err, -ECHILD, "%s ended with status %d", name, WEXITSTATUS(status));
		add_log(server, err);
		return rc;
	}
	return 0;
}

static void set_path(const struct stack *stack, const char *path, struct url *url)
{
	*url = stack->url;
	snprintf(url->path, sizeof(url->path), "%s", path);
}

/* Until /hello is answered rightly, a server has ended, or time is up. */
static int wait_until_ready(struct stack *stack, struct expected *hello, struct err *err)
{
	int64_t deadline_ns = clock_ns() + stack->options.ready_ns;
	struct url url;
	struct err last;
	int rc;

	set_path(stack, "/hello", &url);
	for (;;) {
		rc = stack_alive(stack, err);
		if (rc)
			return rc;
		/* the last look gets a little longer, so that it says what is wrong and not only that time is up */
		rc = expected_verify(hello, &url, deadline_ns + last_look_ns, &last);
		/* asked again: an answer while one of ours has just ended comes from somebody else */
		if (!rc)
			return stack_alive(stack, err);
		if (interrupt_signal())
			return err_set(err, -EINTR, "interrupted");
		if (clock_ns() >= deadline_ns)
			break;
		clock_sleep_until(clock_ns() + poll_ns);
	}
	rc = err_set(err, -ETIMEDOUT, "not ready after %.3g s: %.200s",
	    (double)stack->options.ready_ns / (double)NS_PER_S, last.msg);
	add_log(&stack->servers[stack->n - 1], err);
	return rc;
}

int stack_ask(
    struct stack *stack, const char *workload, struct url *url, struct expected *expected, struct err *err)
{
	struct err why;
	int rc =
	    expected_read(expected, stack->options.catalog, workload, chain_last(stack->chain)->name, err);

	if (rc)
		return rc;
	set_path(stack, workload, url);
	rc = expected_verify(expected, url, clock_ns() + stack->options.ready_ns, &why);
	if (rc) {
		rc = err_set(err, rc, "'%s': %.200s", workload, why.msg);
		add_log(&stack->servers[stack->n - 1], err);
	}
	return rc;
}

bool stack_is_at(const struct stack *stack, const struct url *url)
{
	return !url->is_unix && !stack->url.is_unix && url->port == stack->url.port &&
	    !strcmp(url->host, stack->url.host);
}

int stack_verify(struct stack *stack, const char *workload, struct err *err)
{
	struct expected *expected = malloc(sizeof(*expected));
	struct url url;
	int rc;

	if (!expected)
		return err_set(err, -ENOMEM, "out of memory");
	rc = stack_ask(stack, workload, &url, expected, err);
	free(expected);
	return rc;
}

static struct stack *stack_new(const struct chain *chain, const struct stack_options *options)
{
	struct stack *s = calloc(1, sizeof(*s));

	if (s) {
		s->chain = chain;
		s->options = *options;
	}
	return s;
}

int stack_prepare(
    struct stack **stack, const struct chain *chain, const struct stack_options *options, struct err *err)
{
	struct stack *s = stack_new(chain, options);
	int rc;

	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	rc = prepare(s, err);
	for (unsigned i = 0; i < s->n && !rc; i++)
		rc = render_server(s, i, err);
	if (rc) {
		stack_stop(s);
		return rc;
	}
	*stack = s;
	return 0;
}

int stack_launch(
    struct stack **stack, const struct chain *chain, const struct stack_options *options, struct err *err)
{
	struct stack *s = stack_new(chain, options);
	struct expected hello;
	int rc;

	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	rc = check_host(chain, options->host, err);
	if (!rc)
		rc = chain_check(chain, err);
	for (unsigned i = 0; i < chain->n && !rc; i++)
		rc = build_component(chain->elements[i].component, err);
	if (!rc)
		rc = expected_read(&hello, options->catalog, "/hello", chain_last(chain)->name, err);
	if (!rc)
		rc = prepare(s, err);
	/* from the back, so that what is passed on finds somebody */
	for (unsigned i = s->n; i-- > 0 && !rc;)
		rc = start_server(s, i, err);
	if (!rc) {
		set_url(s);
		rc = wait_until_ready(s, &hello, err);
	}
	if (rc) {
		stack_stop(s);
		return rc;
	}
	*stack = s;
	return 0;
}

unsigned stack_n_servers(const struct stack *stack)
{
	return stack->n;
}

pid_t stack_server(const struct stack *stack, unsigned i, const char **component, const char **cgroup)
{
	*cgroup = stack->servers[i].cgroup;
	*component = stack->servers[i].place.element->component->name;
	return child_pid(stack->servers[i].child);
}

struct server_view stack_server_view(const struct stack *stack, unsigned i)
{
	const struct server *server = &stack->servers[i];

	return (struct server_view){
	    .element = server->place.element, .dir = server->place.dir, .with = &server->rendered};
}

static void begin_stop(const struct stack *stack, struct server *server)
{
	if (server->child && stack->options.profiled && server->place.element->component->profiled_count)
		perf_maps_note(&server->maps, child_pid(server->child));
	child_begin_stop(server->child);
}

void stack_begin_stop(struct stack *stack)
{
	for (unsigned i = 0; stack && i < stack->n; i++)
		begin_stop(stack, &stack->servers[i]);
}

void stack_stop(struct stack *stack)
{
	if (!stack)
		return;
	stack_begin_stop(stack);
	for (unsigned i = 0; i < stack->n; i++) {
		child_stop(stack->servers[i].child);
		perf_maps_remove(&stack->servers[i].maps);
		cgroup_remove(stack->servers[i].cgroup); /* if its keeper could not */
		rendered_release(&stack->servers[i].rendered);
	}
	if (stack->dir[0])
		file_remove_tree(stack->dir);
	free(stack);
}
