// SPDX-License-Identifier: GPL-3.0-or-later
// All rows as a table; and each row by itself: its limit and validity with the evidence in words, its checks and steps.

import { ratiosOf, rankOf } from "./chart_ranking.ts";
import { totalCost } from "./chart_cost.ts";
import { bag, bags, byThroughput, interval, list, number, text, type Bag, type Row, type Step } from "./document.ts";
import { h, type Child } from "./dom.ts";
import { between, count, percent, ratio, relativeWidth, time, UNKNOWN } from "./format.ts";
import { profileOf } from "./profile.ts";
import { table, type Column } from "./table.ts";
import { CHECKS, LIMITS } from "./words.ts";

export const verdict = (row: Row): HTMLElement =>
	row.failed !== undefined ? h("span", { class: "badge bad" }, "failed")
	: row.valid && row.going ? h("span", { class: "badge live" }, "goes on")
	: row.valid ? h("span", { class: "badge good" }, "valid")
	: h("span", { class: "badge bad" }, "not valid");

export const rateWithWidth = (row: Row): Child => [
	row.isFloor && "≥ ", h("b", null, count(row.rps)),
	relativeWidth(row.rps, row.ci) !== undefined && h("span", { class: "faint" }, ` ± ${percent(relativeWidth(row.rps, row.ci))}`),
];

const resource = (row: Row): string | undefined => text(row.limit?.["resource"]);

export function rowsTable(rows: readonly Row[]): HTMLElement {
	const p99 = (row: Row): number | undefined => row.best && number(row.best.latency["p99"]);
	const titles = [...new Map(rows.flatMap((row) => ratiosOf(row).map((one) => [one.to, one.title] as const)))];
	const has = (of: (row: Row) => unknown): boolean => rows.some((row) => of(row) !== undefined);
	const columns: Column<Row>[] = [
		...(has(rankOf) ? [{ title: "#", hint: "rank; shared where intervals overlap", value: rankOf, numeric: true }] : []),
		{ title: "row", value: (row) => row.label, show: (row) => h("a", { href: `#row-${row.index}` }, row.label) },
		...(new Set(rows.map((row) => row.workload)).size > 1 ? [{ title: "workload", value: (row: Row) => row.workload }] : []),
		{ title: "requests/s", value: (row) => row.rps, show: rateWithWidth, numeric: true, descending: true },
		{ title: "clients", value: (row) => number(row.maximum?.["clients"]), numeric: true },
		...titles.flatMap(([to, title]): Column<Row>[] => {
			const of = (row: Row) => ratiosOf(row).find((one) => one.to === to);
			return [
				{ title, hint: `ratio to ${to}`, value: (row) => of(row)?.ratio, show: (row) => ratio(of(row)?.ratio), numeric: true, descending: true },
				...(has((row) => of(row)?.reference)
					? [{ title: "ref.", hint: "the same ratio of the reference figures", value: (row: Row) => of(row)?.reference, show: (row: Row) => ratio(of(row)?.reference), numeric: true, descending: true }]
					: []),
			];
		}),
		{ title: "CPU/request", value: totalCost, show: (row) => time(totalCost(row)), numeric: true },
		{ title: "p99", value: p99, show: (row) => time(p99(row)), numeric: true },
		{ title: "limit", value: resource, show: (row) => h("span", { class: "nowrap" }, resource(row) ?? UNKNOWN) },
		{ title: "validity", value: (row) => (row.failed !== undefined ? "2" : row.valid ? "0" : "1"), show: verdict },
	];
	return table(byThroughput(rows), columns, {
		caption: "all rows",
		className: (row) => (row.valid ? "" : "not-valid"),
		filter: (row) => `${row.label} ${row.workload} ${resource(row) ?? ""} ${row.failed !== undefined ? "failed" : row.valid ? "valid" : "invalid"}`,
		filterLabel: "filter rows",
	});
}

