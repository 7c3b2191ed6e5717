// SPDX-License-Identifier: GPL-3.0-or-later
// What keys of a result mean, in words.

export const LIMITS: Record<string, string> = {
	"server-cpu": "the server's CPU",
	"generator-cpu": "the load generator's CPU",
	backlog: "a queue of connections to be accepted",
	files: "open files",
	ports: "local ports",
	memory: "memory",
	bandwidth: "a network interface",
	workers: "the server's workers",
	errors: "too many errors",
	"not-reached": "nothing: no limit was reached",
};

export const CHECKS: Record<string, string> = {
	errors: "share of requests that failed",
	generator_busy: "the generator's busiest core",
	generator_wait: "time that the generator waited for its CPU",
	steal: "CPU time that the hypervisor took",
	other_processes: "cores used by other processes",
	clients_missing: "clients that were not connected",
	connections: "connections that do not add up",
	bytes: "bytes that do not add up",
	cpu_conservation: "CPU time that does not add up",
	clock: "the clock",
	pauses: "pauses of the generator",
	steady_state: "throughput that never became steady",
	littles_law: "distance from Little's law",
	late_sends: "requests that were sent late",
	rate_achieved: "distance from the rate that was asked for",
};
