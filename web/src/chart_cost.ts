// SPDX-License-Identifier: GPL-3.0-or-later
// What a request costs: bars stacked by component, user and system; and the ladder of layers as a waterfall.

import { axisStyle, barsHeight, chart, nameAxis, tip, whiskers, type Chart, type RenderItem } from "./chart.ts";
import { bag, bags, byThroughput, interval, number, text, type Bag, type Row, type Run } from "./document.ts";
import { choice } from "./dom.ts";
import { between, time } from "./format.ts";
import { colour, palette } from "./theme.ts";

export interface Cost {
	readonly component: string;
	user: number;
	system: number;
}

/* Of the processes of the row's maximum, by component, from front to back. */
export function costsOf(row: Row): Cost[] {
	const costs: Cost[] = [];
	for (const process of bags(bag(row.best?.json["cpu"])["processes"])) {
		const component = text(process["component"]) ?? text(process["comm"]) ?? "a process";
		const user = number(process["user_us_per_request"]) ?? 0;
		const system = number(process["system_us_per_request"]) ?? 0;
		const known = costs.find((one) => one.component === component);
		if (known) {
			known.user += user;
			known.system += system;
		} else costs.push({ component, user, system });
	}
	return costs;
}

export const totalCost = (row: Row): number | undefined => number(bag(row.maximum?.["cost_us_per_request"])["total"]);
const SYSTEM_OPACITY = 0.5;

export function costChart(rows: readonly Row[]): Chart | null {
	const shown = byThroughput(rows).map((row) => ({ row, costs: costsOf(row) })).filter(({ costs }) => costs.length);
	const components = [...new Set(shown.flatMap(({ costs }) => costs.map((one) => one.component)))];
	const colourOf = (component: string): number => components.indexOf(component);

	if (!shown.length) return null;
	const value = (i: number, component: string, part: "user" | "system"): number | undefined =>
		shown[i]?.costs.find((one) => one.component === component)?.[part];
	return chart({
		id: "chart-cost",
		title: "CPU time per request",
		note: "At the maximum, by component. Full colour: the program's own (user); pale: the kernel's (system). The whisker is the 95 % confidence interval of the whole.",
		height: barsHeight(shown.length),
		keys: components.map((one) => ({ id: one, label: one, colour: colourOf(one) })),
		option: (hidden, narrow) => ({
			grid: { left: 8, right: 24, top: 8, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "all" },
			xAxis: { ...axisStyle("µs per request"), type: "value", min: 0, nameGap: 28 } as object,
			yAxis: nameAxis(shown.map(({ row }) => row.label), narrow),
			tooltip: {
				trigger: "item",
				formatter: (params) => {
					const one = shown[(Array.isArray(params) ? params[0] : params)?.dataIndex ?? 0];
					return one ? tip(one.row.label, [
						...one.costs.map((cost) => [cost.component, `${time(cost.user)} user, ${time(cost.system)} system`] as const),
						["all", time(totalCost(one.row))],
						["95 % interval", between(interval(one.row.maximum?.["cost_ci95_us_per_request"]), time)],
					]) : "";
				},
			},
			series: [
				...components.filter((one) => !hidden.has(one)).flatMap((component) =>
					(["user", "system"] as const).map((part) => ({
						type: "bar" as const, id: `${component}/${part}`, stack: "cost", barMaxWidth: 20,
						data: shown.map((_one, i) => value(i, component, part) ?? "-"),
						itemStyle: { color: colour(colourOf(component)), opacity: part === "user" ? 1 : SYSTEM_OPACITY },
					}))),
				...(hidden.size ? [] : [whiskers(shown.map(({ row }) => interval(row.maximum?.["cost_ci95_us_per_request"])))]),
			],
		}),
	});
}

interface Bar {
	readonly name: string;
	readonly start: number;
	readonly cost: Bag;
	readonly isTotal: boolean;
	readonly between: string;
}

const FLIGHTS = { behind: "behind the front", direct: "from the bottom", front: "what the front adds" } as const;
type Flight = keyof typeof FLIGHTS;
const total = (cost: Bag): number => number(cost["total_us_per_request"]) ?? 0;

/* The steps of a flight, each where the one before it ended; those of the front stand by themselves. */
function barsOf(ladder: Bag, flight: Flight): Bar[] {
	const bars: Bar[] = [];
	let start = 0;
	const steps = bags(ladder["steps"]).filter((one) => one["flight"] === flight);

	for (const step of steps) {
		const cost = bag(step["cost"]);
		const to = text(step["to"]) ?? "";
		if (step["from"] === null || flight === "front") start = 0;
		bars.push({
			name: `+ ${text(step["adds"]) ?? "?"}${flight === "front" ? ` → ${to.replace(/^[^,]*,/, "")}` : ""}`, start, cost, isTotal: false,
			between: step["from"] === null ? to : `${text(step["from"]) ?? "?"} → ${to}`,
		});
		start += total(cost);
	}
	if (flight !== "front" && steps.length && steps[0]?.["from"] === null)
		bars.push({ name: "= the whole", start: 0, cost: bag(ladder["cost"]), isTotal: true, between: text(ladder["whole"]) ?? "" });
	return bars;
}

