/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs in the kernel at each sample, while the sampled thread stands still: walks the frames of its Python interpreter, and
 * writes them into the same ring, just before the sample itself. The process is only read.
 */
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>

#include <bpf/bpf_helpers.h>

#include "observe/python.bpf.h"

/* Processes with an interpreter; of those that come and go the oldest make room. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct python_layout);
} processes SEC(".maps");

/* Of each CPU the event whose ring is its samples' as well. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct python_stack);
} scratch SEC(".maps");

static __always_inline __u64 read_pointer(__u64 address)
{
	__u64 value = 0;

	/* 0 where it cannot be read */
	bpf_probe_read_user(&value, sizeof(value), (const void *)address);
	return value;
}

static __always_inline __u64 first_thread(const struct python_layout *l)
{
	__u64 interpreter = read_pointer(l->interpreter);

	return interpreter ? read_pointer(interpreter + l->first_thread) : 0;
}

/*
 * The state of the thread that runs. Its number there is that of the process it was forked from in some versions: then a
 * main thread is the one that holds the interpreter's lock, or the first one.
 */
static __always_inline __u64 find_thread(const struct python_layout *l, __u32 tid, __u32 pid)
{
	__u64 current = l->current_thread ? read_pointer(l->current_thread) : 0;
	__u64 thread;

	if (current && read_pointer(current + l->native_id) == tid)
		return current;
	thread = first_thread(l);
	for (int i = 0; i < PYTHON_THREADS_MAX && thread; i++) {
		if (read_pointer(thread + l->native_id) == tid)
			return thread;
		thread = read_pointer(thread + l->next_thread);
	}
	if (tid != pid)
		return 0;
	return current ? current : first_thread(l);
}

/* The namespace of process numbers that is maxq's, and so that of the processes which it knows. */
const volatile __u64 namespace_dev, namespace_ino;

SEC("perf_event")
int python_sample(struct bpf_perf_event_data *ctx)
{
	struct bpf_pidns_info ids = {0};
	__u32 pid, zero = 0, n = 0;
	struct python_stack *stack = bpf_map_lookup_elem(&scratch, &zero);
	struct python_layout *l;
	__u64 thread, frame;

	/* fails for processes of other namespaces */
	if (!stack || bpf_get_ns_current_pid_tgid(namespace_dev, namespace_ino, &ids, sizeof(ids)))
		return 1;
	pid = ids.tgid;
	l = bpf_map_lookup_elem(&processes, &pid);
	if (!l)
		return 1;
	thread = find_thread(l, ids.pid, pid);
	if (!thread)
		return 1;
	if (l->has_cframe) {
		thread = read_pointer(thread + l->cframe);
		if (!thread)
			return 1;
	}
	frame = read_pointer(thread + l->frame);
	for (int i = 0; i < PYTHON_FRAMES_MAX && frame; i++) {
		stack->code[i] = read_pointer(frame + l->code);
		frame = read_pointer(frame + l->previous);
		n = i + 1;
	}
	if (!n || n > PYTHON_FRAMES_MAX)
		return 1;
	stack->n = n;
	bpf_perf_event_output(ctx, &rings, BPF_F_CURRENT_CPU, stack, sizeof(__u64) * (1 + n));
	return 1;
}

/* Helpers that are for the kernel's own licence only. */
char licence[] SEC("license") = "GPL";
