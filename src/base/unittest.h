// SPDX-License-Identifier: GPL-3.0-or-later
/* What every unit test includes: cmocka, with the headers that it wants before it. */
#ifndef MAXQ_BASE_UNITTEST_H
#define MAXQ_BASE_UNITTEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
