// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/pids.h"

struct child {
	pid_t keeper, pid;
	char *cgroup, *remove_dir; /* for the case that the keeper is killed */
	int channel;               /* to the keeper: closed by us to stop; by it at its end */
	bool ended;
	int status;
};

/* What the keeper tells. */
struct message {
	enum { STARTED, FAILED, ENDED } what;
	int value;     /* pid, errno or wait status */
	char step[24]; /* of FAILED: which one */
};

/* The keeper's own. */
struct keeper {
	const struct child_spec *spec;
	int channel, signals;
	pid_t pid; /* of the program; 0 once it has been reaped */
};

#define KEEPER_NAME "maxq-keeper"
enum { KEEPER_CHANNEL = 3, EXEC_FAILED = 127, DEPTH_MAX = 32 };

static void tell(const struct keeper *k, int what, int value, const char *step)
{
	struct message message = {.what = what, .value = value};

	snprintf(message.step, sizeof(message.step), "%s", step);
	/* if nobody listens any more, poll says so */
	while (send(k->channel, &message, sizeof(message), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* In the new process: becomes the program. Reports what failed through `report`, which a successful exec closes. */
static void become_program(const struct child_spec *spec, int report)
{
	struct message failed = {.what = FAILED};
	const char *step = "enter its folder";
	struct rlimit files;
	sigset_t none;
	int log;

	/* if the keeper is killed, too, the kernel sees to it that we do not stay */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (chdir(spec->dir))
		goto fail;
	step = "enter its cgroup";
	if (*spec->cgroup) {
		int rc = cgroup_enter(spec->cgroup);

		if (rc) {
			errno = -rc;
			goto fail;
		}
	}
	step = "bind it to its CPUs";
	if (CPU_COUNT(&spec->cpus) && sched_setaffinity(0, sizeof(spec->cpus), &spec->cpus))
		goto fail;
	step = "open its log";
	log = open(spec->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (log < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
		goto fail;
	if (log > STDERR_FILENO)
		close(log);
	step = "execute it";
	environ = (char **)spec->env;
	execvp(spec->argv[0], (char *const *)spec->argv);
fail:
	failed.value = errno;
	snprintf(failed.step, sizeof(failed.step), "%s", step);
	if (write(report, &failed, sizeof(failed)) < 0)
		_exit(EXEC_FAILED);
	_exit(EXEC_FAILED);
}

/* Starts the program: true when it runs. */
static bool start_program(struct keeper *k)
{
	struct message failed;
	int report[2];
	ssize_t n;

	if (pipe2(report, O_CLOEXEC)) {
		tell(k, FAILED, errno, "make a pipe");
		return false;
	}
	k->pid = fork();
	if (!k->pid)
		become_program(k->spec, report[1]);
	close(report[1]);
	if (k->pid < 0) {
		tell(k, FAILED, errno, "fork");
		return false;
	}
	n = read(report[0], &failed, sizeof(failed));
	close(report[0]);
	if (n == (ssize_t)sizeof(failed)) {
		waitpid(k->pid, NULL, 0);
		tell(k, FAILED, failed.value, failed.step);
		return false;
	}
	tell(k, STARTED, k->pid, "");
	return true;
}

/* Reaps whatever has ended, orphans included. */
static void reap(struct keeper *k)
{
	int status;

	for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
		if (pid != k->pid)
			continue;
		k->pid = 0;
		tell(k, ENDED, status, "");
	}
}

/* Waits for a child's end, or for the channel to close if `listen`: true when it has. Until `deadline_ns`. */
static bool wait_for_change(struct keeper *k, bool listen, int64_t deadline_ns)
{
	struct pollfd fds[] = {
	    {.fd = k->signals, .events = POLLIN}, {.fd = listen ? k->channel : -1, .events = POLLIN}};
	int64_t left_ns = deadline_ns - clock_ns();
	struct signalfd_siginfo info;

	if (left_ns < 0)
		left_ns = 0;
	poll(fds, 2, deadline_ns == CLOCK_NEVER ? -1 : (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS));
	while (read(k->signals, &info, sizeof(info)) > 0)
		; /* several children may share one signal: reap looks for itself */
	reap(k);
	return fds[1].revents != 0;
}

/* SIGKILL to all children of `parent`, and theirs. Ours are told from strangers by being below us. */
static bool kill_below(pid_t parent, int depth)
{
	pid_t pids[PIDS_MAX];
	int n = depth > DEPTH_MAX ? 0 : pids_children(parent, pids);

	for (int i = 0; i < n; i++) {
		kill_below(pids[i], depth + 1);
		kill(pids[i], SIGKILL);
	}
	return n > 0;
}

static void end_program(struct keeper *k)
{
	int64_t deadline_ns = clock_ns() + k->spec->grace_ns;

	if (k->pid)
		kill(k->pid, SIGTERM);
	while (k->pid && clock_ns() < deadline_ns)
		wait_for_change(k, false, deadline_ns);
	if (*k->spec->cgroup)
		cgroup_kill(k->spec->cgroup);
	/* what is orphaned by a killing becomes our child: again until there is none */
	for (int i = 0; i < 1000 && kill_below(getpid(), 0); i++)
		wait_for_change(k, false, clock_ns() + NS_PER_MS);
	reap(k);
}

static void remove_dir(const char *dir)
{
	const char *slash = strrchr(dir, '/');
	char parent[4096];

	file_remove_tree(dir);
	if (slash && slash > dir && (size_t)(slash - dir) < sizeof(parent)) {
		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - dir), dir);
		rmdir(parent); /* the last one out succeeds */
	}
}

static void keep(const struct child_spec *spec)
{
	struct keeper k = {.spec = spec, .channel = KEEPER_CHANNEL};
	sigset_t all;

	prctl(PR_SET_NAME, KEEPER_NAME);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	setsid(); /* the terminal's signals are for maxq, which then stops us in order */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigemptyset(&all);
	sigaddset(&all, SIGCHLD);
	k.signals = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
	if (k.signals < 0) {
		tell(&k, FAILED, errno, "watch for signals");
		return;
	}
	if (!start_program(&k))
		return;
	while (!wait_for_change(&k, true, CLOCK_NEVER))
		;
	end_program(&k);
	if (*spec->cgroup)
		cgroup_remove(spec->cgroup);
	if (*spec->remove_dir)
		remove_dir(spec->remove_dir);
}

/* In the keeper: only the channel and the standard streams stay open, so that its closing means our end. */
static void become_keeper(const struct child_spec *spec, int channel)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (channel != KEEPER_CHANNEL)
		dup2(channel, KEEPER_CHANNEL);
	fcntl(KEEPER_CHANNEL, F_SETFD, FD_CLOEXEC);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close_range(KEEPER_CHANNEL + 1, ~0U, 0);
	keep(spec);
	_exit(0);
}

static int receive(struct child *child, struct message *message, int flags)
{
	ssize_t n;

	do {
		n = recv(child->channel, message, sizeof(*message), flags);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(*message))
		return 0;
	return n < 0 ? -errno : -ECHILD;
}

int child_start(struct child **child, const struct child_spec *spec, struct err *err)
{
	struct child *c = calloc(1, sizeof(*c));
	struct message message = {.what = FAILED, .value = ECHILD, .step = "hear of it"};
	int channel[2];

	if (!c)
		return err_set(err, -ENOMEM, "out of memory");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	c->cgroup = strdup(spec->cgroup);
	c->remove_dir = strdup(spec->remove_dir);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel)) {
		c->channel = -1;
		child_stop(c);
		return err_set(err, -errno, "cannot start '%s': %s", spec->argv[0], strerror(errno));
	}
	c->keeper = fork();
	if (!c->keeper)
		become_keeper(spec, channel[1]);
	close(channel[1]);
	c->channel = channel[0];
	if (c->keeper > 0 && !receive(c, &message, 0) && message.what == STARTED) {
		c->pid = message.value;
		*child = c;
		return 0;
	}
	child_stop(c);
	return err_set(err, -message.value, "cannot start '%s': cannot %s: %s", spec->argv[0], message.step,
	    strerror(message.value));
}

