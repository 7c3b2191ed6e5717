// SPDX-License-Identifier: GPL-3.0-or-later
/* The only file that knows MPI; only the program maxq-mpi has it. */
#include <errno.h>
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/units.h"
#include "cluster/cluster.h"
#include "cluster/subnet.h"

enum { TAG_HELLO = 1, TAG_ORDER, TAG_REPLY, TAG_CLOCK, CLOCK_QUESTIONS = 8, VERSION_MAX = 64 };

/* Between two looks for a message: at first short, as most answers come at once. */
static const int64_t nap_first_ns = 50 * NS_PER_US, nap_last_ns = 10 * NS_PER_MS;

/* For an answer that is only a round trip away. */
static const int64_t spin_ns = 300 * NS_PER_US;

/* Within which what is not waiting for anybody is done. */
static const int64_t patience_ns = 15 * NS_PER_S;

/* What each rank tells rank 0 of itself. Its beginning stays as it is in all versions. */
struct hello {
	char version[VERSION_MAX];
	char host[RANK_HOST_MAX];
	uint64_t layout; /* of what is sent as it is in memory */
	struct reply fit;
};

struct cluster {
	int rank, size;
	bool has_observer, lost; /* lost: somebody does not answer, so that an orderly end would hang */
	struct hello *hellos;    /* of all, on rank 0; else of this one */
	MPI_Request request;     /* of what is being sent, received or added up: one at a time */
};

struct clocks {
	int64_t monotonic_ns, wall_ns;
};

/* mpirun ends us, or the user does: nobody answers any more. */
static bool must_end(void)
{
	return interrupt_signal() == SIGTERM || interrupt_signal() == SIGHUP;
}

static void nap(int64_t *length_ns)
{
	struct timespec ts = {.tv_nsec = *length_ns};

	nanosleep(&ts, NULL);
	*length_ns += *length_ns / 4;
	if (*length_ns > nap_last_ns)
		*length_ns = nap_last_ns;
}

/* Of what is waited for: `done` once it is there, after looking once more. 0, -EINTR, -ETIMEDOUT. */
static int go_on(int64_t *nap_ns, int64_t deadline_ns)
{
	if (must_end())
		return -EINTR;
	if (clock_ns() > deadline_ns)
		return -ETIMEDOUT;
	nap(nap_ns);
	return 0;
}

static int wait_for(struct cluster *c, int64_t deadline_ns)
{
	int64_t nap_ns = nap_first_ns;
	int done = 0, rc = 0;

	while (!rc) {
		if (MPI_Test(&c->request, &done, MPI_STATUS_IGNORE))
			return -EIO;
		if (done)
			return 0;
		rc = go_on(&nap_ns, deadline_ns);
	}
	return rc;
}

/* Says what failed between us and that rank, and remembers that it did. */
static int fail(struct cluster *c, unsigned rank, int rc, struct err *err)
{
	const char *host = cluster_host(c, rank);

	c->lost = true;
	if (rc == -EINTR)
		return err_set(err, -ECONNABORTED,
		    "ended from outside while waiting for '%s': a rank was lost, or mpirun was told to end",
		    host);
	if (rc == -ETIMEDOUT)
		return err_set(
		    err, rc, "no word from '%s' (rank %u) in time: does it still run?", host, rank);
	if (rc == -ENOMEM)
		return err_set(err, rc, "out of memory");
	return err_set(err, rc, "lost the connection to '%s' (rank %u)", host, rank);
}

static int send_to(struct cluster *c, unsigned rank, int tag, const void *data, size_t len, struct err *err)
{
	int rc = MPI_Isend(data, (int)len, MPI_BYTE, (int)rank, tag, MPI_COMM_WORLD, &c->request) ? -EIO : 0;

	if (!rc)
		rc = wait_for(c, clock_ns() + patience_ns);
	return rc ? fail(c, rank, rc, err) : 0;
}

/* The next message of that tag, from malloc. */
static int receive(
    struct cluster *c, unsigned rank, int tag, void **data, size_t *len, int64_t deadline_ns, struct err *err)
{
	int64_t nap_ns = nap_first_ns;
	int there = 0, rc = 0, n;
	MPI_Status status;

