// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "cluster/mpirun.h"

enum { LOG_MAX = 16 * 1024 };

/* For one machine, whose ssh gives up after 5 s. */
static const int64_t patience_ns = 12 * NS_PER_S, look_every_ns = 20 * NS_PER_MS;

/* Runs mpirun to its end: its wait status, or -1 when that took too long or we were interrupted. */
static int wait_for_end(struct child *child)
{
	int64_t deadline_ns = clock_ns() + patience_ns;
	int status;

	while (!child_ended(child, &status)) {
		if (clock_ns() > deadline_ns || interrupt_signal())
			return -1;
		clock_sleep_until(clock_ns() + look_every_ns);
	}
	return status;
}

/* Asks the maxq-mpi of that machine for its version: what it and mpirun said, in `log`, and the wait status. */
static int ask(
    const char *host, const char *program, const char *subnet, struct buf *log, int *status, struct err *err)
{
	struct mpirun_spec spec = {.program = program,
	    .subnet = subnet,
	    .as_root = geteuid() == 0,
	    .own_agent = getenv("OMPI_MCA_plm_rsh_agent") != NULL};
	char dir[RELAY_DIR_MAX], path[128];
	struct mpirun_args args;
	struct child *child;
	int rc = relay_dir_make(dir, err);

	if (rc)
		return rc;
	rc = mpirun_args_ask(&args, &spec, host, err);
	snprintf(path, sizeof(path), "%s/log", dir);
	if (!rc) {
		struct child_spec run = {.argv = (const char *const *)args.argv,
		    .env = (const char *const *)environ,
		    .dir = dir,
		    .log = path,
		    .cgroup = "",
		    .remove_dir = dir,
		    .grace_ns = NS_PER_S};

		rc = child_start(&child, &run, err);
	}
	mpirun_args_release(&args);
	if (rc) {
		relay_dir_remove(dir);
		return rc;
	}
	*status = wait_for_end(child);
	file_tail(path, 100, LOG_MAX / 2, log);
	child_stop(child);
	return 0;
}

int relay_dir_make(char dir[RELAY_DIR_MAX], struct err *err)
{
	char above[FILE_PRIVATE_DIR_MAX];
	int rc = file_private_dir(above, err);

	if (rc)
		return rc;
	snprintf(dir, RELAY_DIR_MAX, "%s/run", above);
	if (!mkdir(dir, 0700))
		return 0;
	rc = err_set(err, -errno, "cannot create '%s': %s", dir, strerror(errno));
	file_remove_tree(above);
	return rc;
}

void relay_dir_remove(char dir[RELAY_DIR_MAX])
{
	*strrchr(dir, '/') = '\0';
	file_remove_tree(dir);
}

static void judge(const char *host, int status, const char *log, struct finding *finding)
{
	static const char own[] = "maxq " MAXQ_VERSION;
	const char *version = strstr(log, "maxq ");
	struct err why;

	finding_found(finding, "'%s' has %s", host, own);
	if (status == -1) {
		finding_found(finding, "'%s' does not answer", host);
	} else if (status) {
		mpirun_explain(log, false, status, &why);
		finding_found(finding, "'%s': %s", host, why.msg);
	} else if (!version || strncmp(version, own, strlen(own)) != 0 || version[strlen(own)] != '\n') {
		finding_found(finding, "'%s' has %.*s", host, version ? (int)strcspn(version, "\n") : 7,
		    version ? version : "no maxq");
	} else {
		return;
	}
	finding_wanted(finding, "%s, started by ssh without a password", own);
	finding_judge(finding, LEVEL_PROBLEM, "nothing can be measured with this machine");
	finding_advice(finding, "see docs/several-machines.md");
}

int reach_all(const struct measure *m, const char *program, struct findings *findings, struct err *err)
{
	int n = mpirun_count(m->plan.generators, err), rc = 0;

	for (int i = 0; i < n + (m->plan.server != NULL) && !rc; i++) {
		char host[MPIRUN_HOST_MAX];
		struct buf log;
		int status = -1;

		if (i < n)
			mpirun_host(m->plan.generators, (size_t)i, host, sizeof(host));
		else
			snprintf(host, sizeof(host), "%s", m->plan.server);
		buf_init(&log, LOG_MAX);
		rc = ask(host, program, m->plan.subnet, &log, &status, err);
		if (!rc && interrupt_signal())
			rc = -EINTR;
		if (!rc)
			judge(host, status, log.data, findings_add(findings, "reach"));
		buf_release(&log);
	}
	return rc;
}
