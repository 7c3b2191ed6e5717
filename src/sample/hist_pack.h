// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A histogram as few bytes, to be kept: nothing of it is lost. Numbers are unsigned LEB128 (seven bits a byte, the lowest first;
 * the top bit says that more follow):
 *
 *     version (1), HIST_SUB_BITS, HIST_TOP_BIT, count, sum_ns, min_ns, max_ns,
 *     then for each bucket that is not empty: how many are empty before it, and its count.
 */
#ifndef MAXQ_SAMPLE_HIST_PACK_H
#define MAXQ_SAMPLE_HIST_PACK_H

#include "base/buf.h"
#include "sample/hist.h"

/* Appends it: 0 or what buf_append returns. */
int hist_pack(const struct hist *hist, struct buf *into);

/* The whole of `data` back: 0, or -EPROTO when it is no such thing, or one of other buckets; `hist` is then empty. */
int hist_unpack(const void *data, size_t len, struct hist *hist);

#endif