	while (!rc && !there) {
		if (must_end()) /* asked first: with a rank lost, MPI may end us as well */
			rc = -EINTR;
		else if (MPI_Iprobe((int)rank, tag, MPI_COMM_WORLD, &there, &status))
			rc = -EIO;
		else if (!there)
			rc = go_on(&nap_ns, deadline_ns);
	}
	if (rc)
		return fail(c, rank, rc, err);
	MPI_Get_count(&status, MPI_BYTE, &n);
	*data = malloc((size_t)n + 1);
	if (!*data)
		return fail(c, rank, -ENOMEM, err);
	if (MPI_Irecv(*data, n, MPI_BYTE, (int)rank, tag, MPI_COMM_WORLD, &c->request))
		rc = -EIO;
	else
		rc = wait_for(c, clock_ns() + patience_ns);
	if (rc) {
		/* a transfer that was begun may still write there: it is left to the end of the process */
		*data = NULL;
		return fail(c, rank, rc, err);
	}
	*len = (size_t)n;
	return 0;
}

/* Different when anything that is sent as it is in memory looks different. */
static uint64_t layout(void)
{
	static const uint16_t bytes = 0x0102;
	uint64_t sizes[] = {sizeof(struct window), sizeof(struct observed), sizeof(struct process_facts),
	    sizeof(struct order), sizeof(struct reply), sizeof(struct rank_share), sizeof(struct wire_totals),
	    *(const uint8_t *)&bytes};
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		sum = sum * 1000003 + sizes[i];
	return sum;
}

static void introduce(struct hello *hello, const struct cluster_spec *spec)
{
	snprintf(hello->version, sizeof(hello->version), "%s", wire_version());
	if (gethostname(hello->host, sizeof(hello->host)))
		snprintf(hello->host, sizeof(hello->host), "unknown");
	hello->host[sizeof(hello->host) - 1] = '\0';
	hello->layout = layout();
	if (spec->subnet)
		hello->fit.rc = subnet_check(spec->subnet, &hello->fit.err);
}

static int check_hello(const struct cluster *c, unsigned rank, struct err *err)
{
	const struct hello *own = &c->hellos[0], *other = &c->hellos[rank];

	if (strcmp(own->version, other->version) != 0)
		return err_set(err, -EPROTO,
		    "maxq on '%.*s' is version '%.*s', here it is '%s': install the same on all machines",
		    RANK_HOST_MAX, other->host, VERSION_MAX, other->version, own->version);
	if (own->layout != other->layout)
		return err_set(err, -EPROTO,
		    "maxq on '%s' was built differently than here, or for another kind of machine: install the same on all machines",
		    other->host);
	if (other->fit.rc)
		return err_set(err, other->fit.rc, "'%s': %s", other->host, other->fit.err.msg);
	return 0;
}

/* Rank 0 hears of all others, and checks them. */
static int gather_hellos(struct cluster *c, struct err *err)
{
	int rc = 0;

	for (unsigned r = 1; r < (unsigned)c->size && !rc; r++) {
		struct hello *hello;
		void *data = NULL;
		size_t len;

		snprintf(c->hellos[r].host, RANK_HOST_MAX, "rank %u", r);
		rc = receive(c, r, TAG_HELLO, &data, &len, clock_ns() + patience_ns, err);
		if (rc)
			break;
		hello = data;
		if (len < sizeof(hello->version) + sizeof(hello->host))
			rc = err_set(err, -EPROTO, "rank %u is not maxq", r);
		else
			memcpy(&c->hellos[r], hello, len < sizeof(*hello) ? len : sizeof(*hello));
		free(data);
	}
	for (unsigned r = 0; r < (unsigned)c->size && !rc; r++)
		rc = check_hello(c, r, err);
	return rc;
}

/* Under srun without its plugin for MPI, and without mpirun, each process is alone in a world of its own. */
static int check_size(const struct cluster *c, const struct cluster_spec *spec, struct err *err)
{
	unsigned least = 2 + spec->has_observer;

	if (spec->ranks && (unsigned)c->size != spec->ranks)
		return err_set(err, -ESRCH, "there are %d ranks, but %u were expected: %s", c->size,
		    spec->ranks,
		    c->size == 1 ? "start maxq-mpi by mpirun, or by srun --mpi=pmix"
				 : "start as many, or say --expect-ranks");
	if ((unsigned)c->size < least)
		return err_set(err, -ESRCH,
		    "there %s %d rank%s, but it takes %u: a coordinator, a generator%s: start maxq-mpi by mpirun, or by srun --mpi=pmix",
		    c->size == 1 ? "is" : "are", c->size, c->size == 1 ? "" : "s", least,
		    spec->has_observer ? " and the server's observer" : "");
	if (c->size > CLUSTER_RANKS_MAX)
		return err_set(
		    err, -E2BIG, "there are %d ranks: at most %d are possible", c->size, CLUSTER_RANKS_MAX);
	return 0;
}

