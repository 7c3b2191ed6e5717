// SPDX-License-Identifier: GPL-3.0-or-later
#include "stack/fetch.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "codec/request.h"
#include "codec/response.h"

enum { REQUEST_MAX = 8192 };

static int send_request(int fd, const struct url *url, struct err *err)
{
	uint8_t request[REQUEST_MAX];
	char host[sizeof(url->host) + 16];
	int len;

	url_host_field(url, host, sizeof(host));
	len = request_encode(request, sizeof(request), url->protocol,
	    &(struct request_spec){.path = url->path, .host = host, .close = true}, err);
	if (len < 0)
		return len;
	/* it fits into any socket's buffer */
	if (send(fd, request, (size_t)len, MSG_NOSIGNAL) != len)
		return err_set(err, -errno, "cannot send: %s", strerror(errno));
	return 0;
}

static int receive_response(int fd, int64_t deadline_ns, struct response *response, struct err *err)
{
	enum codec_result result = CODEC_MORE;
	uint8_t data[16384];

	while (result == CODEC_MORE) {
		int rc = addr_wait(fd, POLLIN, deadline_ns);
		size_t used;
		ssize_t n;

		if (rc)
			return err_set(err, rc, "no whole response in time");
		n = recv(fd, data, sizeof(data), 0);
		if (n < 0)
			return err_set(err, -errno, "cannot receive: %s", strerror(errno));
		result = n ? response_feed(response, data, (size_t)n, &used) : response_eof(response);
	}
	if (result == CODEC_BAD)
		return err_set(err, -EPROTO, "bad response: %s", response->why_bad);
	return 0;
}

int fetch(const struct url *url, int64_t deadline_ns, uint8_t *body, size_t size, struct fetched *fetched,
    struct err *err)
{
	struct body_spec spec = {.copy = body, .copy_size = size};
	struct response response;
	struct addr addr;
	int fd, rc = addr_resolve(url, &addr, 1, err);

	if (rc < 0)
		return rc;
	fd = addr_connect(&addr, deadline_ns - clock_ns());
	if (fd < 0)
		return err_set(err, fd, "cannot connect: %s", strerror(-fd));
	rc = send_request(fd, url, err);
	if (!rc) {
		response_begin(&response, url->protocol, false, &spec);
		rc = receive_response(fd, deadline_ns, &response, err);
	}
	close(fd);
	if (!rc)
		*fetched =
		    (struct fetched){.status = response.status, .body_len = response_body(&response)->bytes};
	return rc;
}
