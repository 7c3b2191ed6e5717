// SPDX-License-Identifier: GPL-3.0-or-later
#include "cluster/mpirun.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static bool is_name(const char *name, size_t len)
{
	if (!len || len >= MPIRUN_HOST_MAX || *name == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr(".-_", name[i]))
			return false;
	return true;
}

int mpirun_count(const char *hosts, struct err *err)
{
	int n = 0;

	for (const char *at = hosts;; at++) {
		size_t len = strcspn(at, ",");

		if (!is_name(at, len))
			return err_set(err, -EINVAL,
			    "bad machine '%.*s': name machines as ssh knows them, such as gen1,gen2",
			    (int)len, at);
		if (++n > MPIRUN_HOSTS_MAX)
			return err_set(err, -EINVAL, "too many machines: at most %d", MPIRUN_HOSTS_MAX);
		at += len;
		if (!*at)
			return n;
	}
}

void mpirun_host(const char *hosts, size_t i, char *name, size_t size)
{
	for (; i && *hosts; i--) {
		hosts += strcspn(hosts, ",");
		hosts += *hosts == ',';
	}
	snprintf(name, size, "%.*s", (int)strcspn(hosts, ","), hosts);
}

static void add(struct mpirun_args *args, const char *text)
{
	char **argv = realloc(args->argv, (args->n + 2) * sizeof(*argv));

	if (!argv)
		return;
	args->argv = argv;
	argv[args->n] = strdup(text);
	if (argv[args->n])
		args->n++;
	argv[args->n] = NULL;
}

static void add_all(struct mpirun_args *args, const char *const *texts)
{
	for (; *texts; texts++)
		add(args, *texts);
}

/* One rank on that machine. */
static void add_rank(
    struct mpirun_args *args, const struct mpirun_spec *spec, const char *host, unsigned ranks)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", ranks);
	add_all(args, (const char *const[]){"-np", "1", "--host", host, spec->program, NULL});
	add(args, spec->args[0]);
	/* who waits for more ranks than there are must not wait for ever */
	add_all(args, (const char *const[]){"--expect-ranks", number, NULL});
	add_all(args, spec->args + 1);
}

/*
 * A rank a machine, bound to nothing, for maxq places its threads itself. TCP between all, so that ranks on one machine need no
 * shared memory; a link that is dead is noticed within seconds; who is to end, has a second to say what there is.
 */
static const char *const usual[] = {"mpirun", "--bind-to", "none", "--map-by", "node:OVERSUBSCRIBE",
    "--stdin", "none", "--mca", "orte_default_hostfile", "none", "--mca", "pml", "ob1", "--mca", "btl",
    "tcp,self", "--mca", "mpi_yield_when_idle", "1", "--mca", "odls_base_sigkill_timeout", "1", "--mca",
    "oob_tcp_keepalive_time", "2", "--mca", "oob_tcp_keepalive_intvl", "1", "--mca",
    "oob_tcp_keepalive_probes", "2", NULL};

static void add_usual(struct mpirun_args *args, const struct mpirun_spec *spec)
{
	add_all(args, usual);
	if (spec->as_root)
		add(args, "--allow-run-as-root");
	if (!spec->own_agent)
		add_all(args,
		    (const char *const[]){
			"--mca", "plm_rsh_args", "-o BatchMode=yes -o ConnectTimeout=5", NULL});
	if (spec->subnet)
		add_all(args,
		    (const char *const[]){"--mca", "btl_tcp_if_include", spec->subnet, "--mca",
			"oob_tcp_if_include", spec->subnet, NULL});
}

int mpirun_args_make(struct mpirun_args *args, const struct mpirun_spec *spec, struct err *err)
{
	int generators = mpirun_count(spec->generators, err), server;
	unsigned ranks;

	*args = (struct mpirun_args){0};
	if (generators < 0)
		return generators;
	server = spec->server ? mpirun_count(spec->server, err) : 0;
	if (server < 0)
		return server;
	if (server > 1)
		return err_set(err, -EINVAL, "bad server '%s': it is one machine", spec->server);
	ranks = 1 + (unsigned)generators + (unsigned)server;
	add_usual(args, spec);
	add_rank(args, spec, "localhost", ranks);
	for (int i = 0; i < generators; i++) {
		char host[MPIRUN_HOST_MAX];

		mpirun_host(spec->generators, (size_t)i, host, sizeof(host));
		add(args, ":");
		add_rank(args, spec, host, ranks);
	}
	if (server) {
		add(args, ":");
		add_rank(args, spec, spec->server, ranks);
	}
	return 0;
}

