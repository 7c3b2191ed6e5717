// SPDX-License-Identifier: GPL-3.0-or-later
/* The observers of processes, on processes of which it is known what they use. */
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/unittest.h"
#include "observe/others.h"
#include "observe/procs.h"

/* Uses that much CPU time. */
static void burn(int64_t ns)
{
	struct timespec ts;

	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	while (timespec_ns(&ts) < ns);
}

/* Starts `body` in a process: it goes ahead when it is told through *go, tells by a byte that it is done, and stays until killed. */
static pid_t start(void (*body)(void), int *go, int *done)
{
	int to[2], from[2];
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	pid = fork();
	if (!pid) {
		alarm(30);
		if (read(to[0], &byte, 1) == 1)
			body();
		if (write(from[1], &byte, 1) == 1)
			pause();
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	*go = to[1];
	*done = from[0];
	return pid;
}

static void run_to_end(int go, int done)
{
	char byte = 'x';

	assert_int_equal(write(go, &byte, 1), 1);
	assert_int_equal(read(done, &byte, 1), 1);
	close(go);
	close(done);
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* What all watched processes have used, in ms. */
static double used_ms(struct procs *procs)
{
	struct process_cpu cpu[64];
	double sum = 0;

	assert_true(procs_count(procs) <= 64);
	procs_read(procs, cpu);
	for (size_t i = 0; i < procs_count(procs); i++)
		sum += (double)cpu[i].total_ns / (double)NS_PER_MS;
	return sum;
}

static void fork_for_each_request(void)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (!pid) {
			burn(20 * NS_PER_MS);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

/* A server that forks for every request: its children live too short to be found, and are counted all the same. */
static void children_that_nobody_saw_count(void **state)
{
	struct procs *procs;
	int go, done;
	pid_t pid = start(fork_for_each_request, &go, &done);
	double before, after;

	(void)state;
	assert_int_equal(procs_new(&procs, NULL), 0);
	assert_int_equal(procs_add_tree(procs, pid, "server", NULL), 0);
	before = used_ms(procs);
	run_to_end(go, done);
	after = used_ms(procs);
	assert_int_equal(procs_count(procs), 1);
	assert_true(after - before >= 380 && after - before < 600);
	procs_free(procs);
	stop(pid);
}

static int child_done[2];

static void one_long_child(void)
{
	pid_t pid = fork();
	char byte = 'c';

	if (!pid) {
		burn(150 * NS_PER_MS);
		if (write(child_done[1], &byte, 1) == 1)
			usleep(300000);
		burn(200 * NS_PER_MS);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* A child that was seen, and then ended and was waited for, is not counted twice. */
static void a_child_that_was_seen_counts_once(void **state)
{
	struct procs *procs;
	int go, done;
	pid_t pid;
	char byte = 'x';
	double before, middle, after;

	(void)state;
	assert_int_equal(pipe(child_done), 0);
	pid = start(one_long_child, &go, &done);
	assert_int_equal(procs_new(&procs, NULL), 0);
	assert_int_equal(procs_add_tree(procs, pid, "server", NULL), 0);
	before = used_ms(procs);
	assert_int_equal(write(go, &byte, 1), 1);
	assert_int_equal(read(child_done[0], &byte, 1), 1);
	procs_refresh(procs);
	middle = used_ms(procs);
	assert_int_equal(procs_count(procs), 2);
	/* it is younger than the reading before, so all of it counts */
	assert_true(middle - before >= 140 && middle - before < 260);
	assert_int_equal(read(done, &byte, 1), 1);
	used_ms(procs); /* notices the end, which the parent is told of a moment later */
	after = used_ms(procs);
	assert_true(after - before >= 190 && after - before < 320);
	procs_forget_ended(procs);
	assert_int_equal(procs_count(procs), 1);
	procs_free(procs);
	close(go);
	close(done);
	stop(pid);
}

static void *burn_300ms(void *unused)
{
	burn(300 * NS_PER_MS);
	return unused;
}

static void two_threads(void)
{
	pthread_t busy;

	pthread_create(&busy, NULL, burn_300ms, NULL);
	burn(20 * NS_PER_MS);
	pthread_join(busy, NULL);
	pthread_create(&busy, NULL, burn_300ms, NULL);
	usleep(50000);
}

static void the_busiest_thread_is_found(void **state)
{
	struct procs *procs;
	int go, done;
	pid_t pid = start(two_threads, &go, &done);
	int64_t begun_ns = clock_ns();
	double most;

	(void)state;
	assert_int_equal(procs_new(&procs, NULL), 0);
	assert_int_equal(procs_add_tree(procs, pid, "server", NULL), 0);
	procs_mark_threads(procs);
	run_to_end(go, done);
	procs_read_threads(procs);
	most = procs_facts(procs, 0)->busiest_thread * (double)(clock_ns() - begun_ns) / (double)NS_PER_MS;
	/* one thread is gone by now; the other has run for at least a part of 50 ms; the main thread for 20 */
	assert_true(most >= 10 && most < 330);
	procs_free(procs);
	stop(pid);
}

/* We are nobody's server, whoever's child we are; and of process 1, whose children all orphans are, only itself is watched. */
static void we_are_not_watched(void **state)
{
	struct procs *procs;

	(void)state;
	assert_int_equal(procs_new(&procs, NULL), 0);
	assert_int_equal(procs_add_tree(procs, getppid(), NULL, NULL), 0);
	for (size_t i = 0; i < procs_count(procs); i++)
		assert_int_not_equal(procs_facts(procs, i)->pid, getpid());
	procs_free(procs);
	assert_int_equal(procs_new(&procs, NULL), 0);
	if (!procs_add_tree(procs, 1, NULL, NULL))
		assert_int_equal(procs_count(procs), 1);
	procs_free(procs);
}

static int stranger_tells[2];

/* Our child does nothing; its child, which is no business of ours, burns. */
static void start_stranger(void)
{
	pid_t pid = fork();

	if (!pid) {
		alarm(30);
		burn(200 * NS_PER_MS);
		pid = getpid();
		if (write(stranger_tells[1], &pid, sizeof(pid)) == sizeof(pid))
			pause();
		_exit(0);
	}
}

static void others_are_found_and_we_are_not(void **state)
{
	int64_t begun_ns = clock_ns();
	struct other_process most;
	struct others *others;
	struct procs *procs;
	cpu_set_t cpus;
	int go, done;
	pid_t child, stranger;
	double ms, elapsed_ms;

	(void)state;
	CPU_ZERO(&cpus);
	for (size_t i = 0; i < 1024; i++)
		CPU_SET(i, &cpus);
	assert_int_equal(pipe(stranger_tells), 0);
	child = start(start_stranger, &go, &done);
	assert_int_equal(others_new(&others), 0);
	assert_true(isnan(others_busy(others, NULL, &cpus, &most, 1, NULL)));
	others_begin(others);
	burn(300 * NS_PER_MS); /* more than the stranger does */
	run_to_end(go, done);
	assert_int_equal(read(stranger_tells[0], &stranger, sizeof(stranger)), sizeof(stranger));
	ms = others_busy(others, NULL, &cpus, &most, 1, NULL);
	elapsed_ms = (double)(clock_ns() - begun_ns) / (double)NS_PER_MS;
	ms *= elapsed_ms;
	assert_true(ms >= 180);
	/* on a machine that is busy otherwise, somebody else can have used more */
	assert_true(most.pid == stranger || most.busy * elapsed_ms >= 180);
	assert_int_not_equal(most.pid, getpid());

	/* it is not one of the others when it is the server */
	assert_int_equal(procs_new(&procs, NULL), 0);
	assert_int_equal(procs_add_tree(procs, stranger, "server", NULL), 0);
	others_busy(others, procs, &cpus, &most, 1, NULL);
	assert_int_not_equal(most.pid, stranger);

	/* what runs on CPUs that do not matter does not matter */
	CPU_ZERO(&cpus);
	assert_true(others_busy(others, NULL, &cpus, &most, 1, NULL) == 0);
	assert_string_equal(most.comm, "");
	procs_free(procs);
	others_free(others);
	kill(stranger, SIGKILL);
	stop(child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(children_that_nobody_saw_count),
	    cmocka_unit_test(a_child_that_was_seen_counts_once),
	    cmocka_unit_test(the_busiest_thread_is_found),
	    cmocka_unit_test(we_are_not_watched),
	    cmocka_unit_test(others_are_found_and_we_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
