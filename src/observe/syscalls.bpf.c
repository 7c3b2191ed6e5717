// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Runs in the kernel, at each system call and each switch of the CPU to another thread: where the threads of the watched
 * processes spend their time. A thread's time on a CPU is cut at every such event, and the piece is charged to the call that the
 * thread is in, or that it has returned from last. What passes here, between two pieces, is charged to none.
 *
 * Only what is used of the kernel's structs is declared here; where it lies in the kernel that runs, libbpf finds out when it
 * loads this (CO-RE). So the kernel of the machine that builds does not matter.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "observe/syscalls_bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct inode {
	unsigned short i_mode;
};

struct file {
	struct inode *f_inode;
};

struct fdtable {
	unsigned max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct sched_info {
	unsigned long long run_delay;
};

struct sched_entity {
	unsigned long long sum_exec_runtime;
};

struct task_struct {
	int pid, tgid;
	struct sched_entity se;
	struct task_struct *group_leader;
	struct files_struct *files;
	struct sched_info sched_info;
};

/* The first argument of a call, and its number, as they stay while it runs. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long di, orig_ax;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	unsigned long orig_x0;
	int syscallno;
};
#endif

#pragma clang attribute pop

char LICENSE[] SEC("license") = "GPL";

enum { KIND_MASK = 0170000, KIND_SOCKET = 0140000 }; /* S_IFMT, S_IFSOCK */

/* Of these calls it matters whether their first argument is a socket. Set before loading. */
const volatile bool asks_kind[SYSCALLS_MAX];

/* Nothing is counted before all programs are attached, nor after the end. */
bool is_active;

/* Of each watched thread. User space adds the main threads of the processes that it knows. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} threads SEC(".maps");

/* ROWS_PER_PROCESS of each process; how many there are is set before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, ROWS_PER_PROCESS);
	__type(key, unsigned);
	__type(value, struct syscall_row);
} rows SEC(".maps");

static __always_inline void add(unsigned long long *sum, unsigned long long value)
{
	__sync_fetch_and_add(sum, value);
}

static __always_inline struct syscall_row *row_at(unsigned row)
{
	return bpf_map_lookup_elem(&rows, &row);
}

/* The current thread, if its process is watched: a thread that is new is known by the main one. */
static __always_inline struct thread *current_thread(struct task_struct *task)
{
	struct thread fresh = {.is_new = true};
	struct thread *thread, *leader;

	if (!is_active)
		return NULL;
	thread = bpf_task_storage_get(&threads, task, NULL, 0);
	if (thread || task->pid == task->tgid)
		return thread;
	leader = bpf_task_storage_get(&threads, task->group_leader, NULL, 0);
	if (!leader)
		return NULL;
	fresh.process = leader->process;
	return bpf_task_storage_get(&threads, task, &fresh, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

static __always_inline bool is_socket(struct task_struct *task, unsigned long fd)
{
	struct files_struct *files = task->files;
	struct file *file = NULL;

	/* what can be read directly costs less than by BPF_CORE_READ */
	if (!files || fd >= files->fdt->max_fds)
		return false;
	bpf_probe_read_kernel(&file, sizeof(file), files->fdt->fd + fd);
	return file && (BPF_CORE_READ(file, f_inode, i_mode) & KIND_MASK) == KIND_SOCKET;
}

static __always_inline unsigned long first_argument(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return regs->di;
#elif defined(__TARGET_ARCH_arm64)
	return regs->orig_x0;
#endif
}

static __always_inline unsigned long number(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return regs->orig_ax;
#elif defined(__TARGET_ARCH_arm64)
	return (unsigned long)regs->syscallno;
#endif
}

static __always_inline unsigned row_of(
    const struct thread *thread, struct task_struct *task, struct pt_regs *regs, unsigned long call)
{
	unsigned row;

	if (call >= SYSCALLS_MAX)
		call = SYSCALLS_MAX - 1;
	row = thread->process * ROWS_PER_PROCESS + 2 * (unsigned)call;
	if (asks_kind[call] && is_socket(task, (unsigned)first_argument(regs)))
		row++;
	return row;
}

/* Charges the thread's time on the CPU since the last event. */
static __always_inline void charge(struct thread *thread, unsigned long long now_ns)
{
	struct syscall_row *row = row_at(thread->row);

	if (row && thread->since_ns && now_ns > thread->since_ns)
		add(thread->is_in_call ? &row->system_ns : &row->user_ns, now_ns - thread->since_ns);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_enter, struct pt_regs *regs, long call)
{
	unsigned long long now_ns = bpf_ktime_get_ns();
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = current_thread(task);

	if (!thread)
		return 0;
	if (!thread->is_new)
		charge(thread, now_ns);
	thread->is_new = false;
	thread->row = row_of(thread, task, regs, (unsigned long)call);
	thread->is_in_call = true;
	thread->since_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_exit, struct pt_regs *regs, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = current_thread(task);
	struct syscall_row *row;

	if (!thread)
		return 0;
	/* it was in this call when the watching began: only its end has been seen */
	if (thread->is_new)
		thread->row = row_of(thread, task, regs, number(regs));
	else
		charge(thread, bpf_ktime_get_ns());
	row = row_at(thread->row);
	if (row)
		add(&row->calls, 1);
	thread->is_new = false;
	thread->is_in_call = false;
	thread->since_ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline unsigned long long run_delay_ns(struct task_struct *task)
{
	if (!bpf_core_field_exists(task->sched_info))
		return 0;
	return task->sched_info.run_delay;
}

static __always_inline void leave(
    struct task_struct *task, struct thread *thread, bool is_voluntary, unsigned long long now_ns)
{
	struct syscall_row *row = row_at(thread->row), *before = row_at(thread->off_row);
	unsigned long long delay_ns = run_delay_ns(task);

	charge(thread, now_ns);
	/* its clock, which has just been brought up to date, leaves out what the hypervisor gave to others */
	if (row && thread->on_since_ns)
		__sync_fetch_and_add(&row->stolen_ns,
		    (long long)((now_ns - thread->on_since_ns) -
			(task->se.sum_exec_runtime - thread->clock_ns)));
	/* the kernel has added up how long it had been ready only after it came */
	if (before && thread->off_since_ns)
		add(&before->delay_ns, delay_ns - thread->run_delay_ns);
	if (row)
		add(is_voluntary ? &row->voluntary : &row->involuntary, 1);
	thread->off_row = thread->row;
	thread->run_delay_ns = delay_ns;
	thread->off_since_ns = now_ns;
	thread->since_ns = 0;
	thread->on_since_ns = 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next, unsigned prev_state)
{
	unsigned long long now_ns = bpf_ktime_get_ns();
	struct syscall_row *row;
	struct thread *thread;

	if (!is_active)
		return 0;
	thread = bpf_task_storage_get(&threads, prev, NULL, 0);
	if (thread && !thread->is_new)
		leave(prev, thread, !preempt && prev_state, now_ns);
	thread = bpf_task_storage_get(&threads, next, NULL, 0);
	if (!thread || thread->is_new)
		return 0;
	row = row_at(thread->row);
	if (row && thread->off_since_ns)
		add(&row->off_ns, now_ns - thread->off_since_ns);
	thread->clock_ns = next->se.sum_exec_runtime;
	thread->on_since_ns = now_ns;
	thread->since_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(on_softirq_entry, unsigned vector)
{
	struct thread *thread;

	if (!is_active)
		return 0;
	thread = bpf_task_storage_get(&threads, bpf_get_current_task_btf(), NULL, 0);
	if (thread)
		thread->softirq_since_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/softirq_exit")
int BPF_PROG(on_softirq_exit, unsigned vector)
{
	unsigned long long length_ns;
	struct syscall_row *row;
	struct thread *thread;

	if (!is_active)
		return 0;
	thread = bpf_task_storage_get(&threads, bpf_get_current_task_btf(), NULL, 0);
	if (!thread || thread->is_new || !thread->softirq_since_ns)
		return 0;
	length_ns = bpf_ktime_get_ns() - thread->softirq_since_ns;
	thread->softirq_since_ns = 0;
	row = row_at(thread->row);
	if (!row || !thread->since_ns)
		return 0;
	add(thread->is_in_call ? &row->softirq_ns : &row->interrupt_ns, length_ns);
	/* the program did not run meanwhile */
	if (!thread->is_in_call)
		thread->since_ns += length_ns;
	return 0;
}

/* A new process is its parent's, and charged to that. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct thread fresh = {.is_new = true};
	struct thread *thread;

	if (!is_active || child->pid != child->tgid)
		return 0;
	thread = bpf_task_storage_get(&threads, parent, NULL, 0);
	if (!thread)
		return 0;
	fresh.process = thread->process;
	bpf_task_storage_get(&threads, child, &fresh, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return 0;
}
