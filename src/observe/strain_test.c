// SPDX-License-Identifier: GPL-3.0-or-later
/* Memory, files, links and the clock: on machines that were made up here, and on this process. */
#include "base/unittest.h"

#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "observe/drift.h"
#include "observe/files.h"
#include "observe/links.h"
#include "observe/machine_testing.h"
#include "observe/memory.h"
#include "observe/queues.h"

/* A child that waits, and is watched as `server`. */
static pid_t start_child(struct procs *procs)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		pause();
		_exit(0);
	}
	assert_int_equal(procs_add_tree(procs, pid, "server", NULL), 0);
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void put_group(const char *root, pid_t pid, const char *lines)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	put(root, path, lines);
}

static void memory_of_groups_of_version_2(void **state)
{
	const char *root = *state;
	struct memory_state seen;
	struct memory *memory;
	struct procs *procs;
	pid_t pid;

	assert_int_equal(procs_new(&procs, NULL), 0);
	pid = start_child(procs);
	put_group(root, pid, "0::/app\n");
	put(root, "/proc/self/mounts", "cgroup /sys/fs/cgroup cgroup2 rw 0 0\n");
	put(root, "/proc/pressure/memory",
	    "some avg10=3.50 avg60=0.00 avg300=0.00 total=100\nfull avg10=0.00 total=7\n");
	put(root, "/sys/fs/cgroup/app/memory.pressure",
	    "some avg10=0.00 avg60=0.00 avg300=0.00 total=5000\n");
	put(root, "/sys/fs/cgroup/app/memory.events",
	    "low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 9\n");
	assert_int_equal(memory_new(&memory, root), 0);
	memory_find(memory, procs);
	memory_read(memory, procs, &seen);
	assert_true(seen.is_own && seen.stalled_ns == 0 && !seen.refused && !seen.killed);
	put(root, "/sys/fs/cgroup/app/memory.pressure",
	    "some avg10=0.00 avg60=0.00 avg300=0.00 total=47000\n");
	put(root, "/sys/fs/cgroup/app/memory.events",
	    "low 0\nhigh 0\nmax 15\noom 2\noom_kill 3\noom_group_kill 9\n");
	memory_read(memory, procs, &seen);
	assert_int_equal(seen.stalled_ns, 42 * NS_PER_MS);
	assert_int_equal(seen.refused, 3);
	assert_int_equal(seen.killed, 2);
	assert_true(memory_pressure_read(root) == 0.035);
	memory_free(memory);
	end_child(pid);
	procs_free(procs);
}

