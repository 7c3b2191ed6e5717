// SPDX-License-Identifier: GPL-3.0-or-later
/*
 *     packets PORT SECONDS
 *
 * A witness of latencies that shares nothing with maxq: it watches the packets of TCP connections to PORT on the loopback
 * interface, with the kernel's own time stamps, and takes from each connection the time from a packet with data to the port
 * to the next packet with data from it. Says "watching", and after SECONDS the percentiles in us, as JSON. Needs CAP_NET_RAW.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BUFFER_SIZE = 64 * 1024 * 1024, LATENCIES_MAX = 4 * 1024 * 1024, PORTS = 65536 };

static double *latencies_us;
static size_t n_latencies;
static long long asked_ns[PORTS]; /* by the client's port: when its request went by; 0: none is in flight */

static long long in_ns(const struct timespec *ts)
{
	return ts->tv_sec * 1000000000LL + ts->tv_nsec;
}

static void take(const unsigned char *packet, size_t len, long long at_ns, unsigned port)
{
	const struct iphdr *ip = (const struct iphdr *)packet;
	const struct tcphdr *tcp;
	size_t ip_len = ip->ihl * 4U, data_len;
	unsigned from, to;

	if (ip->protocol != IPPROTO_TCP || len < ip_len + sizeof(*tcp))
		return;
	tcp = (const struct tcphdr *)(packet + ip_len);
	data_len = ntohs(ip->tot_len) - ip_len - tcp->doff * 4U;
	from = ntohs(tcp->source);
	to = ntohs(tcp->dest);
	if (!data_len)
		return;
	if (to == port) {
		asked_ns[from] = at_ns;
	} else if (from == port && asked_ns[to] && n_latencies < LATENCIES_MAX) {
		latencies_us[n_latencies++] = (double)(at_ns - asked_ns[to]) / 1e3;
		asked_ns[to] = 0;
	}
}

/* One packet, with its time stamp: false when there is none. */
static int receive(int fd, unsigned port)
{
	unsigned char packet[256], control[256];
	struct sockaddr_ll from;
	struct iovec iov = {packet, sizeof(packet)};
	struct msghdr msg = {.msg_name = &from,
	    .msg_namelen = sizeof(from),
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return 0;
	/* on lo each packet is seen twice: going out and coming in */
	if (from.sll_pkttype != PACKET_HOST || (size_t)n < sizeof(struct iphdr))
		return 1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		struct timespec ts;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		take(packet, (size_t)n, in_ns(&ts), port);
	}
	return 1;
}

static int watch(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP)), on = 1, size = BUFFER_SIZE;
	struct sockaddr_ll lo = {.sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_IP),
	    .sll_ifindex = (int)if_nametoindex("lo")};

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    bind(fd, (struct sockaddr *)&lo, sizeof(lo))) {
		fprintf(stderr, "packets: %s\n", strerror(errno));
		exit(1);
	}
	return fd;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(double q)
{
	size_t rank = (size_t)(q * (double)n_latencies + 0.999999);

	return latencies_us[rank ? rank - 1 : 0];
}

static void print(int fd)
{
	struct tpacket_stats stats = {0};
	socklen_t len = sizeof(stats);
	double sum = 0;

	getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len);
	qsort(latencies_us, n_latencies, sizeof(*latencies_us), by_size);
	for (size_t i = 0; i < n_latencies; i++)
		sum += latencies_us[i];
	printf("{\"count\": %zu, \"dropped\": %u", n_latencies, stats.tp_drops);
	if (n_latencies)
		printf(
		    ", \"mean\": %.3f, \"p50\": %.3f, \"p90\": %.3f, \"p99\": %.3f, \"p999\": %.3f, \"max\": %.3f",
		    sum / (double)n_latencies, quantile(0.5), quantile(0.9), quantile(0.99), quantile(0.999),
		    quantile(1));
	printf("}\n");
}

int main(int argc, char **argv)
{
	unsigned port = argc == 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	double seconds = argc == 3 ? strtod(argv[2], NULL) : 0;
	struct timespec now;
	long long end_ns;
	int fd;

	if (!port || port >= PORTS || seconds <= 0)
		return 2;
	latencies_us = malloc(LATENCIES_MAX * sizeof(*latencies_us));
	if (!latencies_us)
		return 1;
	fd = watch();
	printf("watching\n");
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &now);
	for (end_ns = in_ns(&now) + (long long)(seconds * 1e9); in_ns(&now) < end_ns;) {
		poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 20);
		while (receive(fd, port))
			;
		clock_gettime(CLOCK_MONOTONIC, &now);
	}
	print(fd);
	return 0;
}
