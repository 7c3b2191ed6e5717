// SPDX-License-Identifier: GPL-3.0-or-later
// The latency of the maximum by percentile, on an axis that gives each further nine the same room.

import { axisStyle, band, chart, tip, type Chart, type Series } from "./chart.ts";
import { keysOf } from "./chart_throughput.ts";
import { interval, number, type Row } from "./document.ts";
import { choice } from "./dom.ts";
import { between, time, timeTick } from "./format.ts";
import { colour, dash, palette, symbol } from "./theme.ts";

/* Where a percentile stands: the number of its nines, -log10(1 - p). The maximum has a place of its own behind them. */
const PLACES = [["p50", Math.log10(2), "p50"], ["p90", 1, "p90"], ["p99", 2, "p99"], ["p999", 3, "p99.9"], ["max", 4, "max"]] as const;

export function latencyChart(rows: readonly Row[]): Chart | null {
	const known = rows.filter((row) => row.best && number(row.best.latency["p50"]) !== undefined);
	let scale: "log" | "linear" = "log";

	if (!known.length) return null;
	const result: Chart = chart({
		id: "chart-latency",
		title: "Latency at the maximum, by percentile",
		note: "Each further nine has the same room: how the slowest answers compare with the usual ones. Bands are 95 % confidence intervals.",
		height: 360,
		keys: keysOf(known),
		controls: [choice("latency", [["log", "log"], ["linear", "linear"]] as const, scale, (value) => { scale = value; result.draw(); })],
		option: (hidden, narrow) => {
			const places = PLACES.map(([, place]) => place);
			const labelOf = (place: number): string => PLACES.find(([, at]) => Math.abs(at - place) < 1e-6)?.[2] ?? "";
			return {
				grid: { left: 8, right: narrow ? 20 : 28, top: 16, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "all" },
				xAxis: {
					...axisStyle("percentile"), type: "value", min: 0.2, max: 4.1, nameGap: 28,
					axisLabel: { color: palette().faint, customValues: places, formatter: labelOf, fontSize: 12 },
					splitLine: { show: false }, axisTick: { show: true, customValues: places },
				} as object,
				yAxis: { ...axisStyle(""), type: scale === "log" ? "log" : "value", axisLabel: { color: palette().faint, formatter: timeTick } } as object,
				tooltip: {
					trigger: "item",
					formatter: (params) => {
						const one = Array.isArray(params) ? params[0] : params;
						const row = known.find((some) => String(some.index) === one?.seriesName);
						return row?.best ? tip(row.label, PLACES.map(([key, , title]) => {
							const ci = interval(row.best?.latencyCi[key]);
							return [title, time(number(row.best?.latency[key])) + (ci && ci[0] !== undefined && ci[1] !== undefined ? ` (${between(ci, time)})` : "")] as const;
						})) : "";
					},
				},
				series: known.filter((row) => !hidden.has(String(row.index))).flatMap((row): Series[] => {
					const bounds = PLACES.flatMap(([key, place]) => {
						const ci = interval(row.best?.latencyCi[key]);
						return ci?.[0] !== undefined && ci[1] !== undefined ? [[place, ci[0], ci[1]] as const] : [];
					});
					return [
						...(bounds.length > 1 ? [band(bounds, colour(row.index), known.length - hidden.size < 5 ? 0.16 : 0.08)] : []),
						{
							type: "line", id: `percentiles-${row.index}`, name: String(row.index), showAllSymbol: true, symbol: symbol(row.index), symbolSize: 7, z: 3,
							data: PLACES.flatMap(([key, place]) => {
								const value = number(row.best?.latency[key]);
								return value ? [[place, value]] : [];
							}),
							itemStyle: { color: colour(row.index) }, lineStyle: { color: colour(row.index), width: 2, type: dash(row.index) },
							emphasis: { focus: "series" },
						},
					];
				}),
			};
		},
	});
	return result;
}
