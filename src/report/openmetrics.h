// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A run as OpenMetrics (https://prometheus.io/docs/specs/om/open_metrics_spec/, version 1.0.0), which is also Prometheus's own text
 * format, but for its last line: for the textfile collector of a node exporter, or a push gateway. Times are in seconds, and
 * names end in their unit. What is unknown is left out.
 */
#ifndef MAXQ_REPORT_OPENMETRICS_H
#define MAXQ_REPORT_OPENMETRICS_H

#include <stdio.h>

#include "analysis/result.h"

/* Of each result what its maximum was, or its only load. */
void openmetrics_print(const struct report *report, FILE *out);

#endif
