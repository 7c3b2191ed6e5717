// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ranks.h"
#include "run/coordinator_parts.h"
#include "run/rank.h"

/* Beginnings that are farther apart are worth a warning: a tenth of a window. */
static const int64_t clock_error_max_ns = 10 * NS_PER_MS;

/* Clocks that cannot be compared closely make loads begin apart. */
static void judge_clock(const struct clock_offset *offset, struct findings *findings)
{
	struct finding *f = findings_add(findings, "clock");
	double error_ms = (double)offset->error_ns / NS_PER_MS;

	finding_found(f, "the wall clock is %+.3f ms off the coordinator's, compared to within %.3f ms",
	    (double)offset->wall_ns / NS_PER_MS, error_ms);
	if (offset->error_ns <= clock_error_max_ns)
		return;
	finding_wanted(f, "an answer within %lld ms", (long long)(2 * clock_error_max_ns / NS_PER_MS));
	finding_judge(f, LEVEL_WARNING, "loads may begin so far apart, which short steps do not bear");
	finding_advice(f, "a shorter way between the machines, or longer steps (-d)");
}

/* In a line of all machines, the worst of what each has of its own. */
static void sum_up(const struct examined *examined, struct findings *findings)
{
	enum finding_level worst = findings_worst(&examined->findings);
	struct finding *f = findings_add(findings, "machine");
	char names[FINDING_TEXT_MAX / 2] = "";
	size_t used = 0;

	finding_found(f, "%s, %s", examined->host, rank_role_name(examined->role));
	if (worst <= LEVEL_NOTE)
		return;
	for (size_t i = 0; i < examined->findings.n && used < sizeof(names); i++)
		if (examined->findings.list[i].level == worst)
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "",
			    examined->findings.list[i].name);
	finding_wanted(f, "no %s", level_name(worst));
	finding_judge(f, worst, "%s: see %s above", names, examined->host);
	finding_advice(f, "as it says there");
}

static int examine_rank(struct coordinator *c, unsigned r, struct examined *examined, struct err *err)
{
	struct examination_message *message;
	int64_t deadline_ns = clock_ns() + COORDINATOR_PATIENCE_NS;
	void *data = NULL;
	size_t len = 0;
	int rc = cluster_take_reply(c->cluster, r, &data, &len, deadline_ns, err);

	if (!rc && len != sizeof(*message))
		rc = err_set(err, -EPROTO, "cannot read what '%s' found", cluster_host(c->cluster, r));
	if (!rc) {
		message = data;
		examined->findings = message->findings;
		for (size_t i = 0; i < message->findings.n; i++)
			examined->findings.list[i].name = coordinator_keep_text(c, message->names[i]);
		memcpy(examined->host, cluster_host(c->cluster, r), sizeof(examined->host));
		examined->role = cluster_role(c->cluster, r);
		judge_clock(&c->offsets[r], &examined->findings);
	}
	free(data);
	return coordinator_fail(c, rc);
}

int coordinator_examine(struct machines *machines, struct sink *sink, struct report *report, struct err *err)
{
	struct coordinator *c = (struct coordinator *)machines;
	int rc = 0;

	report->findings = calloc(1, sizeof(*report->findings));
	report->examined = calloc(c->n, sizeof(*report->examined));
	if (!report->findings || !report->examined)
		return err_set(err, -ENOMEM, "out of memory");
	for (unsigned r = 1; r < c->n && !rc; r++)
		rc = coordinator_fail(c, cluster_ask_clock(c->cluster, r, &c->offsets[r], err));
	if (!rc)
		rc = coordinator_order_all(c, &(struct order){.kind = ORDER_EXAMINE}, NULL, 0, err);
	for (unsigned r = 1; r < c->n && !rc; r++) {
		struct examined *examined = &report->examined[report->n_examined];

		rc = examine_rank(c, r, examined, err);
		if (rc)
			break;
		report->n_examined++;
		sum_up(examined, report->findings);
		if (sink->examined)
			sink->examined(sink, examined);
	}
	if (rc)
		return rc;
	report->complete = true;
	if (sink->findings)
		sink->findings(sink, report->findings);
	return 0;
}