int cluster_open(struct cluster **cluster, const struct cluster_spec *spec, struct err *err)
{
	struct cluster *c = calloc(1, sizeof(*c));
	int level, rc;

	if (!c)
		return err_set(err, -ENOMEM, "out of memory");
	*cluster = c;
	if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level))
		return err_set(err, -EIO, "cannot start MPI");
	/* what fails is told by us, with the name of the machine */
	MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
	MPI_Comm_rank(MPI_COMM_WORLD, &c->rank);
	MPI_Comm_size(MPI_COMM_WORLD, &c->size);
	c->has_observer = spec->has_observer;
	c->hellos = calloc(c->rank ? 1 : (size_t)c->size, sizeof(*c->hellos));
	if (!c->hellos)
		return err_set(err, -ENOMEM, "out of memory");
	introduce(&c->hellos[0], spec);
	rc = check_size(c, spec, err);
	if (rc)
		return rc;
	if (c->rank)
		return send_to(c, 0, TAG_HELLO, &c->hellos[0], sizeof(c->hellos[0]), err);
	return gather_hellos(c, err);
}

void cluster_close(struct cluster *c, bool failed)
{
	int initialized = 0;

	if (!c)
		return;
	MPI_Initialized(&initialized);
	/* told to end by mpirun: all others are, too, and there is nobody to take leave of */
	if (initialized && !must_end()) {
		if (failed || c->lost)
			MPI_Abort(MPI_COMM_WORLD, 1);
		MPI_Finalize();
	}
	free(c->hellos);
	free(c);
}

unsigned cluster_rank(const struct cluster *c)
{
	return (unsigned)c->rank;
}

unsigned cluster_size(const struct cluster *c)
{
	return (unsigned)c->size;
}

enum rank_role cluster_role(const struct cluster *c, unsigned rank)
{
	if (!rank)
		return ROLE_COORDINATOR;
	return c->has_observer && rank == (unsigned)c->size - 1 ? ROLE_OBSERVER : ROLE_GENERATOR;
}

unsigned cluster_generators(const struct cluster *c)
{
	return (unsigned)c->size - 1 - c->has_observer;
}

const char *cluster_host(const struct cluster *c, unsigned rank)
{
	if (!c->rank)
		return c->hellos[rank].host;
	return rank == (unsigned)c->rank ? c->hellos[0].host : "rank 0";
}

int cluster_order(struct cluster *c, unsigned rank, const struct order *order, const void *data, size_t len,
    struct err *err)
{
	int rc = send_to(c, rank, TAG_ORDER, order, sizeof(*order), err);

	return rc || !len ? rc : send_to(c, rank, TAG_ORDER, data, len, err);
}

int cluster_receive(
    struct cluster *c, unsigned rank, void **data, size_t *len, int64_t deadline_ns, struct err *err)
{
	return receive(c, rank, TAG_REPLY, data, len, deadline_ns, err);
}

int cluster_take_reply(
    struct cluster *c, unsigned rank, void **data, size_t *len, int64_t deadline_ns, struct err *err)
{
	struct reply reply;
	size_t size = 0;
	void *message;
	int rc = receive(c, rank, TAG_REPLY, &message, &size, deadline_ns, err);

	if (rc)
		return rc;
	if (size < sizeof(reply)) {
		free(message);
		return fail(c, rank, -EPROTO, err);
	}
	memcpy(&reply, message, sizeof(reply));
	if (data && !reply.rc) {
		*len = size - sizeof(reply);
		memmove(message, (char *)message + sizeof(reply), *len);
		*data = message;
	} else {
		free(message);
	}
	if (reply.rc)
		return err_set(err, reply.rc, "'%s': %.1400s", cluster_host(c, rank), reply.err.msg);
	return 0;
}

int cluster_next_order(struct cluster *c, struct order *order, void **data, struct err *err)
{
	void *message = NULL;
	size_t len = 0, extra = 0;
	int rc = receive(c, 0, TAG_ORDER, &message, &len, CLOCK_NEVER, err);

	*data = NULL;
	if (rc)
		return rc;
	if (len == sizeof(*order))
		memcpy(order, message, sizeof(*order));
	else
		rc = fail(c, 0, -EPROTO, err);
	free(message);
	if (rc || !order->data_len)
		return rc;
	rc = receive(c, 0, TAG_ORDER, data, &extra, clock_ns() + patience_ns, err);
	if (!rc && extra != order->data_len)
		rc = fail(c, 0, -EPROTO, err);
	return rc;
}

bool cluster_has_order(struct cluster *c)
{
	int there = 0;

	(void)c;
	return MPI_Iprobe(0, TAG_ORDER, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE) || there;
}

