// SPDX-License-Identifier: GPL-3.0-or-later
/* The ways of maxq itself: it measures here, or has mpirun start maxq-mpi on other machines and shows what that says. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "cli/machines.h"
#include "cli/reach.h"
#include "cluster/mpirun.h"

enum { LOG_MAX = 64 * 1024, ENV_MAX = 4096 };

static const int64_t look_every_ns = 50 * NS_PER_MS;
/* Until all have found each other; and, once all is said, until mpirun has ended what it started. */
static const int64_t start_patience_ns = 30 * NS_PER_S, end_patience_ns = 10 * NS_PER_S;

/* A run on other machines, as it is seen from here. */
struct relay {
	char dir[RELAY_DIR_MAX];
	int out, err; /* what the coordinator writes; -1: nothing yet */
	struct child *mpirun;
	bool told_to_stop;
	bool said; /* something was passed on to standard output */
};

bool machines_is_follower(void)
{
	return false;
}

static int find_program(char *path, size_t size, struct err *err)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 5);
	char *slash;

	if (n <= 0)
		return err_set(err, -errno, "cannot find out where maxq is: %s", strerror(errno));
	path[n] = '\0';
	slash = strrchr(path, '/');
	snprintf(slash + 1, size - (size_t)(slash + 1 - path), "maxq-mpi");
	if (access(path, X_OK))
		return err_set(err, -ENOENT,
		    "several machines need '%s', which is not there: install libopenmpi-dev and build maxq again",
		    path);
	return 0;
}

static void explain_missing(struct err *err)
{
	err_set(err, -ENOENT,
	    "several machines need 'mpirun', which is not there: install it by: apt-get install openmpi-bin");
}

static void path_in(const struct relay *relay, const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", relay->dir, name);
}

/* Our environment, and where to write to. */
static const char **make_environment(const struct relay *relay)
{
	size_t n = 0;
	const char **env;
	char *variable;

	while (n < ENV_MAX && environ[n])
		n++;
	env = calloc(n + 2, sizeof(*env));
	if (!env || asprintf(&variable, "%s=%s", RELAY_VARIABLE, relay->dir) < 0) {
		free(env);
		return NULL;
	}
	memcpy(env + 1, environ, n * sizeof(*env));
	env[0] = variable;
	return env;
}

static int start(struct relay *relay, const struct measure *m, struct err *err)
{
	char program[4096], log[128], cwd[4096];
	const char **env = NULL, **all = NULL;
	size_t n = 0;
	struct mpirun_args args = {0};
	struct mpirun_spec spec = {.program = program,
	    .generators = m->plan.generators,
	    .server = m->plan.server,
	    .subnet = m->plan.subnet,
	    .as_root = geteuid() == 0,
	    .own_agent = getenv("OMPI_MCA_plm_rsh_agent") != NULL};
	int rc = find_program(program, sizeof(program), err);

	if (rc)
		return rc;
	while (m->args[n])
		n++;
	all = calloc(n + 2, sizeof(*all));
	env = make_environment(relay);
	if (all && env && getcwd(cwd, sizeof(cwd))) {
		all[0] = measure_name(m->command);
		memcpy(all + 1, m->args, n * sizeof(*all));
		spec.args = all;
		rc = mpirun_args_make(&args, &spec, err);
	} else {
		rc = err_set(err, -ENOMEM, "out of memory");
	}
	path_in(relay, "log", log);
	if (!rc) {
		struct child_spec child = {.argv = (const char *const *)args.argv,
		    .env = env,
		    .dir = cwd,
		    .log = log,
		    .cgroup = "",
		    .remove_dir = relay->dir,
		    .grace_ns = 5 * NS_PER_S};

		rc = child_start(&relay->mpirun, &child, err);
		if (rc == -ENOENT)
			explain_missing(err);
	}
	mpirun_args_release(&args);
	if (env)
		free((char *)env[0]);
	free(env);
	free(all);
	return rc;
}

/* Passes on what was written since the last time. */
static void pass_on(struct relay *relay, int *from, const char *name, FILE *to)
{
	char path[128], text[4096];
	ssize_t n;

	path_in(relay, name, path);
	if (*from < 0)
		*from = open(path, O_RDONLY | O_CLOEXEC);
	if (*from < 0)
		return;
	for (n = read(*from, text, sizeof(text)); n > 0; n = read(*from, text, sizeof(text))) {
		fwrite(text, 1, (size_t)n, to);
		relay->said |= to == stdout;
	}
	fflush(to);
}

static bool exists(const struct relay *relay, const char *name)
{
	char path[128];

	path_in(relay, name, path);
	return !access(path, F_OK);
}

/* The exit status that the coordinator came to, or -1. */
static int told_status(const struct relay *relay)
{
	char path[128], text[16];

	path_in(relay, RELAY_STATUS, path);
	return file_read_text(path, text, sizeof(text)) > 0 ? (int)strtol(text, NULL, 10) : -1;
}

