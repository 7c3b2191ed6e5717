// SPDX-License-Identifier: GPL-3.0-or-later
/* The commands of a component that come to an end by themselves: how it tells its version, and how it is built. */
#ifndef MAXQ_STACK_COMMAND_H
#define MAXQ_STACK_COMMAND_H

#include <stdint.h>

#include "base/buf.h"
#include "stack/component.h"

enum { COMMAND_VERSION_MAX = 128 };

/*
 * Runs the command, each argument a template, in a private folder and the component's environment, without a shell, for at
 * most `timeout_ns`. It cannot outlive us. Unless it ends with status 0, the message has the end of what it wrote. `output`
 * (NULL: not wanted) gets what it wrote, cut at the buffer's maximum.
 */
int command_run(const struct component *component, char *const *command, unsigned count, int64_t timeout_ns,
    struct buf *output, struct err *err);

/*
 * The first line that the component's `version` prints, into `text` of COMMAND_VERSION_MAX bytes, without control
 * characters. -ENOENT when its description has no such command.
 */
int command_version(const struct component *component, char *text, struct err *err);

#endif
