// SPDX-License-Identifier: GPL-3.0-or-later
/* The ways of maxq-mpi: one of the ranks that mpirun, srun or an MPIJob has started. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "cli/machines.h"
#include "run/coordinator.h"
#include "run/rank.h"

/* What those that start ranks tell each, before MPI can be asked; NULL: nobody started us. */
static const char *rank_text(void)
{
	static const char *const variables[] = {
	    "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"};

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (getenv(variables[i]))
			return getenv(variables[i]);
	return NULL;
}

bool machines_is_follower(void)
{
	const char *rank = rank_text();

	return rank && strtol(rank, NULL, 10) > 0;
}

/* A maxq that had us started shows what we write: by files, as what goes through mpirun can be lost when a rank is. */
static void relay_begin(const char *dir)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, RELAY_OUT);
	if (freopen(path, "w", stdout))
		setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(path, sizeof(path), "%s/%s", dir, RELAY_ERR);
	if (freopen(path, "w", stderr))
		setvbuf(stderr, NULL, _IOLBF, 0);
}

static void relay_note(const char *dir, const char *name, int value)
{
	char path[128], text[16];
	struct err err;

	if (!dir)
		return;
	fflush(stdout);
	fflush(stderr);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(text, sizeof(text), "%d", value);
	file_write(path, text, strlen(text), &err);
}

/* Rank 0: the command itself, with machines in its plan. */
static int coordinate(struct measure *m, measure_runner *run, struct cluster *cluster, bool *failed)
{
	struct coordinator *coordinator;
	int status;

	if (coordinator_new(&coordinator, cluster)) {
		*failed = true;
		return cli_fail(EXIT_CANNOT, &(struct err){"out of memory"});
	}
	m->plan.machines = coordinator_machines(coordinator);
	status = measure_here(m, run);
	*failed = coordinator_failed(coordinator);
	coordinator_free(coordinator);
	return status;
}

static int be_rank(struct measure *m, measure_runner *run, const char *dir)
{
	struct cluster_spec spec = {
	    .has_observer = m->plan.server, .ranks = m->plan.ranks, .subnet = m->plan.subnet};
	struct cluster *cluster = NULL;
	int status = EXIT_MEASURED, rc;
	bool failed = false;
	struct err err;

	interrupt_watch();
	interrupt_watch_also(SIGUSR1);
	rc = cluster_open(&cluster, &spec, &err);
	if (rc && !machines_is_follower())
		cli_fail(EXIT_CANNOT, &err);
	if (!rc && cluster_rank(cluster)) {
		rc = rank_serve(cluster, &m->plan, &err);
	} else if (!rc) {
		relay_note(dir, RELAY_STARTED, 1);
		status = coordinate(m, run, cluster, &failed);
	}
	if (rc)
		status = EXIT_CANNOT;
	if (interrupt_signal() == SIGTERM)
		status = EXIT_SIGNAL + SIGTERM;
	if (!machines_is_follower())
		relay_note(dir, RELAY_STATUS, status);
	cluster_close(cluster, failed || rc);
	/* who had us started is told the status otherwise; mpirun would take it for a failure, and end what is ending anyway */
	return dir && !failed && !rc ? EXIT_MEASURED : status;
}

int machines_run(struct measure *m, measure_runner *run)
{
	const char *dir = machines_is_follower() ? NULL : getenv(RELAY_VARIABLE);
	struct err err;

	if (!rank_text())
		return cli_fail(EXIT_USAGE,
		    &(struct err){
			"maxq-mpi is to be started by mpirun, srun or an MPIJob: see maxq load --generators"});
	if (dir)
		relay_begin(dir);
	if (machines_refuse(m, &err))
		return machines_is_follower() ? EXIT_USAGE : cli_fail(EXIT_USAGE, &err);
	return be_rank(m, run, dir);
}
