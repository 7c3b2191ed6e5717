// SPDX-License-Identifier: GPL-3.0-or-later
/* Which of a machine's networks messages take. */
#ifndef MAXQ_CLUSTER_SUBNET_H
#define MAXQ_CLUSTER_SUBNET_H

#include "base/err.h"

/*
 * Whether this machine has an address in the subnet, written as 10.0.0.0/24: 0; -EINVAL when it is not written like that,
 * -EADDRNOTAVAIL when there is none, with a message. Open MPI itself would only warn, and take another network.
 */
int subnet_check(const char *subnet, struct err *err);

/* Only whether it is written like that. */
int subnet_parse(const char *subnet, struct err *err);

#endif