static void memory_of_groups_of_version_1(void **state)
{
	const char *root = *state;
	struct memory_limit limit;
	struct memory_state seen;
	struct memory *memory;
	struct procs *procs;
	pid_t pid;
	char text[24];

	assert_int_equal(procs_new(&procs, NULL), 0);
	pid = start_child(procs);
	put_group(root, pid, "4:memory:/jobs/one\n0::/\n");
	put(root, "/proc/self/mounts", "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n");
	put(root, "/proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=100\n");
	/* the limit is that of the group above */
	put(root, "/sys/fs/cgroup/memory/jobs/one/memory.limit_in_bytes", "9223372036854771712\n");
	put(root, "/sys/fs/cgroup/memory/jobs/memory.limit_in_bytes", "67108864\n");
	put(root, "/sys/fs/cgroup/memory/jobs/memory.usage_in_bytes", "60000000\n");
	put(root, "/sys/fs/cgroup/memory/jobs/memory.failcnt", "4\n");
	put(root, "/sys/fs/cgroup/memory/jobs/memory.oom_control",
	    "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");
	assert_int_equal(memory_new(&memory, root), 0);
	memory_find(memory, procs);
	put(root, "/proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=2100\n");
	memory_read(memory, procs, &seen);
	/* the machine's, as long as the group does not show that it is concerned */
	assert_true(!seen.is_own && seen.stalled_ns == 2 * NS_PER_MS && !seen.refused);
	put(root, "/sys/fs/cgroup/memory/jobs/memory.failcnt", "9\n");
	put(root, "/sys/fs/cgroup/memory/jobs/memory.oom_control",
	    "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
	memory_read(memory, procs, &seen);
	assert_true(seen.refused == 5 && seen.killed == 1 && seen.stalled_ns == 0);
	snprintf(text, sizeof(text), "%d", (int)pid);
	memory_limit_read(root, text, &limit);
	assert_int_equal(limit.bytes, 67108864);
	assert_int_equal(limit.used_bytes, 60000000);
	assert_true(limit.is_v1 && !limit.is_outermost);
	assert_string_equal(limit.file, "/sys/fs/cgroup/memory/jobs/memory.limit_in_bytes");
	/* a machine that tells nothing */
	memory_free(memory);
	assert_int_equal(memory_new(&memory, "/nonexistent"), 0);
	memory_find(memory, procs);
	memory_read(memory, procs, &seen);
	assert_true(seen.stalled_ns == -1 && !seen.is_own);
	memory_limit_read("/nonexistent", "self", &limit);
	assert_true(limit.bytes == INT64_MAX && memory_pressure_read("/nonexistent") == -1);
	memory_free(memory);
	end_child(pid);
	procs_free(procs);
}

static void links_have_speeds(void **state)
{
	const char *root = *state;
	struct link_state seen;
	struct links *links;

	/* hardware of 8 Mbit/s, and a virtual interface that only says so */
	put(root, "/sys/class/net/eth7/device/uevent", "DRIVER=x\n");
	put(root, "/sys/class/net/eth7/speed", "8\n");
	put(root, "/sys/class/net/eth7/statistics/rx_bytes", "1000\n");
	put(root, "/sys/class/net/eth7/statistics/tx_bytes", "1000\n");
	put(root, "/sys/class/net/veth7/speed", "8\n");
	put(root, "/sys/class/net/veth7/statistics/rx_bytes", "0\n");
	put(root, "/sys/class/net/veth7/statistics/tx_bytes", "0\n");
	assert_int_equal(links_new(&links, root), 0);
	put(root, "/sys/class/net/eth7/statistics/rx_bytes", "100000000\n");
	links_read(links, &seen);
	assert_string_equal(seen.name, ""); /* since when? */
	put(root, "/sys/class/net/veth7/statistics/rx_bytes", "900000000\n");
	links_read(links, &seen);
	assert_true(strcmp(seen.name, "eth7") != 0 && strcmp(seen.name, "veth7") != 0);
	put(root, "/sys/class/net/eth7/statistics/rx_bytes", "200000000\n");
	links_read(links, &seen);
	assert_string_equal(seen.name, "eth7");
	assert_int_equal(seen.bytes, 100000000);
	assert_false(seen.has_queue);
	links_free(links);
}

/* A child with a limit of open files, which it reaches. */
static void files_run_out(void **state)
{
	struct files_state seen;
	struct files *files;
	struct procs *procs;
	int ready[2], release[2];
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(release), 0);
	pid = fork();
	if (!pid) {
		struct rlimit limit = {32, 32};

		setrlimit(RLIMIT_NOFILE, &limit);
		if (write(ready[1], "a", 1) != 1 || read(release[0], &byte, 1) != 1)
			_exit(1);
		while (open("/dev/null", O_RDONLY) >= 0)
			;
		if (write(ready[1], "b", 1) != 1)
			_exit(1);
		pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(procs_new(&procs, NULL), 0);
	assert_int_equal(procs_add_tree(procs, pid, "server", NULL), 0);
	assert_int_equal(files_new(&files), 0);
	files_find(files, procs);
	files_read(files, &seen);
	assert_string_equal(seen.component, "server");
	assert_true(seen.pid == pid && seen.limit == 32 && seen.open >= 3 && seen.open < 31 && !seen.full);
	assert_int_equal(write(release[1], "x", 1), 1);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	for (int i = 0; i < 10; i++)
		files_read(files, &seen);
	assert_true(seen.full && seen.open == 32);
	files_free(files);
	end_child(pid);
	procs_free(procs);
}

/* Listens on `addr`, accepts one connection, and reads nothing. */
static pid_t start_idler(struct sockaddr_storage *addr, socklen_t len)
{
	int fd = socket(addr->ss_family, SOCK_STREAM, 0);
	pid_t pid;

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)addr, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)addr, &len), 0);
	pid = fork();
	if (!pid) {
		if (accept(fd, NULL, NULL) < 0)
			_exit(1);
		pause();
	}
	close(fd);
	return pid;
}

