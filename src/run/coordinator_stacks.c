// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/coordinator_parts.h"
#include "run/rank.h"

enum { ADDRS_MAX = 16 };

/* The address that the server's name has here: others may know it by another, or by none. */
static int find_address(const char *server, char host[ADDR_TEXT_MAX], struct err *err)
{
	struct addr addrs[ADDRS_MAX];
	struct url url = {.protocol = PROTOCOL_HTTP, .port = 80};
	struct err why;
	int n;

	snprintf(url.host, sizeof(url.host), "%s", server);
	n = addr_resolve(&url, addrs, ADDRS_MAX, &why);
	if (n < 0)
		return err_set(err, n, "%s: name it by its address, on which stacks are to listen", why.msg);
	for (int i = 0; i < n; i++) {
		if (addrs[i].sa.ss_family != AF_INET)
			continue;
		addr_format_ip(&addrs[i], host, ADDR_TEXT_MAX);
		return 0;
	}
	return err_set(err, -EADDRNOTAVAIL,
	    "'%s' has no address of IPv4, which its stacks could listen on: name it by that", server);
}

/* Asks the observer, whose answer has `size` bytes. -ECHILD when it is its stack that fails. */
static int ask_observer(struct coordinator *c, struct order *order, const void *text, size_t len,
    int64_t deadline_ns, void *answer, size_t size, struct err *err)
{
	unsigned observer = c->n - 1;
	void *data = NULL;
	size_t got = 0;
	int rc;

	if (c->failed)
		return err_set(err, -ECONNABORTED, "one of the machines is lost");
	order->data_len = len;
	rc = coordinator_fail(c, cluster_order(c->cluster, observer, order, text, len, err));
	if (rc)
		return rc;
	rc = cluster_take_reply(c->cluster, observer, &data, &got, deadline_ns, err);
	if (!rc && (!data || got != size))
		rc = err_set(err, -EPROTO, "cannot read what '%s' says", cluster_host(c->cluster, observer));
	else if (!rc)
		memcpy(answer, data, size);
	free(data);
	/* when it has not answered at all, what it says later would be taken for something else */
	if (rc && rc != -ECHILD && rc != -EINTR)
		coordinator_fail(c, rc);
	return rc;
}

int coordinator_launch(struct machines *machines, const struct plan *plan, size_t i, const char *chain,
    struct report *report, struct err *err)
{
	struct coordinator *c = (struct coordinator *)machines;
	struct order order = {.kind = ORDER_LAUNCH, .number = (unsigned)i};
	size_t len = strlen(chain) + 1, host_len;
	struct launched launched = {0};
	char host[ADDR_TEXT_MAX], *texts;
	int rc = find_address(plan->server, host, err);

	if (rc)
		return rc;
	host_len = strlen(host) + 1;
	texts = malloc(host_len + len);
	if (!texts)
		return err_set(err, -ENOMEM, "out of memory");
	memcpy(texts, host, host_len);
	memcpy(texts + host_len, chain, len);
	/* without end: a component may have to be built first */
	rc = ask_observer(c, &order, texts, host_len + len, CLOCK_NEVER, &launched, sizeof(launched), err);
	free(texts);
	if (rc)
		return rc;
	for (unsigned v = 0; v < launched.n && v < CHAIN_MAX && !rc; v++)
		rc = report_add_version(report, launched.versions[v].component, launched.versions[v].text);
	return rc ? err_set(err, rc, "out of memory") : 0;
}

int coordinator_ask(struct machines *machines, size_t i, const char *workload, struct url *url,
    struct expected *expected, struct err *err)
{
	struct coordinator *c = (struct coordinator *)machines;
	struct order order = {.kind = ORDER_ASK, .number = (unsigned)i};
	struct asked *asked = calloc(1, sizeof(*asked));
	int rc;

	if (!asked)
		return err_set(err, -ENOMEM, "out of memory");
	/* it asks within the time to be ready in */
	rc = ask_observer(c, &order, workload, strlen(workload) + 1, CLOCK_NEVER, asked, sizeof(*asked), err);
	if (!rc) {
		*url = asked->url;
		*expected = asked->expected;
	}
	free(asked);
	return rc;
}

int coordinator_look(struct machines *machines, const struct target *target, int64_t *cpu_ns, struct err *err)
{
	struct coordinator *c = (struct coordinator *)machines;
	struct order order = {.kind = ORDER_LOOK, .number = target->number};
	struct looked looked = {0};
	int rc = ask_observer(
	    c, &order, NULL, 0, clock_ns() + COORDINATOR_PATIENCE_NS, &looked, sizeof(looked), err);

	if (rc)
		return rc;
	*cpu_ns = looked.cpu_ns;
	if (!looked.has_ended)
		return 0;
	return err_set(err, -ECHILD, "'%s': %.1400s", cluster_host(c->cluster, c->n - 1), looked.why.msg);
}
