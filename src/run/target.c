// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "codec/request.h"
#include "observe/listener.h"

enum { ADDRS_MAX = 16, OWNERS_MAX = 256 };

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
		return err_set(err, -EINVAL, "pipelining needs connections that stay: leave out --no-keepalive");
	if (plan->n_params && protocol == PROTOCOL_HTTP)
		return err_set(
		    err, -EINVAL, "http has no parameters: use --param with fastcgi, uwsgi or scgi");
	if (plan->modifier1 && protocol != PROTOCOL_UWSGI)
		return err_set(err, -EINVAL, "%s has no modifier: use --uwsgi-modifier with uwsgi", name);
	if (plan->io == IO_KIND_NULL && protocol != PROTOCOL_HTTP)
		return err_set(err, -EINVAL, "io 'null' answers by http only, not by %s", name);
	return 0;
}

int target_open(struct target *target, const struct plan *plan, const struct url *url, struct err *err)
{
	int rc;

	*target = (struct target){.plan = plan,
	    .url = *url,
	    .keepalive = plan_keepalive(plan, url->protocol),
	    .generator_cpus = plan->generator_cpus};
	url_format(url, target->text, sizeof(target->text));
	rc = check_protocol(plan, url->protocol, err);
	if (!rc)
		rc = encode_request(target, err);
	if (!rc)
		rc = choose_address(target, err);
	if (!rc)
		rc = procs_new(&target->procs, err);
	if (rc)
		target_close(target);
	return rc;
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

void target_find_server(struct target *target)
{
	pid_t pids[OWNERS_MAX];
	int n = listener_find(&target->addr, pids, OWNERS_MAX);

	for (int i = 0; i < n; i++)
		procs_add_tree(target->procs, pids[i], NULL, NULL);
	procs_affinity(target->procs, &target->server_cpus);
	choose_generator_cpus(target, &target->server_cpus);
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
