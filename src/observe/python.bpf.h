/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel's part of sampling Python (python.bpf.c) and ours say to each other. */
#ifndef MAXQ_OBSERVE_PYTHON_BPF_H
#define MAXQ_OBSERVE_PYTHON_BPF_H

#include <linux/types.h>

enum { PYTHON_FRAMES_MAX = 127, PYTHON_THREADS_MAX = 16 };

/* Where things are in a process with an interpreter; all else are offsets into its structs. */
struct python_layout {
	__u64 current_thread; /* address of the pointer to the running thread's state; 0: there is none */
	__u64 interpreter;    /* address of the pointer to the first interpreter */
	__u32 first_thread;   /* of an interpreter: its first thread's state */
	__u32 next_thread, native_id,
	    cframe; /* of a thread's state; `cframe` leads to what has `frame`, if has_cframe */
	__u32 has_cframe;
	__u32 frame;          /* of cframe, or of the thread's state: the innermost frame */
	__u32 code, previous; /* of a frame */
};

/* A call stack of Python: the addresses of its code objects, the innermost first. */
struct python_stack {
	__u64 n;
	__u64 code[PYTHON_FRAMES_MAX];
};

#endif
