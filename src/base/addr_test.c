// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/addr.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/unittest.h"

static struct addr addr_of(const char *host)
{
	struct url url = {.port = 80};
	struct addr addr;

	snprintf(url.host, sizeof(url.host), "%s", host);
	assert_int_equal(addr_resolve(&url, &addr, 1, NULL), 1);
	return addr;
}

static bool is_local(const char *host)
{
	struct addr addr = addr_of(host);

	return addr_is_local(&addr);
}

static void loopback_is_local(void **state)
{
	static const char *const hosts[] = {
	    "127.0.0.1", "127.255.1.2", "::1", "::ffff:127.0.0.1", "::ffff:127.8.8.8", "0.0.0.0", "::"};
	struct addr un = {.sa.ss_family = AF_UNIX};

	(void)state;
	assert_true(addr_is_local(&un));
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		if (!is_local(hosts[i]))
			fail_msg("%s is not local", hosts[i]);
}

/* Addresses that documentation may use (RFC 5737, 3849), and neighbours of those that mean loopback. */
static const char *const strangers[] = {"198.51.100.7", "203.0.113.9", "126.255.255.255", "128.0.0.1",
    "2001:db8::7", "::2", "::ffff:198.51.100.7", "::ffff:128.0.0.1", "fe80::1234:5678:9abc:def0"};

static void strangers_are_not_local(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++)
		if (is_local(strangers[i]))
			fail_msg("%s is local", strangers[i]);
}

static void interfaces_are_local(void **state)
{
	struct ifaddrs *list;

	(void)state;
	assert_int_equal(getifaddrs(&list), 0);
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		struct addr addr = {.len = sizeof(struct sockaddr_in6)};
		int family = i->ifa_addr ? i->ifa_addr->sa_family : AF_UNSPEC;
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&addr.sa;

		if (family == AF_INET) {
			struct sockaddr_in in4;

			memcpy(&in4, i->ifa_addr, sizeof(in4));
			memcpy(&addr.sa, &in4, sizeof(in4));
			assert_true(addr_is_local(&addr));
			/* the same, mapped */
			addr = (struct addr){.sa.ss_family = AF_INET6, .len = sizeof(*in6)};
			memset(&in6->sin6_addr.s6_addr[10], 0xff, 2);
			memcpy(&in6->sin6_addr.s6_addr[12], &in4.sin_addr, 4);
			assert_true(addr_is_local(&addr));
		} else if (family == AF_INET6) {
			memcpy(in6, i->ifa_addr, sizeof(*in6));
			assert_true(addr_is_local(&addr));
			/* a link-local address is one only together with its link */
			in6->sin6_scope_id += 1000;
			assert_int_equal(addr_is_local(&addr), !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr));
		}
	}
	freeifaddrs(list);
}

/* Where any address can be bound to, as machines that share an address let it be, a stranger is one all the same. */
static void binding_proves_nothing(void **state)
{
	enum { NOT_ALLOWED = 77 };
	pid_t pid;
	int status;

	(void)state;
	pid = fork();
	if (!pid) {
		int found = 0;

		if (unshare(CLONE_NEWNET) ||
		    file_write("/proc/sys/net/ipv4/ip_nonlocal_bind", "1\n", 2, NULL) ||
		    file_write("/proc/sys/net/ipv6/ip_nonlocal_bind", "1\n", 2, NULL))
			_exit(NOT_ALLOWED);
		for (size_t i = 0; i < ARRAY_SIZE(strangers); i++)
			found += is_local(strangers[i]);
		_exit(found);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NOT_ALLOWED)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(loopback_is_local),
	    cmocka_unit_test(strangers_are_not_local),
	    cmocka_unit_test(interfaces_are_local),
	    cmocka_unit_test(binding_proves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
