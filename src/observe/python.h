// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * CPython's interpreters in other processes: where one keeps its threads and frames, and what its code objects are called. The
 * offsets of its structs are those of each version's headers, for there is no interface for this; a version that is not known is
 * left alone. Whatever is read is checked: what does not look like a code object has no name.
 */
#ifndef MAXQ_OBSERVE_PYTHON_H
#define MAXQ_OBSERVE_PYTHON_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "observe/python.bpf.h"
#include "observe/symbols.h"

enum { PYTHON_NAME_MAX = 256, PYTHON_PATH_MAX = 256 };

/* An interpreter in a process. */
struct python {
	unsigned major, minor;
	struct python_layout layout;
	uint64_t code_type;                 /* the address of PyCode_Type */
	uint32_t file_name, qualified_name; /* of a code object */
	uint32_t ascii_text, other_text;    /* of a string: where its characters begin */
};

/* What a code object says of itself. */
struct python_code {
	char name[PYTHON_NAME_MAX]; /* qualified: Class.method */
	char file[PYTHON_PATH_MAX]; /* its path, as Python has it */
};

/*
 * Finds the interpreter of a process that symbols_map knows: 0; -ENOENT where there is none; -ENOTSUP for a version that is not
 * known.
 */
int python_find(struct symbols *symbols, pid_t pid, struct python *python);

/* Fills where the interpreter of that version keeps things, from the address of its _PyRuntime: -ENOTSUP. */
int python_layout_of(struct python *python, unsigned long version, uint64_t runtime);

/* Reads a code object: 0, or -EFAULT when there is none at that address (any more). */
int python_read_code(pid_t pid, const struct python *python, uint64_t address, struct python_code *code);

/*
 * The name of a function as a program would import it: the module, which its file's path tells, a dot, and the qualified
 * name. `own` says if it is of the application: neither Python's own library nor a package that is installed.
 */
void python_full_name(const struct python_code *code, char *text, size_t size, bool *own);

#endif