/* Waits for the end of mpirun, and passes on what is said: its wait status, or -1 when it was too slow. */
static int attend(struct relay *relay)
{
	int64_t begun_ns = clock_ns(), over_ns = CLOCK_NEVER;
	int status;

	while (!child_ended(relay->mpirun, &status)) {
		int64_t now_ns = clock_ns();

		pass_on(relay, &relay->out, RELAY_OUT, stdout);
		if (over_ns == CLOCK_NEVER && exists(relay, RELAY_STATUS))
			over_ns = now_ns;
		if (now_ns - begun_ns > start_patience_ns && !exists(relay, RELAY_STARTED))
			return -1;
		if (over_ns != CLOCK_NEVER && now_ns - over_ns > end_patience_ns)
			return -1;
		/* mpirun passes this signal on to all: they stop, and the coordinator says what there is */
		if (interrupt_signal() && !relay->told_to_stop) {
			relay->told_to_stop = true;
			kill(child_pid(relay->mpirun), exists(relay, RELAY_STARTED) ? SIGUSR1 : SIGTERM);
		}
		clock_sleep_until(now_ns + look_every_ns);
	}
	return status;
}

/* What is to be told of mpirun's failure, and whether it was one. */
static bool explain(struct relay *relay, int wait_status, int told, struct err *err)
{
	struct buf log;
	char path[128];

	if (told >= 0 && told < EXIT_SIGNAL)
		return false;
	if (wait_status == -1) {
		err_set(err, -ETIMEDOUT,
		    "not all machines had started within %lld s: does 'ssh HOST true' work to each of them, and can they reach this machine? See maxq doctor",
		    (long long)(start_patience_ns / NS_PER_S));
		return true;
	}
	buf_init(&log, LOG_MAX);
	path_in(relay, "log", path);
	file_tail(path, 200, LOG_MAX / 2, &log);
	mpirun_explain(log.data, exists(relay, RELAY_STARTED), wait_status, err);
	buf_release(&log);
	return true;
}

static int run_elsewhere(struct measure *m)
{
	struct relay relay = {.out = -1, .err = -1};
	int status, told, rc;
	struct err err;

	interrupt_watch();
	rc = relay_dir_make(relay.dir, &err);
	if (rc)
		return cli_fail(EXIT_CANNOT, &err);
	rc = start(&relay, m, &err);
	if (rc) {
		relay_dir_remove(relay.dir);
		return cli_fail(EXIT_CANNOT, &err);
	}
	status = attend(&relay);
	pass_on(&relay, &relay.out, RELAY_OUT, stdout);
	told = told_status(&relay);
	/* of what failed elsewhere the coordinator only knows that it was told to end */
	if (!relay.told_to_stop && explain(&relay, status, told, &err)) {
		if (told < 0 && relay.said)
			fputs("\nPARTIAL: the coordinator was lost, and with it all but what stands above\n",
			    stdout);
		status = cli_fail(EXIT_CANNOT, &err);
	} else {
		pass_on(&relay, &relay.err, RELAY_ERR, stderr);
		status = relay.told_to_stop ? EXIT_SIGNAL + interrupt_signal() : told;
	}
	if (relay.out >= 0)
		close(relay.out);
	if (relay.err >= 0)
		close(relay.err);
	child_stop(relay.mpirun);
	return status;
}

/* A runner that only shows what was found out already: of a measure, which the plan is the first member of. */
static int show_reach(const struct plan *plan, struct sink *sink, struct report *report, struct err *err)
{
	const struct measure *m = (const struct measure *)plan;

	report->findings = calloc(1, sizeof(*report->findings));
	if (!report->findings)
		return err_set(err, -ENOMEM, "out of memory");
	*report->findings = *m->reached;
	report->complete = true;
	if (sink->findings)
		sink->findings(sink, report->findings);
	return 0;
}

/* First each machine alone, which says best what is wrong with it; then, if nothing is, all of them together. */
static int examine_elsewhere(struct measure *m)
{
	struct findings *findings = calloc(1, sizeof(*findings));
	char program[4096];
	int status, rc;
	struct err err;

	if (!findings)
		return cli_fail(EXIT_CANNOT, &(struct err){"out of memory"});
	interrupt_watch();
	m->reached = findings;
	rc = find_program(program, sizeof(program), &err);
	if (!rc) {
		rc = reach_all(m, program, findings, &err);
		if (rc == -ENOENT)
			explain_missing(&err);
	}
	if (rc == -EINTR)
		status = EXIT_SIGNAL + interrupt_signal();
	else if (rc)
		status = cli_fail(EXIT_CANNOT, &err);
	else if (findings_worst(findings) == LEVEL_PROBLEM)
		status = measure_here(m, show_reach);
	else
		status = run_elsewhere(m);
	free(findings);
	return status;
}

int machines_run(struct measure *m, measure_runner *run)
{
	struct err err;

	if (m->plan.server && !m->plan.generators)
		return cli_fail(
		    EXIT_USAGE, &(struct err){"--server needs --generators, the machines that load it"});
	if (m->plan.subnet && !m->plan.generators)
		return cli_fail(EXIT_USAGE,
		    &(struct err){"--mpi-subnet needs --generators, the machines that talk over it"});
	if (m->plan.ranks)
		return cli_fail(EXIT_USAGE, &(struct err){"--expect-ranks is for maxq-mpi"});
	if (!m->plan.generators)
		return measure_here(m, run);
	if (machines_refuse(m, &err))
		return cli_fail(EXIT_USAGE, &err);
	return m->command == MEASURE_DOCTOR ? examine_elsewhere(m) : run_elsewhere(m);
}
