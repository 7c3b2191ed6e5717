// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/file.h"
#include "codec/request.h"
#include "observe/listener.h"
#include "run/machines.h"

enum { ADDRS_MAX = 16, OWNERS_MAX = 256 };

/* Source addresses must be of the kind of the target's, and this machine's. */
static int check_sources(const struct target *target, struct err *err)
{
	const struct plan *plan = target->plan;
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < plan->n_sources; i++) {
		int fd = socket(plan->sources[i].sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), rc = 0;

		addr_format_ip(&plan->sources[i], text, sizeof(text));
		if (plan->sources[i].sa.ss_family != target->addr.sa.ss_family)
			rc = err_set(err, -EAFNOSUPPORT,
			    "cannot reach '%s' from '%s': it is another kind of address", target->text, text);
		else if (fd < 0 ||
		    bind(fd, (const struct sockaddr *)&plan->sources[i].sa, plan->sources[i].len))
			rc = err_set(err, -errno,
			    "cannot connect from '%s': %s: is it an address of this machine?", text,
			    strerror(errno));
		if (fd >= 0)
			close(fd);
		if (rc)
			return rc;
	}
	return 0;
}

/* The first address that takes a connection. */
static int choose_address(struct target *target, struct err *err)
{
	struct addr addrs[ADDRS_MAX];
	char text[ADDR_TEXT_MAX];
	int n = addr_resolve(&target->url, addrs, ADDRS_MAX, err), rc = -EADDRNOTAVAIL;

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		addr_format(&addrs[i], text, sizeof(text));
		if (!target->plan->remote_ok && !addr_is_local(&addrs[i]))
			return err_set(err, -EPERM,
			    "'%s' is not this machine: add --remote-ok if you may put load on it", text);
		rc = addr_connect(&addrs[i], target->plan->timeout_ns);
		if (rc >= 0) {
			close(rc);
			target->addr = addrs[i];
			return 0;
		}
	}
	return err_set(err, rc, "cannot connect to '%s': %s: is the server running?", text, strerror(-rc));
}

static int encode_request(struct target *target, struct err *err)
{
	const struct plan *plan = target->plan;
	size_t size = request_size(plan->body_len);
	char host[sizeof(target->url.host) + 16];
	struct request_spec spec = {
	    .method = plan->method,
	    .path = target->url.path,
	    .host = host,
	    .headers = plan->headers,
	    .n_headers = plan->n_headers,
	    .body = plan->body,
	    .body_len = plan->body_len,
	    .close = !target->keepalive,
	    .params = plan->params,
	    .n_params = plan->n_params,
	    .modifier1 = plan->modifier1,
	};
	int n;

	url_host_field(&target->url, host, sizeof(host));
	target->is_head = !strcmp(plan->method, "HEAD");
	target->body = (struct body_spec){.expect = plan->expect_body, .expect_len = plan->expect_body_len};
	target->request = malloc(size);
	if (!target->request)
		return err_set(err, -ENOMEM, "out of memory");
	n = request_encode(target->request, size, target->url.protocol, &spec, err);
	if (n < 0)
		return n;
	target->request_len = (size_t)n;
	if (target->url.protocol == PROTOCOL_UWSGI &&
	    uwsgi_request_vars_len(target->request) > UWSGI_VARS_USUAL)
		target->why_unanswered =
		    "closed without a response: the request has more than 4096 bytes of "
		    "variables, and uWSGI takes no more unless its buffer-size is larger";
	return 0;
}

static int check_protocol(const struct plan *plan, enum protocol protocol, struct err *err)
{
	const char *name = protocol_name(protocol);

	if (protocol == PROTOCOL_HTTPS)
		return err_set(err, -EPROTONOSUPPORT, "cannot speak 'https' yet: use http");
	if (plan->keepalive == KEEPALIVE_YES && (protocol == PROTOCOL_UWSGI || protocol == PROTOCOL_SCGI))
		return err_set(
		    err, -EINVAL, "a connection carries one request of %s: leave out --keepalive", name);
	if (plan->pipeline > 1 && protocol != PROTOCOL_HTTP)
		return err_set(err, -EINVAL, "%s has no pipelining: use --pipeline with http", name);
	if (plan->pipeline > 1 && plan->keepalive == KEEPALIVE_NO)
		return err_set(
		    err, -EINVAL, "pipelining needs connections that stay: leave out --no-keepalive");
	if (plan->n_params && protocol == PROTOCOL_HTTP)
		return err_set(
		    err, -EINVAL, "http has no parameters: use --param with fastcgi, uwsgi or scgi");
	if (plan->modifier1 && protocol != PROTOCOL_UWSGI)
		return err_set(err, -EINVAL, "%s has no modifier: use --uwsgi-modifier with uwsgi", name);
	if (plan->calibrate && protocol != PROTOCOL_HTTP)
		return err_set(err, -EINVAL, "cannot calibrate by %s: use --calibrate with http", name);
	if (plan->io == IO_KIND_NULL && protocol != PROTOCOL_HTTP)
		return err_set(err, -EINVAL, "io 'null' answers by http only, not by %s", name);
	return 0;
}

