// SPDX-License-Identifier: GPL-3.0-or-later
// Two runs side by side. The interval of a difference takes both as measured independently of each other: the relative
// half widths add as squares do.

import { axisStyle, barsHeight, chart, nameAxis, tip, whiskers, type Chart } from "./chart.ts";
import { totalCost } from "./chart_cost.ts";
import { interval, number, type Interval, type Row, type Run } from "./document.ts";
import { h, type Child } from "./dom.ts";
import { between, count, percent, relativeWidth, time, UNKNOWN } from "./format.ts";
import { verdict } from "./rows.ts";
import { table } from "./table.ts";
import { colour, palette } from "./theme.ts";

export interface Difference {
	/* of the second over the first, less one */
	readonly share: number;
	readonly ci: readonly [number, number] | undefined;
}

export function difference(a: number | undefined, aCi: Interval | undefined, b: number | undefined, bCi: Interval | undefined): Difference | undefined {
	if (!a || b === undefined) return undefined;
	const [wa, wb] = [relativeWidth(a, aCi), relativeWidth(b, bCi)];
	const half = wa !== undefined && wb !== undefined ? (b / a) * Math.hypot(wa, wb) : undefined;
	const share = b / a - 1;
	return { share, ci: half === undefined ? undefined : [share - half, share + half] };
}

interface Pair {
	readonly name: string;
	readonly before: Row | undefined;
	readonly after: Row | undefined;
}

/* Rows of the same name and workload; two runs of one row each are compared whatever their names. */
function pairsOf(before: Run, after: Run): Pair[] {
	const [a, b] = [before.rows[0], after.rows[0]];
	if (a && b && before.rows.length === 1 && after.rows.length === 1)
		return [{ name: a.name === b.name ? a.name : `${a.name} → ${b.name}`, before: a, after: b }];
	const twin = (row: Row, run: Run): Row | undefined => run.rows.find((one) => one.name === row.name && one.workload === row.workload);
	const name = (row: Row): string => (new Set([...before.rows, ...after.rows].map((one) => one.workload)).size > 1 && row.workload !== row.name ? `${row.name} ${row.workload}` : row.name);
	return [
		...before.rows.map((row) => ({ name: name(row), before: row, after: twin(row, after) })),
		...after.rows.filter((row) => !twin(row, before)).map((row) => ({ name: name(row), before: undefined, after: row })),
	];
}

const throughput = ({ before, after }: Pair): Difference | undefined => difference(before?.rps, before?.ci, after?.rps, after?.ci);
const costCi = (row: Row | undefined): Interval | undefined => interval(row?.maximum?.["cost_ci95_us_per_request"]);
const cost = ({ before, after }: Pair): Difference | undefined =>
	difference(before && totalCost(before), costCi(before), after && totalCost(after), costCi(after));
const p99 = (row: Row | undefined): number | undefined => number(row?.best?.latency["p99"]);
const latency = ({ before, after }: Pair): Difference | undefined =>
	difference(p99(before), interval(before?.best?.latencyCi["p99"]), p99(after), interval(after?.best?.latencyCi["p99"]));

/* `better`: the sign of a change for the better. */
function show(one: Difference | undefined, better: 1 | -1): Child {
	if (!one) return UNKNOWN;
	const sure = one.ci && (one.ci[0] > 0 || one.ci[1] < 0);
	const word = !one.ci ? "no interval" : !sure ? "no difference beyond doubt" : one.share * better > 0 ? "better" : "worse";
	return [
		h("b", null, percent(one.share, 1, true)),
		one.ci && h("span", { class: "faint nowrap" }, ` (${percent(one.ci[0], 0, true)} to ${percent(one.ci[1], 0, true)})`),
		h("span", { class: `change ${word === "better" ? "good" : word === "worse" ? "bad" : "faint"}` }, word),
	];
}

function differenceChart(pairs: readonly Pair[], before: Run, after: Run): Chart | null {
	const known = pairs.filter((pair) => throughput(pair));
	if (!known.length) return null;
	return chart({
		id: "chart-difference",
		title: "Difference of throughput",
		note: `${after.source} over ${before.source}, in percent. Whiskers are 95 % confidence intervals: one that crosses zero is no difference beyond doubt (grey).`,
		height: barsHeight(known.length),
		option: (_hidden, narrow) => ({
			grid: { left: 8, right: 24, top: 8, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "all" },
			xAxis: { ...axisStyle("percent"), type: "value", nameGap: 28 } as object,
			yAxis: nameAxis(known.map((pair) => pair.name), narrow),
			tooltip: {
				trigger: "item",
				formatter: (params) => {
					const pair = known[(Array.isArray(params) ? params[0] : params)?.dataIndex ?? 0];
					return pair ? tip(pair.name, [
						[before.source, `${count(pair.before?.rps)}/s`], [after.source, `${count(pair.after?.rps)}/s`],
						["difference", percent(throughput(pair)?.share, 1, true)],
						["95 % interval", between(throughput(pair)?.ci, (value) => percent(value, 1, true))],
					]) : "";
				},
			},
			series: [
				{
					type: "bar", id: "difference", barMaxWidth: 20,
					data: known.map((pair) => {
						const one = throughput(pair);
						const sure = one?.ci && (one.ci[0] > 0 || one.ci[1] < 0);
						return { value: (one?.share ?? 0) * 100, itemStyle: { color: !sure ? palette().neutral : one && one.share > 0 ? colour(0) : colour(1) } };
					}),
				},
				whiskers(known.map((pair) => throughput(pair)?.ci?.map((bound) => bound * 100) as [number, number] | undefined)),
			],
		}),
	});
}

export function compareView(before: Run, after: Run): Child {
	const pairs = pairsOf(before, after);
	const rate = (row: Row | undefined): Child => (row ? [count(row.rps), h("span", { class: "faint" }, ` ± ${percent(relativeWidth(row.rps, row.ci))}`), !row.valid && h("span", { class: "change" }, verdict(row))] : UNKNOWN);
	return [
		differenceChart(pairs, before, after)?.element,
		table(pairs, [
			{ title: "row", value: (pair) => pair.name },
			{ title: before.source, hint: `requests/s of ${before.source}`, value: (pair) => pair.before?.rps, show: (pair) => rate(pair.before), numeric: true, descending: true },
			{ title: after.source, hint: `requests/s of ${after.source}`, value: (pair) => pair.after?.rps, show: (pair) => rate(pair.after), numeric: true, descending: true },
			{ title: "throughput", value: (pair) => throughput(pair)?.share, show: (pair) => show(throughput(pair), 1), numeric: true, descending: true },
			{ title: "CPU/request", value: (pair) => cost(pair)?.share, show: (pair) => [show(cost(pair), -1), h("span", { class: "change faint" }, `${time(pair.before && totalCost(pair.before))} → ${time(pair.after && totalCost(pair.after))}`)], numeric: true },
			{ title: "p99", value: (pair) => latency(pair)?.share, show: (pair) => [show(latency(pair), -1), h("span", { class: "change faint" }, `${time(p99(pair.before))} → ${time(p99(pair.after))}`)], numeric: true },
		], { caption: "differences", filter: (pair) => pair.name, filterLabel: "filter rows" }),
	];
}
