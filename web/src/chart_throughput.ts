// SPDX-License-Identifier: GPL-3.0-or-later
// Throughput by clients, a line a row, with its confidence bands, its knee and its maximum; and latency by throughput.

import { axisStyle, band, chart, powersOfTwo, tip, type Chart, type Key, type Series } from "./chart.ts";
import { bag, number, type Row, type Step } from "./document.ts";
import { choice } from "./dom.ts";
import { between, count, tick, time, timeTick } from "./format.ts";
import { colour, dash, palette, symbol } from "./theme.ts";

type Scale = "log" | "linear";
const SCALES = [["linear", "linear"], ["log", "log"]] as const;

export const keysOf = (rows: readonly Row[]): Key[] =>
	rows.map((row) => ({ id: String(row.index), label: row.label, colour: row.index, symbol: symbol(row.index) }));

/* Of several steps with the same clients the one that was measured for the longest, by clients. */
export function stepsByClients(row: Row): Step[] {
	const best = new Map<number, Step>();
	for (const step of row.steps) {
		const known = best.get(step.clients);
		if (step.rps !== undefined && step.clients > 0 && !step.json["open_loop"] && (!known || step.duration_s >= known.duration_s))
			best.set(step.clients, step);
	}
	return [...best.values()].sort((a, b) => a.clients - b.clients);
}

/* The Universal Scalability Law that was fitted, at so many clients. */
function uslAt(row: Row, clients: number): number | undefined {
	const usl = bag(row.json["usl"]);
	const [lambda, sigma, kappa] = [number(usl["lambda_rps"]), number(usl["sigma"]), number(usl["kappa"])];
	if (lambda === undefined || sigma === undefined || kappa === undefined) return undefined;
	return (lambda * clients) / (1 + sigma * (clients - 1) + kappa * clients * (clients - 1));
}

function uslSeries(row: Row, steps: Step[]): Series[] {
	const [first, last] = [steps[0], steps[steps.length - 1]];
	if (!first || !last || uslAt(row, 1) === undefined) return [];
	const points = Array.from({ length: 61 }, (_, i) => {
		const clients = first.clients * (last.clients / first.clients) ** (i / 60);
		return [clients, uslAt(row, clients) ?? 0];
	});
	return [{ type: "line", name: "usl", data: points, symbol: "none", silent: true, lineStyle: { color: palette().neutral, width: 1.5, type: "dotted" }, tooltip: { show: false } }];
}

interface Point {
	readonly row: Row;
	readonly step: Step;
	readonly mark: string;
}

function lineOf(row: Row, steps: Step[], log: boolean, points: Map<string, Point>, labels: boolean, few: boolean): Series[] {
	const knee = number(bag(row.json["curve"])["knee_clients"]);
	const best = number(row.maximum?.["clients"]);
	const floor = (value: number): number => (log ? Math.max(value, 1e-3) : value);
	const bounds = steps.flatMap((step) =>
		step.ci?.[0] !== undefined && step.ci[1] !== undefined ? [[step.clients, floor(step.ci[0]), floor(step.ci[1])] as const] : []);
	const data = steps.map((step) => {
		const isMaximum = step.clients === best;
		const isKnee = step.clients === knee;
		const mark = [isMaximum && "maximum", isKnee && "knee"].filter(Boolean).join(", ");
		points.set(`${row.index}/${step.clients}`, { row, step, mark });
		return {
			value: [step.clients, step.rps ?? 0],
			symbol: isKnee && !isMaximum ? "diamond" : symbol(row.index),
			symbolSize: isMaximum ? 15 : isKnee ? 14 : 6,
			itemStyle: isMaximum || isKnee ? { color: isMaximum ? colour(row.index) : palette().panel, borderColor: colour(row.index), borderWidth: 2 } : {},
			label: {
				show: labels && (isMaximum || isKnee), position: isMaximum ? ("top" as const) : ("bottom" as const), distance: 8,
				formatter: isMaximum ? `maximum ${count(step.rps)}` : "knee", color: palette().text, fontSize: 12,
			},
		};
	});
	return [
		...(bounds.length > 1 ? [band(bounds, colour(row.index), few ? 0.16 : 0.08)] : []),
		{
			type: "line", id: `row-${row.index}`, name: String(row.index), data, showAllSymbol: true, z: 3, labelLayout: { hideOverlap: true },
			itemStyle: { color: colour(row.index) }, lineStyle: { color: colour(row.index), width: 2, type: dash(row.index) },
			emphasis: { focus: "series" },
		},
	];
}

