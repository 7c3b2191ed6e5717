// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Components that must be compiled. What is made stays in a cache folder, {build}, beside a stamp: a file with the command
 * that made it, whose time is that at which the making began. The stamp is written only by a build that succeeded.
 */
#ifndef MAXQ_STACK_BUILD_H
#define MAXQ_STACK_BUILD_H

#include "stack/component.h"

/*
 * Builds the component if it was never built, if one of its files has changed since, or if the command has. Does nothing for
 * a component without a `build`. Several of us may ask at a time: one builds, the others wait for it. When it fails, the
 * message has the end of what the command wrote.
 */
int build_component(const struct component *component, struct err *err);

#endif