pid_t child_pid(const struct child *child)
{
	return child->pid;
}

bool child_ended(struct child *child, int *status)
{
	struct message message;
	int rc;

	if (!child->ended) {
		rc = receive(child, &message, MSG_DONTWAIT);
		if (rc == -EAGAIN)
			return false;
		/* a keeper that is gone took the program with it */
		child->ended = true;
		child->status = rc ? SIGKILL : message.value;
	}
	*status = child->status;
	return true;
}

/*
 * Somebody killed the keeper. The kernel killed the program with it (its parent-death signal); its descendants became
 * our children, as we are a subreaper, too: all that is below us and not a keeper is theirs.
 */
static void stand_in(struct child *child)
{
	pid_t pids[PIDS_MAX];
	char path[64], comm[32];
	int n;

	if (*child->cgroup)
		cgroup_kill(child->cgroup);
	n = pids_children(getpid(), pids);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/proc/%d/comm", (int)pids[i]);
		if (file_read_text(path, comm, sizeof(comm)) <= 0 || !strcmp(comm, KEEPER_NAME "\n"))
			continue;
		kill_below(pids[i], 0);
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	cgroup_remove(child->cgroup);
	if (*child->remove_dir)
		remove_dir(child->remove_dir);
}

void child_begin_stop(struct child *child)
{
	if (child && child->channel >= 0) {
		close(child->channel);
		child->channel = -1;
	}
}

void child_stop(struct child *child)
{
	int status = 0;

	if (!child)
		return;
	child_begin_stop(child);
	while (child->keeper > 0 && waitpid(child->keeper, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status) && child->cgroup && child->remove_dir)
		stand_in(child);
	free(child->cgroup);
	free(child->remove_dir);
	free(child);
}