int cluster_reply(
    struct cluster *c, int rc, const struct err *failure, const void *data, size_t len, struct err *err)
{
	struct reply reply = {.rc = rc};
	char *message = malloc(sizeof(reply) + len);

	if (!message)
		return err_set(err, -ENOMEM, "out of memory");
	if (rc)
		reply.err = *failure;
	memcpy(message, &reply, sizeof(reply));
	if (len)
		memcpy(message + sizeof(reply), data, len);
	rc = send_to(c, 0, TAG_REPLY, message, sizeof(reply) + len, err);
	free(message);
	return rc;
}

static int reduce(
    struct cluster *c, uint64_t *numbers, int n, MPI_Op op, int64_t deadline_ns, struct err *err)
{
	uint64_t *sums = calloc((size_t)n, sizeof(*sums));
	int rc = sums ? 0 : -ENOMEM;

	if (!rc && MPI_Ireduce(numbers, sums, n, MPI_UINT64_T, op, 0, MPI_COMM_WORLD, &c->request))
		rc = -EIO;
	if (!rc)
		rc = wait_for(c, deadline_ns);
	if (!rc && !c->rank)
		memcpy(numbers, sums, (size_t)n * sizeof(*sums));
	if (!rc || rc == -ENOMEM) /* else it may still be written to */
		free(sums);
	return rc ? fail(c, 0, rc, err) : 0;
}

int cluster_reduce(struct cluster *c, struct wire_totals *totals, int64_t deadline_ns, struct err *err)
{
	int rc = reduce(c, totals->sums, WIRE_SUMS, MPI_SUM, deadline_ns, err);

	if (!rc)
		rc = reduce(c, totals->least, WIRE_EXTREMES, MPI_MIN, deadline_ns, err);
	if (!rc)
		rc = reduce(c, totals->most, WIRE_EXTREMES, MPI_MAX, deadline_ns, err);
	return rc;
}

static struct clocks read_clocks(void)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	return (struct clocks){.monotonic_ns = clock_ns(), .wall_ns = timespec_ns(&wall)};
}

/*
 * Without naps at first, as these would be what is measured; where the answer has to wait for a CPU, which may be ours, only they
 * let it come.
 */
static int spin_for(struct cluster *c, unsigned rank, void *data, size_t len, struct err *err)
{
	int64_t begun_ns = clock_ns(), now_ns = begun_ns, nap_ns = nap_first_ns;
	int done = 0, rc = 0;

	if (MPI_Irecv(data, (int)len, MPI_BYTE, (int)rank, TAG_CLOCK, MPI_COMM_WORLD, &c->request))
		rc = -EIO;
	while (!rc && !done) {
		if (MPI_Test(&c->request, &done, MPI_STATUS_IGNORE))
			rc = -EIO;
		else if (!done && now_ns - begun_ns > spin_ns)
			rc = go_on(&nap_ns, begun_ns + patience_ns);
		now_ns = clock_ns();
	}
	return rc ? fail(c, rank, rc, err) : 0;
}

int cluster_ask_clock(struct cluster *c, unsigned rank, struct clock_offset *offset, struct err *err)
{
	struct order order = {.kind = ORDER_CLOCK};
	int64_t best_ns = CLOCK_NEVER;
	int rc = cluster_order(c, rank, &order, NULL, 0, err);
	char question = 0;

	for (int i = 0; i < CLOCK_QUESTIONS && !rc; i++) {
		struct clocks before = read_clocks(), theirs = {0};
		int64_t round_trip_ns;

		rc = send_to(c, rank, TAG_CLOCK, &question, 1, err);
		if (!rc)
			rc = spin_for(c, rank, &theirs, sizeof(theirs), err);
		round_trip_ns = clock_ns() - before.monotonic_ns;
		if (rc || round_trip_ns >= best_ns)
			continue;
		best_ns = round_trip_ns;
		*offset = (struct clock_offset){
		    .monotonic_ns = theirs.monotonic_ns - before.monotonic_ns - round_trip_ns / 2,
		    .wall_ns = theirs.wall_ns - before.wall_ns - round_trip_ns / 2,
		    .error_ns = (round_trip_ns + 1) / 2};
	}
	return rc;
}

int cluster_tell_clock(struct cluster *c, struct err *err)
{
	char question;
	int rc = 0;

	for (int i = 0; i < CLOCK_QUESTIONS && !rc; i++) {
		struct clocks own;

		rc = spin_for(c, 0, &question, 1, err);
		own = read_clocks();
		if (!rc)
			rc = send_to(c, 0, TAG_CLOCK, &own, sizeof(own), err);
	}
	return rc;
}
