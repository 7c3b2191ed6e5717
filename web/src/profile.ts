// SPDX-License-Identifier: GPL-3.0-or-later
// Where the CPU time of a request goes: by phase, from traced system calls, and by function, from samples.

import { bag, bags, number, text, type Bag, type Row } from "./document.ts";
import { h, type Child } from "./dom.ts";
import { percent, time } from "./format.ts";
import { table, type Column } from "./table.ts";

const per = (title: string, key: string, hint?: string): Column<Bag> => ({
	title, ...(hint ? { hint } : {}), value: (one) => number(one[key]), show: (one) => time(number(one[key])), numeric: true, descending: true,
});

function phases(json: Bag): Child {
	return bags(json["components"]).map((component) => [
		h("h4", null, `Phases of ${text(component["component"]) ?? "a component"}`),
		table(bags(component["phases"]), [
			{ title: "phase", value: (one) => text(one["phase"]) },
			{ title: "calls", hint: "system calls a request", value: (one) => number(one["calls_per_request"]), show: (one) => number(one["calls_per_request"])?.toFixed(2), numeric: true, descending: true },
			per("user", "user_us_per_request"),
			per("system", "system_us_per_request"),
			per("softirq", "softirq_us_per_request", "of system: in softirqs"),
			per("scaled", "scaled_us_per_request", "user and system without what the tracing costs"),
		], { caption: "phases" }),
		h("p", { class: "faint" }, `All phases cost ${time(number(component["traced_us_per_request"]))} traced, ${time(number(component["untraced_us_per_request"]))} without.`),
	]);
}

const MOST_FUNCTIONS = 200;

function functions(json: Bag): Child {
	return bags(json["components"]).map((component) => {
		const all = bags(component["functions"]);
		const cost = (key: string) => (one: Bag): number | undefined => number(bag(one[key])["us_per_request"]);
		const show = (key: string) => (one: Bag): Child => [time(cost(key)(one)), h("span", { class: "faint" }, ` ± ${time(number(bag(one[key])["half_width_us_per_request"]))}`)];
		return [
			h("h4", null, `Functions of ${text(component["component"]) ?? "a component"}`),
			bags(component["parts"]).length > 0 && table(bags(component["parts"]), [
				{ title: "part", value: (one) => text(one["part"]) },
				{ title: "share", value: (one) => number(one["share"]), show: (one) => percent(number(one["share"])), numeric: true, descending: true },
				per("per request", "us_per_request"),
			], { caption: "parts" }),
			table(all.slice(0, MOST_FUNCTIONS), [
				{ title: "function", value: (one) => text(one["function"]), show: (one) => h("code", null, text(one["function"]) ?? "?") },
				{ title: "kind", value: (one) => text(one["kind"]) },
				{ title: "own", hint: "CPU time in it", value: cost("self"), show: show("self"), numeric: true, descending: true },
				{ title: "with callees", hint: "CPU time in it and in what it calls", value: cost("total"), show: show("total"), numeric: true, descending: true },
				{ title: "share", value: (one) => number(bag(one["self"])["share"]), show: (one) => percent(number(bag(one["self"])["share"])), numeric: true, descending: true },
				{ title: "file", value: (one) => text(one["file"]) },
			], { caption: "functions", filter: (one) => `${text(one["function"]) ?? ""} ${text(one["file"]) ?? ""} ${text(one["kind"]) ?? ""}`, filterLabel: "filter functions" }),
			all.length > MOST_FUNCTIONS && h("p", { class: "faint" }, `The first ${MOST_FUNCTIONS} of ${all.length}; the JSON has all.`),
		];
	});
}

export function profileOf(row: Row): Child {
	const traced = bag(row.json["phases"]);
	const sampled = bag(row.json["functions"]);
	return [
		bags(traced["components"]).length > 0 && h("details", { class: "profile" }, h("summary", null, "Profile by phase"), phases(traced)),
		bags(sampled["components"]).length > 0 && h("details", { class: "profile" }, h("summary", null, "Profile by function"), functions(sampled)),
	];
}