export function throughputChart(rows: readonly Row[]): Chart | null {
	const curves = rows.map((row) => ({ row, steps: stepsByClients(row) })).filter(({ steps }) => steps.length > 1);
	let [x, y]: [Scale, Scale] = ["log", "linear"];
	const points = new Map<string, Point>();
	const clients = curves.flatMap(({ steps }) => steps.map((step) => step.clients));
	const [fewest, most] = [Math.min(...clients), Math.max(...clients)];
	const tickOfClients = (value: number): string => String(value);

	if (!curves.length) return null;
	const hasUsl = curves.length === 1 && curves.some(({ row }) => uslAt(row, 1) !== undefined);
	const result: Chart = chart({
		id: "chart-throughput",
		title: "Throughput by clients",
		note: ["Bands are 95 % confidence intervals. The large mark is the maximum; a hollow diamond is the knee, the fewest clients within 2 % of it.",
			hasUsl && " Dotted: the Universal Scalability Law that fits."],
		height: 420,
		keys: keysOf(curves.map(({ row }) => row)),
		controls: [
			choice("clients", SCALES, x, (value) => { x = value; result.draw(); }),
			choice("throughput", SCALES, y, (value) => { y = value; result.draw(); }),
		],
		option: (hidden, narrow) => {
			const shown = curves.filter(({ row }) => !hidden.has(String(row.index)));
			return {
				grid: { left: 8, right: narrow ? 14 : 28, top: 28, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "all" },
				xAxis: {
					...axisStyle("clients"), type: x === "log" ? "log" : "value", logBase: 2, nameGap: 28, ...(x === "log" ? { min: fewest, max: most } : { min: 0 }),
					axisLabel: { color: palette().faint, fontSize: 12, hideOverlap: true, formatter: tickOfClients, ...(x === "log" ? { customValues: powersOfTwo(fewest, most, narrow ? 6 : 12) } : {}) },
					splitLine: { show: false },
				} as object,
				yAxis: {
					...axisStyle(narrow ? "" : "requests per second"), type: y === "log" ? "log" : "value", nameGap: 48,
					axisLabel: { color: palette().faint, formatter: tick },
				} as object,
				tooltip: {
					trigger: "item",
					formatter: (params) => {
						const one = Array.isArray(params) ? params[0] : params;
						const value = one?.value as number[] | undefined;
						const point = points.get(`${one?.seriesName}/${value?.[0]}`);
						return point ? pointTip(point) : "";
					},
				},
				series: shown.flatMap(({ row, steps }) => [
					...lineOf(row, steps, y === "log", points, curves.length === 1, shown.length < 5),
					...(curves.length === 1 ? uslSeries(row, steps) : []),
				]),
			};
		},
	});
	return result;
}

function pointTip({ row, step, mark }: Point): HTMLElement {
	return tip(row.label, [
		["clients", `${step.clients}${mark ? ` (${mark})` : ""}`],
		["throughput", `${count(step.rps)}/s`],
		["95 % interval", between(step.ci, count)],
		["p50, p99", `${time(number(step.latency["p50"]))}, ${time(number(step.latency["p99"]))}`],
		!step.valid && ["note", "not valid as it stands"],
	]);
}

const QUANTILES = [["p50", "p50"], ["p90", "p90"], ["p99", "p99"], ["p999", "p99.9"]] as const;

/* What is waited for, against what is achieved: each point a number of clients, or a rate. */
export function latencyByThroughputChart(rows: readonly Row[]): Chart | null {
	const curves = rows.map((row) => ({ row, steps: openSteps(row) ?? stepsByClients(row) })).filter(({ steps }) => steps.length > 1);
	let quantile: (typeof QUANTILES)[number][0] = "p99";
	let y: Scale = "log";

	if (!curves.length) return null;
	const result: Chart = chart({
		id: "chart-latency-throughput",
		title: "Latency by throughput",
		note: "Each point is a step of more clients, or of a higher rate. Where a line turns up, more load only waits.",
		height: 360,
		keys: keysOf(curves.map(({ row }) => row)),
		controls: [
			choice("latency", QUANTILES, quantile, (value) => { quantile = value; result.draw(); }),
			choice("scale", SCALES, y, (value) => { y = value; result.draw(); }),
		],
		option: (hidden, narrow) => ({
			grid: { left: 8, right: narrow ? 14 : 28, top: 16, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "all" },
			xAxis: { ...axisStyle("requests per second"), type: "value", min: 0, nameGap: 28, axisLabel: { color: palette().faint, formatter: tick, hideOverlap: true } } as object,
			yAxis: { ...axisStyle(""), type: y === "log" ? "log" : "value", axisLabel: { color: palette().faint, formatter: timeTick } } as object,
			tooltip: {
				trigger: "item",
				formatter: (params) => {
					const one = Array.isArray(params) ? params[0] : params;
					const curve = curves.find(({ row }) => String(row.index) === one?.seriesName);
					const step = curve?.steps.filter((some) => number(some.latency[quantile]))[one?.dataIndex ?? 0];
					return curve && step ? pointTip({ row: curve.row, step, mark: "" }) : "";
				},
			},
			series: curves.filter(({ row }) => !hidden.has(String(row.index))).map(({ row, steps }): Series => ({
				type: "line", id: `latency-${row.index}`, name: String(row.index), showAllSymbol: true, symbol: symbol(row.index), symbolSize: 7,
				data: steps.filter((some) => number(some.latency[quantile])).map((step) => [step.rps ?? 0, number(step.latency[quantile]) ?? 0]),
				itemStyle: { color: colour(row.index) }, lineStyle: { color: colour(row.index), width: 2, type: dash(row.index) },
				emphasis: { focus: "series" },
			})),
		}),
	});
	return result;
}

/* The steps of an open loop, by their rate. */
function openSteps(row: Row): Step[] | undefined {
	const steps = row.steps.filter((step) => step.json["open_loop"] && step.rps !== undefined);
	return steps.length > 1 ? steps.sort((a, b) => (a.rps ?? 0) - (b.rps ?? 0)) : undefined;
}
