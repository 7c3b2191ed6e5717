// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/ranks.h"

#include <math.h>

#include "analysis/ranks.h"
#include "base/units.h"

enum { CELL = 32 };

static void print_clock(const struct rank_share *rank, FILE *out)
{
	char late[CELL], skew[CELL], error[CELL];

	format_duration(late, sizeof(late), fabs(rank->start_late_us) * 1e3);
	format_duration(skew, sizeof(skew), fabs(rank->clock_skew_us) * 1e3);
	format_duration(error, sizeof(error), rank->clock_error_us * 1e3);
	fprintf(
	    out, "began %s late, clock %s%s +- %s\n", late, rank->clock_skew_us < 0 ? "-" : "+", skew, error);
}

void ranks_print(const struct step *step, FILE *out)
{
	char rate[CELL], p99[CELL];

	for (unsigned i = 0; i < step->n_ranks; i++) {
		const struct rank_share *rank = &step->ranks[i];

		fprintf(out, "  %-11s %u on %s: ", i ? "" : "ranks", rank->rank, rank->host);
		if (rank->role == ROLE_GENERATOR) {
			format_count(rate, sizeof(rate), rank->throughput_rps);
			format_duration(p99, sizeof(p99), rank->p99_us * 1e3);
			fprintf(out, "%u clients, %s q/s, p99 %s, %.2f of its core; ", rank->clients, rate,
			    p99, rank->busy);
		} else {
			fputs("watched the server; ", out);
		}
		print_clock(rank, out);
	}
}
