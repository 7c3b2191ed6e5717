// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where the server's CPU time went, as samples of call stacks: each a path of frames from the outermost function to the one
 * that ran, of one component, with how often it was seen. Equal paths are one entry.
 */
#ifndef MAXQ_SAMPLE_STACKS_H
#define MAXQ_SAMPLE_STACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/intern.h"
#include "sample/step.h"

enum frame_kind { FRAME_NATIVE, FRAME_JIT, FRAME_PYTHON, FRAME_KERNEL };
enum { FRAME_KINDS = FRAME_KERNEL + 1 };

/* A function. */
struct frame {
	enum frame_kind kind;
	bool own; /* of Python: of the application itself, neither a library nor a package */
	const char
	    *function; /* qualified, where the language has that: django.urls.resolvers.URLResolver.resolve */
	const char
	    *module; /* the file that it comes from: libc.so.6, a path of Python's; "kernel"; may be "" */
};

enum { STACK_DEPTH_MAX = 256, STACKS_COMPONENTS_MAX = 64 };

struct stacks {
	unsigned frequency_hz;   /* of each CPU that is busy */
	bool kernel;             /* the kernel's part was sampled; else only what ran in user mode */
	bool python;             /* Python's functions are among the frames where there were any */
	char why_no_python[160]; /* a clause, where it is not; "" else */
	uint64_t samples;        /* of the server, all that are in `counts` */
	uint64_t lost;           /* of anybody: the reader was too slow, or there was no room */
	size_t n_components;
	char components[STACKS_COMPONENTS_MAX][COMPONENT_NAME_MAX];
	struct intern *names; /* of frames: kind, own, function, module */
	struct intern *paths; /* component, then the numbers of frames, as uint32_t */
	size_t room;
	uint64_t *counts; /* of each path */
};

/* 0 or -ENOMEM. Release also what is zero. */
int stacks_init(struct stacks *stacks);
void stacks_release(struct stacks *stacks);

/* The number of the component of that name, the last one when there are too many. */
unsigned stacks_component(struct stacks *stacks, const char *name);

/* The number of a frame; its texts are copied. Negative errno when there is no room for it. */
int stacks_frame(struct stacks *stacks, const struct frame *frame);

/* What frame i is: its texts are valid until the next stacks_frame. */
struct frame stacks_frame_at(const struct stacks *stacks, size_t i);

/* Counts `count` samples of a path, outermost frame first; of more than STACK_DEPTH_MAX frames the outer ones are left out. */
int stacks_add(struct stacks *stacks, unsigned component, const uint32_t *frames, size_t n, uint64_t count);

size_t stacks_count(const struct stacks *stacks);

/* Path i < stacks_count(): its frames; how many, whose, and how often. The pointer is valid until the next stacks_add. */
const uint32_t *stacks_at(
    const struct stacks *stacks, size_t i, size_t *n, unsigned *component, uint64_t *count);

#endif
