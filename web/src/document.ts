// SPDX-License-Identifier: GPL-3.0-or-later
// A result of maxq as docs/result.schema.json describes it, read such that nothing of it is trusted: what is missing or of
// another type is undefined, or an empty list.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Bag = { [key: string]: Json };
export type Interval = readonly [number | undefined, number | undefined];

export const bag = (value: Json | undefined): Bag =>
	value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
export const isBag = (value: Json | undefined): boolean => value !== null && typeof value === "object" && !Array.isArray(value);
export const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);
export const bags = (value: Json | undefined): Bag[] => list(value).filter(isBag).map(bag);
export const text = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined);
export const number = (value: Json | undefined): number | undefined =>
	typeof value === "number" && Number.isFinite(value) ? value : undefined;
export const interval = (value: Json | undefined): Interval | undefined => {
	const [lo, hi] = list(value);
	return Array.isArray(value) && value.length === 2 ? [number(lo), number(hi)] : undefined;
};

/* One step of a result: so many clients for so long. */
export interface Step {
	readonly json: Bag;
	readonly clients: number;
	readonly duration_s: number;
	readonly rps: number | undefined;
	readonly ci: Interval | undefined;
	readonly latency: Bag;
	readonly latencyCi: Bag;
	readonly valid: boolean;
}

/* One measured target: a row of the tables, a line of the charts. */
export interface Row {
	readonly json: Bag;
	readonly run: Run;
	readonly name: string;
	readonly workload: string;
	/* unique on the page, and short */
	readonly label: string;
	/* its place among all rows, which is also its colour */
	readonly index: number;
	readonly steps: Step[];
	readonly maximum: Bag | undefined;
	readonly rps: number | undefined;
	readonly ci: Interval | undefined;
	/* what the maximum sums up */
	readonly best: Step | undefined;
	readonly valid: boolean;
	readonly why: string[];
	readonly failed: string | undefined;
	readonly limit: Bag | undefined;
	readonly rank: Bag | undefined;
	readonly isFloor: boolean;
	/* it is being measured: nothing is judged yet */
	readonly going: boolean;
}

export interface Run {
	readonly json: Bag;
	/* "run 12", or the name of a file */
	readonly source: string;
	readonly command: string;
	readonly complete: boolean;
	/* its number in the history, where it is known */
	readonly id: number | undefined;
	readonly going: boolean;
	rows: Row[];
}

/* Of a page that is served, and not a file. */
export interface Live {
	/* where the pages of runs are */
	readonly base: string;
	/* the run that was asked for, and no other */
	readonly run: number | undefined;
	/* it is about one run, or about whichever goes on */
	readonly follows: boolean;
	/* what goes on, as src/report/live_file.h says */
	readonly going: readonly Bag[];
	readonly history: Json;
}

export interface Page {
	readonly runs: Run[];
	readonly rows: Row[];
	readonly maxq: string;
	readonly live: Live | undefined;
}

function step(json: Bag): Step {
	return {
		json,
		clients: number(json["clients"]) ?? 0,
		duration_s: number(json["duration_s"]) ?? 0,
		rps: number(json["throughput_rps"]),
		ci: interval(json["throughput_ci95_rps"]),
		latency: bag(json["latency_us"]),
		latencyCi: bag(json["latency_ci95_us"]),
		valid: json["valid"] === true,
	};
}

/* The index that the maximum names, else the last step with its clients. */
function bestStep(steps: Step[], maximum: Bag): Step | undefined {
	const index = number(maximum["step"]);
	const clients = number(maximum["clients"]);

	if (index !== undefined && steps[index]) return steps[index];
	return steps.filter((one) => one.clients === clients).pop();
}

/* Of a row that goes on: the mean of its rounds, or else its fastest step. */
function rateSoFar(json: Bag, steps: Step[]): number | undefined {
	const rounds = list(json["rounds_rps"]).flatMap((one) => number(one) ?? []);
	if (rounds.length > 0) return rounds.reduce((sum, one) => sum + one, 0) / rounds.length;
	return steps.reduce<number | undefined>((most, one) => (one.rps !== undefined && one.rps > (most ?? 0) ? one.rps : most), undefined);
}

function row(json: Bag, run: Run, index: number, several: boolean, ambiguous: boolean): Row {
	const steps = bags(json["steps"]).map(step);
	const maximum = isBag(json["maximum"]) ? bag(json["maximum"]) : undefined;
	/* what the limit is shows at the end */
	const limit = isBag(json["limit"]) && !(run.going && !maximum) ? bag(json["limit"]) : undefined;
	const name = text(json["name"]) ?? "(no name)";
	const workload = text(json["workload"]) ?? "";
	/* what is stored of a run that goes on is marked as what will be left if it is ended */
	const marks = list(json["failed_checks"]);
	const why = list(json["why_not_valid"]).map((one) => text(one) ?? "an unnamed reason");
	if (run.going && why.length > 0 && marks[why.length - 1] === null) why.pop();
	const failed = text(json["failed"]);
	const rank = bags(run.json["ranking"]).find((one) => one["name"] === name && one["workload"] === workload);

	return {
		json, run, name, workload, index, steps, maximum, limit, rank,
		label: name + (ambiguous && workload && !name.endsWith(workload) ? ` ${workload}` : "") + (several ? ` (${run.source})` : ""),
		rps: maximum ? number(maximum["throughput_rps"]) : run.going ? rateSoFar(json, steps) : undefined,
		ci: maximum && interval(maximum["ci95_rps"]),
		best: maximum && bestStep(steps, maximum),
		valid: json["valid"] === true || (run.going && !why.length && failed === undefined),
		why,
		failed,
		going: run.going,
		isFloor: limit?.["resource"] === "generator-cpu",
	};
}

function readLive(json: Bag): Live {
	return {
		base: text(json["base"]) ?? "/",
		run: number(json["run"]),
		follows: json["follows"] === true,
		going: bags(json["going"]),
		history: json["history"] ?? null,
	};
}

/* The page's data: {maxq, runs: [{source, id, result}], live}; the last two only where it is served. */
export function readPage(data: Json): Page {
	const root = bag(data);
	const live = isBag(root["live"]) ? readLive(bag(root["live"])) : undefined;
	const sources = bags(root["runs"]);
	const rows: Row[] = [];
	const named = sources.map((one) => text(one["source"]) ?? "a run");
	/* the name of a file without its folder, where that is enough */
	const short = (name: string): string => {
		const base = (of: string): string => of.replace(/^.*\//, "");
		return named.filter((one) => base(one) === base(name)).length > 1 ? name : base(name);
	};
	const runs = sources.map((one): Run => {
		const json = bag(one["result"]);
		const run: Run = {
			json,
			source: short(text(one["source"]) ?? "a run"),
			command: text(json["command"]) ?? "",
			complete: json["complete"] === true,
			id: number(one["id"]),
			going: live !== undefined && live.going.some((each) => number(each["run"]) === number(one["id"]) && number(each["run"]) !== undefined),
			rows: [],
		};
		const results = bags(json["results"]);
		for (const result of results) {
			const twin = results.some((other) => other !== result && other["name"] === result["name"]);
			run.rows.push(row(result, run, rows.length + run.rows.length, sources.length > 1, twin));
		}
		rows.push(...run.rows);
		return run;
	});
	return { runs, rows, maxq: text(root["maxq"]) ?? "", live };
}

/* By throughput, the best first; what has none comes last. */
export function byThroughput(rows: readonly Row[]): Row[] {
	return [...rows].sort((a, b) => (b.rps ?? -1) - (a.rps ?? -1) || a.index - b.index);
}
