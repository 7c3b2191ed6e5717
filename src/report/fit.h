// SPDX-License-Identifier: GPL-3.0-or-later
/* Text from outside, cut to the columns of a terminal. */
#ifndef MAXQ_REPORT_FIT_H
#define MAXQ_REPORT_FIT_H

#include <locale.h>

#include "base/buf.h"

/*
 * Appends as much of the text as fits into so many columns: the number of columns that it takes. Characters may take two, or
 * none; which, and how they are encoded, the locale says ((locale_t)0: each byte is a character). What is no printable
 * character there is shown as '?'.
 */
int fit_text(struct buf *buf, const char *text, int columns, locale_t locale);

/* The columns that all of it takes. */
int fit_columns(const char *text, locale_t locale);

#endif
