// SPDX-License-Identifier: GPL-3.0-or-later
/* What mpirun is asked, and what is made of what it says: its own words, by Open MPI 4.1. */
#include "cluster/mpirun.h"

#include <errno.h>
#include <string.h>

#include "base/unittest.h"

#define LINE "--------------------------------------------------------------------------\n"

static int find(const struct mpirun_args *args, const char *text, size_t from)
{
	for (size_t i = from; i < args->n; i++)
		if (!strcmp(args->argv[i], text))
			return (int)i;
	return -1;
}

static void test_args(void **state)
{
	static const char *const command[] = {"load", "-c", "8", "-H", "X: a b; `c`", "http://web1/", NULL};
	static const char *const hosts[] = {"localhost", "gen1", "gen-2.example", "gen1", "web1"};
	struct mpirun_spec spec = {.program = "/usr/bin/maxq-mpi",
	    .generators = "gen1,gen-2.example,gen1",
	    .server = "web1",
	    .args = command};
	struct mpirun_args args;
	struct err err;
	int at = 0;

	(void)state;
	assert_int_equal(mpirun_args_make(&args, &spec, &err), 0);
	assert_string_equal(args.argv[0], "mpirun");
	assert_null(args.argv[args.n]);
	/* a rank each, in the order of their roles, each with the whole command, of which nothing is taken apart */
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		at = find(&args, "-np", (size_t)at + 1);
		assert_true(at > 0);
		assert_string_equal(args.argv[at + 1], "1");
		assert_string_equal(args.argv[at + 3], hosts[i]);
		assert_string_equal(args.argv[at + 4], "/usr/bin/maxq-mpi");
		assert_string_equal(args.argv[at + 5], "load");
		assert_string_equal(args.argv[at + 6], "--expect-ranks");
		assert_string_equal(args.argv[at + 7], "5");
		assert_string_equal(args.argv[at + 11], "X: a b; `c`");
		assert_string_equal(args.argv[at + 12], "http://web1/");
	}
	assert_int_equal(find(&args, "-np", (size_t)at + 1), -1);
	assert_int_equal(find(&args, "--allow-run-as-root", 0), -1);
	assert_true(find(&args, "plm_rsh_args", 0) > 0);
	assert_int_equal(find(&args, "btl_tcp_if_include", 0), -1);
	mpirun_args_release(&args);

	spec.as_root = spec.own_agent = true;
	spec.subnet = "10.0.0.0/24";
	assert_int_equal(mpirun_args_make(&args, &spec, &err), 0);
	assert_true(find(&args, "--allow-run-as-root", 0) > 0);
	assert_int_equal(find(&args, "plm_rsh_args", 0), -1);
	assert_true(find(&args, "btl_tcp_if_include", 0) > 0 && find(&args, "oob_tcp_if_include", 0) > 0);
	mpirun_args_release(&args);
}

static void test_ask(void **state)
{
	struct mpirun_spec spec = {.program = "/usr/bin/maxq-mpi"};
	struct mpirun_args args;
	struct err err;
	int at;

	(void)state;
	assert_int_equal(mpirun_args_ask(&args, &spec, "gen1", &err), 0);
	at = find(&args, "-np", 0);
	assert_string_equal(args.argv[at + 3], "gen1");
	assert_string_equal(args.argv[at + 5], "--version");
	assert_int_equal((int)args.n, at + 6);
	mpirun_args_release(&args);
}

static void test_names(void **state)
{
	static const char *const bad[] = {
	    "", ",", "a,", ",a", "a,,b", "-x", "a b", "a;b", "a:2", "$(id)", "a,-np"};
	char name[16];
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(mpirun_count(bad[i], &err), -EINVAL);
	assert_int_equal(mpirun_count("a,b-1.c,10.77.0.2", &err), 3);
	mpirun_host("a,b-1.c,10.77.0.2", 2, name, sizeof(name));
	assert_string_equal(name, "10.77.0.2");
	mpirun_host("a,b-1.c,10.77.0.2", 3, name, sizeof(name));
	assert_string_equal(name, "");
}

static void test_explain(void **state)
{
	static const struct {
		const char *log;
		bool started;
		int status;
		const char *says[2];
	} all[] = {
	    {LINE
		"mpirun was unable to launch the specified application as it could not access\n"
		"or execute an executable:\n\nExecutable: /opt/maxq-mpi\nNode: gen2\n\nwhile attempting to start process rank 2.\n" LINE,
		false, 132 << 8, {"'/opt/maxq-mpi' on 'gen2'", "install"}},
	    {"ssh: connect to host gen2 port 22: Connection refused\n" LINE
	     "ORTE was unable to reliably start one or more daemons.\nThis usually is caused by:\n" LINE,
		false, 1 << 8, {"connect to host gen2 port 22: Connection refused", "without a password"}},
	    {"gen1: Permission denied (publickey,password).\n" LINE
	     "ORTE was unable to reliably start one or more daemons.\n" LINE,
		false, 255 << 8, {"gen1: Permission denied", "without a password"}},
	    {"Connection to gen1 closed by remote host.\n" LINE
	     "ORTE was unable to reliably start one or more daemons.\n" LINE,
		true, 255 << 8, {"lost a machine", "Connection to gen1 closed"}},
	    {LINE "ORTE was unable to reliably start one or more daemons.\n" LINE, true, 1 << 8,
		{"lost a machine: its remote shell has ended; all", "maxq doctor"}},
	    {LINE
		"ORTE has lost communication with a remote daemon.\n\n  HNP daemon   : [[1,0],0] on node here\n"
		"  Remote daemon: [[1,0],2] on node gen2\n\nThis is usually due to\n" LINE,
		true, 205 << 8, {"lost the machine 'gen2'", "all others were ended"}},
	    {LINE
		"Primary job  terminated normally, but 1 process returned\na non-zero exit code. Per user-direction, the job has been aborted.\n" LINE
		    LINE
		"mpirun noticed that process rank 2 with PID 18 on node 10.77.0.3 exited on signal 9 (Killed).\n" LINE,
		true, 137 << 8, {"'10.77.0.3'", "exited on signal 9 (Killed)"}},
	    {"something\nelse\n", true, 3 << 8, {"status 3", "something; else"}},
	    {"", true, 9, {"signal 9", ""}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct err err;

		mpirun_explain(all[i].log, all[i].started, all[i].status, &err);
		assert_non_null(strstr(err.msg, all[i].says[0]));
		assert_non_null(strstr(err.msg, all[i].says[1]));
		assert_null(strchr(err.msg, '\n'));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_args),
	    cmocka_unit_test(test_ask),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_explain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