/* A query can hold secrets, as values of headers can: it is left out unless the user wants it. */
static void format_target(struct target *target)
{
	struct url shown = target->url;
	char *query = strchr(shown.path, '?');

	if (query && !target->plan->show_query)
		*query = '\0';
	url_format(&shown, target->text, sizeof(target->text));
}

int target_open(struct target *target, const struct plan *plan, const struct url *url, struct err *err)
{
	int rc;

	*target = (struct target){.plan = plan,
	    .url = *url,
	    .keepalive = plan_keepalive(plan, url->protocol),
	    .generator_cpus = plan->generator_cpus};
	format_target(target);
	rc = check_protocol(plan, url->protocol, err);
	if (!rc)
		rc = encode_request(target, err);
	if (!rc && !plan->machines)
		rc = choose_address(target, err);
	if (!rc && !plan->machines)
		rc = check_sources(target, err);
	if (!rc)
		rc = procs_new(&target->procs, err);
	if (!rc && plan->machines)
		rc = plan->machines->open(plan->machines, target, err);
	if (rc)
		target_close(target);
	return rc;
}

/* A port for each connection from one address to one other; a source address more is all ports once more. */
int target_check_ports(const struct target *target, unsigned clients, struct err *err)
{
	const struct plan *plan = target->plan;
	unsigned first, last, ports, sources = plan->n_sources ? (unsigned)plan->n_sources : 1;
	char text[64], more[64] = "";

	if (target->url.is_unix || !target->keepalive || plan->io == IO_KIND_NULL ||
	    file_read_text("/proc/sys/net/ipv4/ip_local_port_range", text, sizeof(text)) < 0 ||
	    sscanf(text, "%u %u", &first, &last) != 2 || last < first)
		return 0;
	ports = last - first + 1;
	if (clients <= (uint64_t)ports * sources)
		return 0;
	if (target->addr.sa.ss_family == AF_INET)
		snprintf(more, sizeof(more), ", such as --source 127.0.0.1,127.0.0.2");
	return err_set(err, -EADDRNOTAVAIL,
	    "cannot open %u connections to '%s': there are %u local ports an address, and %u address%s: give %u of them by --source%s",
	    clients, target->text, ports, sources, sources == 1 ? "" : "es", (clients + ports - 1) / ports,
	    more);
}

void target_close(struct target *target)
{
	free(target->request);
	procs_free(target->procs);
	*target = (struct target){0};
}

/* Keeps the generator off the CPUs of a server that is pinned; else gives it the last ones, if some are left then. */
static void choose_generator_cpus(struct target *target, const cpu_set_t *server)
{
	unsigned threads = target->plan->threads;
	cpu_set_t allowed, left;
	unsigned n;

	if (CPU_COUNT(&target->generator_cpus) || cpus_allowed(&allowed))
		return;
	left = allowed;
	cpus_subtract(&left, server);
	if (CPU_COUNT(&left)) {
		target->generator_cpus = left;
		return;
	}
	n = (unsigned)CPU_COUNT(&allowed);
	for (unsigned i = n > threads ? n - threads : n; i < n; i++)
		CPU_SET(cpus_nth(&allowed, (int)i), &target->generator_cpus);
}

int target_add_server(struct target *target, const struct addr *addr, const char *component)
{
	pid_t pids[OWNERS_MAX];
	int n = listener_find(addr, pids, OWNERS_MAX);

	for (int i = 0; i < n; i++)
		procs_add_tree(target->procs, pids[i], component, NULL);
	procs_affinity(target->procs, &target->server_cpus);
	return n;
}

void target_place(struct target *target)
{
	choose_generator_cpus(target, &target->server_cpus);
}

void target_find_server(struct target *target)
{
	if (target->plan->machines)
		return;
	target_add_server(target, &target->addr, NULL);
	target_place(target);
}

unsigned target_server_cpus(const struct target *target)
{
	cpu_set_t own = target->server_cpus;

	cpus_subtract(&own, &target->generator_cpus);
	return (unsigned)(CPU_COUNT(&own) ? CPU_COUNT(&own) : CPU_COUNT(&target->server_cpus));
}

void target_used_cpus(const struct target *target, cpu_set_t *used)
{
	*used = target->generator_cpus;
	if (!CPU_COUNT(used) && cpus_allowed(used))
		CPU_ZERO(used);
	CPU_OR(used, used, &target->server_cpus);
}

void target_pin_self(const struct target *target)
{
	if (CPU_COUNT(&target->generator_cpus))
		sched_setaffinity(0, sizeof(target->generator_cpus), &target->generator_cpus);
}
