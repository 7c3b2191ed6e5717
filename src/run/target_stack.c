// SPDX-License-Identifier: GPL-3.0-or-later
#include "run/target_stack.h"

#include <errno.h>
#include <stdlib.h>

#include "observe/listener.h"

/* An answer proves little if it is another server's: whoever listens must be one of ours. */
static int check_owner(const struct target *target, struct err *err)
{
	pid_t pids[64];
	int n = listener_find(&target->addr, pids, 64);

	for (int i = 0; i < n; i++)
		for (size_t p = 0; p < procs_count(target->procs); p++)
			if (procs_facts(target->procs, p)->pid == pids[i])
				return 0;
	if (n <= 0) /* sock_diag is not available everywhere */
		return 0;
	return err_set(err, -EADDRINUSE, "'%s' is answered by process %d, which is not ours", target->text,
	    (int)pids[0]);
}

int target_take_stack(struct target *target, const struct stack *stack, struct err *err)
{
	for (unsigned i = 0; i < stack_n_servers(stack); i++) {
		const char *component, *cgroup;
		pid_t pid = stack_server(stack, i, &component, &cgroup);

		procs_add_tree(target->procs, pid, component, cgroup);
	}
	return check_owner(target, err);
}

int64_t target_cpu_ns(const struct target *target)
{
	size_t n = procs_count(target->procs);
	struct process_cpu *cpu = calloc(n + 1, sizeof(*cpu));
	int64_t sum_ns = 0;

	if (!cpu)
		return 0;
	procs_read(target->procs, cpu);
	for (size_t i = 0; i < n; i++)
		sum_ns += cpu[i].total_ns;
	free(cpu);
	return sum_ns;
}
