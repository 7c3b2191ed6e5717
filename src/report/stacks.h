// SPDX-License-Identifier: GPL-3.0-or-later
/* The catalog in words and tables, for people. What is missing is said beside each component or row. */
#ifndef MAXQ_REPORT_STACKS_H
#define MAXQ_REPORT_STACKS_H

#include <stdio.h>

#include "stack/catalog.h"
#include "stack/stack.h"

/* Tables of all components, and of all suites with their names; those that could not be read (NULL) are left out. */
void stacks_print_components(struct component *const *components, size_t n, FILE *out);
void stacks_print_suites(struct suite *const *suites, char *const *names, size_t n, FILE *out);

/* `version` is what it prints of itself; NULL: not known. */
void stacks_print_component(const struct component *component, const char *version, FILE *out);

/* The rows of a suite; `chains` are theirs. */
void stacks_print_suite(const char *name, const struct suite *suite, const struct chain *chains, FILE *out);

/*
 * The chain, and of each server of the stack made ready from it its command, environment and files. `versions` has one for
 * each element of the chain, or NULL.
 */
void stacks_print_stack(
    const struct chain *chain, const struct stack *stack, char *const *versions, FILE *out);

#endif