/* A bar is a rectangle of user time and one of system time behind it, joined to the next one. A negative part goes back. */
function waterfallItem(bars: readonly Bar[], index: number): RenderItem {
	return (_params, api) => {
		const bar = bars[api.value(1) as number];
		if (!bar) return null;
		const i = api.value(1) as number;
		const user = number(bar.cost["user_us_per_request"]) ?? 0;
		const end = bar.start + total(bar.cost);
		const size = api.size?.([0, 1]) as number[] | undefined;
		const height = Math.min(20, (size?.[1] ?? 30) * 0.6);
		const at = (value: number): [number, number] => api.coord([value, i]) as [number, number];
		const fill = bar.isTotal ? palette().neutral : total(bar.cost) < 0 ? palette().bad : colour(index);
		const rectangle = (from: number, to: number, opacity: number) => {
			const [a, y] = at(Math.min(from, to));
			const [b] = at(Math.max(from, to));
			return { type: "rect" as const, shape: { x: a, y: y - height / 2, width: Math.max(b - a, 1), height }, style: { fill, opacity } };
		};
		/* where one part takes away what the other adds, only both together can be drawn */
		const mixed = user * (end - bar.start - user) < 0;
		const [x, y] = at(end);
		const [, below] = api.coord([end, i + 1]) as [number, number];
		const next = bars[i + 1];
		return {
			type: "group",
			children: [
				...(mixed ? [rectangle(bar.start, end, 1)] : [rectangle(bar.start, bar.start + user, 1), rectangle(bar.start + user, end, SYSTEM_OPACITY)]),
				...(next && (next.isTotal || next.start === end)
					? [{ type: "line" as const, shape: { x1: x, y1: y + height / 2, x2: x, y2: below - height / 2 }, style: { stroke: palette().faint, lineWidth: 1, lineDash: [3, 3] } }]
					: []),
			],
		};
	};
}

export function layersChart(run: Run, ladder: Bag, id: string): Chart | null {
	const flights = (Object.keys(FLIGHTS) as Flight[]).filter((one) => barsOf(ladder, one).length);
	let flight = flights[0];

	if (!flight) return null;
	const most = Math.max(...flights.map((one) => barsOf(ladder, one).length));
	const result: Chart = chart({
		id,
		title: `Layers of ${text(ladder["whole"]) ?? run.source}`,
		note: "What each layer adds to the CPU time of a request, as the difference of two rows of the same rounds. Full colour: user; pale: system; red: it takes away. Whiskers are 95 % confidence intervals of what is added.",
		height: barsHeight(most, 40),
		controls: flights.length > 1 ? [choice("flight", flights.map((one) => [one, FLIGHTS[one]] as const), flight, (value) => { flight = value; result.draw(); })] : [],
		option: (_hidden, narrow) => {
			const bars = barsOf(ladder, flight ?? "behind");
			const ends = bars.map((bar) => {
				const ci = interval(bar.cost["total_ci95_us_per_request"]);
				return ci?.[0] !== undefined && ci[1] !== undefined ? ([bar.start + ci[0], bar.start + ci[1]] as const) : undefined;
			});
			const extremes = bars.flatMap((bar) => [bar.start, bar.start + total(bar.cost)]);
			return {
				grid: { left: 8, right: 24, top: 8, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "all" },
				xAxis: { ...axisStyle("µs per request"), type: "value", nameGap: 28, scale: false } as object,
				yAxis: nameAxis(bars.map((bar) => bar.name), narrow),
				tooltip: {
					trigger: "item",
					formatter: (params) => {
						const bar = bars[(Array.isArray(params) ? params[0] : params)?.dataIndex ?? 0];
						return bar ? tip(bar.name, [
							["", bar.between],
							["user", time(number(bar.cost["user_us_per_request"]))],
							["system", time(number(bar.cost["system_us_per_request"]))],
							["together", time(total(bar.cost))],
							["95 % interval", between(interval(bar.cost["total_ci95_us_per_request"]), time)],
						]) : "";
					},
				},
				series: [
					{
						type: "custom", id: "waterfall", renderItem: waterfallItem(bars, 0), encode: { x: [2, 0], y: 1 }, z: 3,
						data: bars.map((bar, i) => [bar.start + total(bar.cost), i, Math.min(bar.start, ...(i ? [] : extremes), 0)]),
					},
					whiskers(ends),
				],
			};
		},
	});
	return result;
}
