// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Histograms as HdrHistogram's own tools read them: its log format, version 1.3, with histograms in its V2 compressed encoding
 * (https://github.com/HdrHistogram/HdrHistogram: HistogramLogWriter.java, AbstractHistogram.encodeIntoByteBuffer,
 * ZigZagEncoding.java). Our buckets (sample/hist.h) are those of an HdrHistogram of 3 digits from 1 ns to 2^38 ns, one by one, so
 * that nothing is lost; what took longer is in the last one. Values are in ns.
 */
#ifndef MAXQ_REPORT_HDR_H
#define MAXQ_REPORT_HDR_H

#include <stdio.h>

#include "sample/hist.h"

/* The log's first lines. */
void hdr_print_head(const char *started_at, FILE *out);

/*
 * One line: the histogram of an interval that began `start_s` after the log did. What a tag cannot have (commas, spaces) becomes
 * "_". 0 or -ENOMEM.
 */
int hdr_print(const struct hist *hist, const char *tag, double start_s, double length_s, FILE *out);

#endif