/* What is seen of the queues of a server that took one of two connections, and reads neither. */
static void see_unread(struct sockaddr_storage *addr, socklen_t len, struct queue_state *seen)
{
	pid_t pid = start_idler(addr, len);
	struct queues *queues;
	struct procs *procs;
	int fds[2];

	assert_int_equal(procs_new(&procs, NULL), 0);
	assert_int_equal(procs_add_tree(procs, pid, "idler", NULL), 0);
	assert_int_equal(queues_new(&queues), 0);
	queues_find(queues, procs);
	for (int i = 0; i < 2; i++) {
		fds[i] = socket(addr->ss_family, SOCK_STREAM, 0);
		assert_int_equal(connect(fds[i], (const struct sockaddr *)addr, len), 0);
		assert_int_equal(write(fds[i], "hello", 5), 5);
	}
	/* until it has accepted the first one; every fifth reading looks at what is unread, and not every call reads */
	for (int i = 0; i < 10000; i++) {
		queues_read(queues, seen);
		if (seen->unread_component[0] && seen->waiting == 1 && seen->unread)
			break;
		clock_sleep_until(clock_ns() + NS_PER_MS);
	}
	close(fds[0]);
	close(fds[1]);
	queues_free(queues);
	end_child(pid);
	procs_free(procs);
}

static void unread_requests_are_seen(void **state)
{
	struct sockaddr_storage addr = {.ss_family = AF_INET};
	struct sockaddr_un *un = (struct sockaddr_un *)&addr;
	struct queue_state seen;

	((struct sockaddr_in *)&addr)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	see_unread(&addr, sizeof(struct sockaddr_in), &seen);
	assert_string_equal(seen.component, "idler");
	assert_int_equal(seen.waiting, 1);
	assert_string_equal(seen.unread_component, "idler");
	assert_int_equal(seen.unread, 1);

	addr = (struct sockaddr_storage){.ss_family = AF_UNIX};
	snprintf(un->sun_path, sizeof(un->sun_path), "%s/idle.sock", (const char *)*state);
	see_unread(&addr, sizeof(*un), &seen);
	assert_int_equal(seen.waiting, 1);
	assert_string_equal(seen.unread_component, "idler");
	assert_int_equal(seen.unread, 1);
}

static void clocks_are_compared(void **state)
{
	struct drift since = {.monotonic_ns = 1000, .raw_ns = 500, .boot_ns = 9000};
	struct drift now = {
	    .monotonic_ns = 1000 + NS_PER_S, .raw_ns = 500 + NS_PER_S, .boot_ns = 9000 + NS_PER_S};

	(void)state;
	assert_true(drift_between(&since, &now) == 0);
	now.raw_ns -= NS_PER_MS; /* steered too fast */
	assert_true(fabs(drift_between(&since, &now) - 0.001) < 1e-9);
	now.raw_ns += NS_PER_MS;
	now.apart_ns = 10 * NS_PER_US; /* not so much that it could be that */
	assert_true(drift_between(&since, &now) == 0);
	now.boot_ns += 3 * NS_PER_S; /* suspended meanwhile */
	assert_true(fabs(drift_between(&since, &now) - 2.99999) < 1e-9);
	assert_true(drift_between(&since, &since) == 0);
	/* this machine's keep together, for a moment */
	drift_begin(&since);
	clock_sleep_until(clock_ns() + 50 * NS_PER_MS);
	assert_true(drift_read(&since) < 0.01);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_ROOT(memory_of_groups_of_version_2),
	    IN_ROOT(memory_of_groups_of_version_1),
	    IN_ROOT(links_have_speeds),
	    cmocka_unit_test(files_run_out),
	    IN_ROOT(unread_requests_are_seen),
	    cmocka_unit_test(clocks_are_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