int mpirun_args_ask(
    struct mpirun_args *args, const struct mpirun_spec *spec, const char *host, struct err *err)
{
	*args = (struct mpirun_args){0};
	add_usual(args, spec);
	add_all(args, (const char *const[]){"-np", "1", "--host", host, spec->program, "--version", NULL});
	return args->argv ? 0 : err_set(err, -ENOMEM, "out of memory");
}

void mpirun_args_release(struct mpirun_args *args)
{
	for (size_t i = 0; i < args->n; i++)
		free(args->argv[i]);
	free(args->argv);
	*args = (struct mpirun_args){0};
}

/* The word that follows `key` in the log (which may be NULL), without the point or comma after it: false when it is not there. */
static bool word_after(const char *log, const char *key, char *word, size_t size)
{
	const char *at = log ? strstr(log, key) : NULL;
	size_t len;

	if (!at)
		return false;
	at += strlen(key);
	at += strspn(at, " \t");
	len = strcspn(at, " \t\r\n,");
	while (len && at[len - 1] == '.')
		len--;
	snprintf(word, size, "%.*s", (int)len, at);
	return len > 0;
}

/* What is worth quoting: the first lines before mpirun's own long text, or the last of all. */
static void quote(const char *log, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	while (*log && used + 1 < size) {
		size_t len = strcspn(log, "\n");

		if (len > 4 && !strncmp(log, "----", 4)) {
			if (used)
				return;
		} else if (len) {
			int n = snprintf(text + used, size - used, "%s%.*s", used ? "; " : "", (int)len, log);

			used += n > 0 ? (size_t)n : 0;
		}
		log += len + (log[len] == '\n');
	}
}

void mpirun_explain(const char *log, bool started, int status, struct err *err)
{
	char host[MPIRUN_HOST_MAX] = "", program[512] = "", why[400], quoted[600];

	quote(log, quoted, sizeof(quoted));
	if (strstr(log, "could not access\nor execute an executable") &&
	    word_after(log, "Executable:", program, sizeof(program)) &&
	    word_after(log, "Node:", host, sizeof(host))) {
		err_set(err, 0, "cannot run '%s' on '%s': install the same maxq there, at the same path",
		    program, host);
	} else if (strstr(log, "mpirun noticed that process rank") &&
	    word_after(log, " on node ", host, sizeof(host))) {
		const char *how = strstr(log, " exited on ");

		snprintf(
		    why, sizeof(why), "%.*s", how ? (int)strcspn(how + 1, ".\n") : 0, how ? how + 1 : "");
		err_set(err, 0, "a rank on '%s' was lost: it %s; all others were ended", host, why);
	} else if (strstr(log, "ORTE has lost communication with a remote daemon") &&
	    word_after(strstr(log, "Remote daemon"), " on node ", host, sizeof(host))) {
		err_set(err, 0,
		    "lost the machine '%s': its network or the machine itself is gone; all others were ended",
		    host);
	} else if (started && strstr(log, "ORTE was unable to reliably start one or more daemons")) {
		/* what it says too, when the connection by which it had started a machine breaks */
		err_set(err, 0,
		    "lost a machine: its remote shell has ended%s%s; all others were ended: maxq doctor with the same machines says which",
		    strncmp(quoted, "ORTE", 4) ? ": " : "", strncmp(quoted, "ORTE", 4) ? quoted : "");
	} else if (strstr(log, "ORTE was unable to reliably start one or more daemons")) {
		err_set(err, 0,
		    "cannot start on all machines: %s: 'ssh HOST true' must work without a password, and Open MPI be installed there",
		    strncmp(quoted, "ORTE", 4) ? quoted : "mpirun does not say why");
	} else if (WIFSIGNALED(status)) {
		err_set(err, 0, "mpirun was ended by signal %d: %s", WTERMSIG(status), quoted);
	} else {
		err_set(err, 0, "mpirun failed with status %d: %s", WEXITSTATUS(status),
		    *quoted ? quoted : "it does not say why");
	}
}