function facts(pairs: readonly (readonly [string, Child] | false | undefined)[]): HTMLElement {
	return h("dl", { class: "facts" }, pairs.filter((one) => one !== false && one !== undefined).map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}

function limitOf(row: Row): Child {
	const name = resource(row);
	if (!name) return null;
	const component = text(row.limit?.["component"]);
	return h("p", { class: "limit" }, h("b", null, "Limit: "), LIMITS[name] ?? name, component && ` (${component})`, h("span", { class: "evidence" }, text(row.limit?.["evidence"])));
}

/* What failed cannot be overlooked: it stands before the figures. */
function reasons(row: Row): Child {
	if (row.failed !== undefined) return h("div", { class: "alert", role: "note" }, h("b", null, "Not measured, or not to its end: "), row.failed);
	if (row.valid) return null;
	return h("div", { class: "alert", role: "note" }, h("b", null, "Not valid as it stands"), row.why.length > 0 && h("ul", null, row.why.map((one) => h("li", null, one))));
}

function checksOf(step: Step): Child {
	const checks = bags(step.json["checks"]);
	if (!checks.length) return null;
	return h("details", null, h("summary", null, `Checks of the maximum (${checks.filter((one) => one["ok"] !== true).length} of ${checks.length} failed)`),
		table(checks, [
			{ title: "check", value: (one) => text(one["name"]), show: (one) => CHECKS[text(one["name"]) ?? ""] ?? text(one["name"]) },
			{ title: "result", value: (one) => (one["ok"] === true ? "ok" : "failed"), show: (one) => h("span", { class: `badge ${one["ok"] === true ? "good" : "bad"}` }, one["ok"] === true ? "ok" : "failed") },
			{ title: "found", value: (one) => number(one["value"]), show: (one) => significant(number(one["value"])), numeric: true },
			{ title: "bound", value: (one) => number(one["bound"]), show: (one) => significant(number(one["bound"])), numeric: true },
		], { caption: "checks", className: (one) => (one["ok"] === true ? "" : "not-valid") }));
}

const significant = (value: number | undefined): string => (value === undefined ? UNKNOWN : (value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(2).replace("e-", "e−") : String(Number(value.toPrecision(3)))));

function stepsOf(row: Row): Child {
	if (!row.steps.length) return null;
	const latency = (key: string) => (step: Step): number | undefined => number(step.latency[key]);
	const errors = (step: Step): number => Object.values(bag(step.json["errors"])).reduce<number>((sum, one) => sum + (number(one) ?? 0), 0);
	return h("details", null, h("summary", null, `Steps (${row.steps.length})`),
		table(row.steps.map((step, i) => ({ step, i })), [
			{ title: "step", value: ({ i }) => i + 1, numeric: true },
			{ title: "clients", value: ({ step }) => step.clients, numeric: true },
			...(row.steps.some((step) => step.json["open_loop"]) ? [{ title: "rate asked for", value: ({ step }: { step: Step }) => number(bag(step.json["open_loop"])["rate_rps"]), numeric: true }] : []),
			{ title: "measured", value: ({ step }) => step.duration_s, show: ({ step }) => time(step.duration_s * 1e6), numeric: true },
			{ title: "requests/s", value: ({ step }) => step.rps, show: ({ step }) => [count(step.rps), h("span", { class: "faint" }, ` ± ${percent(relativeWidth(step.rps, step.ci))}`)], numeric: true },
			{ title: "p50", value: ({ step }) => latency("p50")(step), show: ({ step }) => time(latency("p50")(step)), numeric: true },
			{ title: "p99", value: ({ step }) => latency("p99")(step), show: ({ step }) => time(latency("p99")(step)), numeric: true },
			{ title: "errors", value: ({ step }) => errors(step), numeric: true },
			...(row.going ? [] : [{
				title: "validity", value: ({ step }: { step: Step }) => (step.valid ? "valid" : "not valid"),
				show: ({ step }: { step: Step }) => h("span", { class: `badge ${step.valid ? "good" : "bad"}` }, step.valid ? "valid" : "not valid"),
			}]),
		], { caption: "steps" }));
}

function curveFacts(row: Row): readonly (readonly [string, Child] | false)[] {
	const curve = bag(row.json["curve"]);
	const knee = number(curve["knee_clients"]);
	const [from, to] = list(curve["plateau"]).map(number);
	const collapse = bag(curve["collapse"]);
	const usl = bag(row.json["usl"]);
	const peak = bag(usl["peak"]);
	return [
		knee !== undefined && ["knee", `${knee} clients`],
		from !== undefined && to !== undefined && ["plateau", `${from} to ${to} clients`],
		number(collapse["clients"]) !== undefined && ["falls from", `${number(collapse["clients"])} clients on, by ${percent(number(collapse["share"]))}`],
		number(usl["lambda_rps"]) !== undefined && ["scalability law", `λ ${count(number(usl["lambda_rps"]))}/s, σ ${significant(number(usl["sigma"]))}, κ ${significant(number(usl["kappa"]))}, R² ${significant(number(usl["r_squared"]))}`],
		number(peak["clients"]) !== undefined && ["its peak", `${count(number(peak["throughput_rps"]))}/s at ${count(number(peak["clients"]), 3)} clients${peak["extrapolated"] === true ? " (a guess: outside of what was measured)" : ""}`],
	];
}

function objectives(row: Row): Child {
	const slo = bag(row.json["slo"]);
	const [confirmed, refuted] = list(slo["rate_rps"]).map(number);
	if (!Object.keys(slo).length) return null;
	return [
		facts([
			["highest rate that keeps the objective", confirmed === undefined ? "none was confirmed" : `${count(confirmed)}/s`],
			["lowest rate that does not", refuted === undefined ? "none was refuted" : `${count(refuted)}/s`],
			["trials", number(slo["trials"])],
			slo["disturbed"] === true && ["note", "most trials that refuted the rate were disturbed: the server may be able to do more"],
		]),
		table(bags(slo["objectives"]), [
			{ title: "objective", value: (one) => text(one["metric"]) },
			{ title: "at most", value: (one) => number(one["bound_us"]) ?? number(one["bound"]), show: (one) => objectiveValue(one, "bound"), numeric: true },
			{ title: "found", value: (one) => number(one["value_us"]) ?? number(one["value"]), show: (one) => objectiveValue(one, "value"), numeric: true },
			{ title: "95 % interval", value: (one) => between(interval(one["ci95_us"]), time), numeric: true },
		], { caption: "objectives" }),
	];
}

function objectiveValue(objective: Bag, key: string): string {
	const us = number(objective[`${key}_us`]);
	return us !== undefined ? time(us) : percent(number(objective[key]), 2);
}

export function rowDetails(row: Row): HTMLElement {
	const url = text(bag(row.json["target"])["url"]);
	return h("article", { class: `row${row.valid ? "" : " not-valid"}`, id: `row-${row.index}` },
		h("header", null, h("h3", null, row.label), verdict(row), h("span", { class: "faint" }, [row.workload, text(row.json["stack"])].filter((one) => one && one !== row.name).join("  ·  "))),
		reasons(row),
		row.maximum && facts([
			["maximum", [rateWithWidth(row), "/s"]],
			["clients", number(row.maximum["clients"])],
			["CPU per request", time(totalCost(row))],
			number(row.maximum["implied_rps"]) !== undefined && ["implied by its cost", `${count(number(row.maximum["implied_rps"]))}/s`],
			row.best && ["latency p50, p99", `${time(number(row.best.latency["p50"]))}, ${time(number(row.best.latency["p99"]))}`],
			...curveFacts(row),
			url !== undefined && url !== row.name && ["target", h("code", null, url)],
		]),
		limitOf(row),
		objectives(row),
		profileOf(row),
		row.best && checksOf(row.best),
		stepsOf(row));
}
