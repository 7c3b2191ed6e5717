// SPDX-License-Identifier: GPL-3.0-or-later
#include "cluster/subnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Address and mask, in the order of the host. */
struct subnet {
	uint32_t address, mask;
};

static int parse(const char *text, struct subnet *subnet, struct err *err)
{
	char address[INET_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	char *end = NULL;
	struct in_addr in;
	unsigned long bits = slash ? strtoul(slash + 1, &end, 10) : 0;

	if (slash && end != slash + 1 && !*end && bits >= 1 && bits <= 32 &&
	    (size_t)(slash - text) < sizeof(address)) {
		snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
		if (inet_pton(AF_INET, address, &in) == 1) {
			subnet->mask = (uint32_t)(UINT64_C(0xffffffff) << (32 - bits));
			subnet->address = ntohl(in.s_addr) & subnet->mask;
			return 0;
		}
	}
	return err_set(err, -EINVAL, "bad subnet '%s': write it as 10.0.0.0/24", text);
}

int subnet_parse(const char *text, struct err *err)
{
	struct subnet subnet;

	return parse(text, &subnet, err);
}

int subnet_check(const char *text, struct err *err)
{
	struct ifaddrs *all;
	struct subnet subnet = {0};
	bool found = false;
	int rc = parse(text, &subnet, err);

	if (rc)
		return rc;
	if (getifaddrs(&all))
		return err_set(err, -errno, "cannot list the network addresses: %s", strerror(errno));
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		struct sockaddr_in in;

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&in, i->ifa_addr, sizeof(in));
		found |= (ntohl(in.sin_addr.s_addr) & subnet.mask) == subnet.address;
	}
	freeifaddrs(all);
	if (!found)
		return err_set(err, -EADDRNOTAVAIL,
		    "no address in the subnet '%s': see 'ip address', and name one that all machines are in",
		    text);
	return 0;
}
