// SPDX-License-Identifier: GPL-3.0-or-later
// The ranking as bars with intervals, and the ratios to other rows beside those of the reference.

import { axisStyle, barsHeight, chart, endLabels, nameAxis, tip, whiskers, type Chart } from "./chart.ts";
import { bags, byThroughput, number, text, type Row } from "./document.ts";
import { choice } from "./dom.ts";
import { between, count, ratio, relativeWidth, percent, tick } from "./format.ts";
import { colour, palette } from "./theme.ts";

export const rankOf = (row: Row): number | undefined => number(row.rank?.["rank"]);

export function rankingChart(rows: readonly Row[]): Chart | null {
	const measured = byThroughput(rows).filter((row) => row.rps !== undefined);
	const name = (row: Row): string => `${rankOf(row) ? `${rankOf(row)}  ` : ""}${row.label}${row.valid ? "" : "  *"}`;

	if (measured.length < 2) return null;
	return chart({
		id: "chart-ranking",
		title: "Maximum throughput",
		note: ["Whiskers are 95 % confidence intervals; rows whose intervals overlap share a rank. Open bars: the load generator was the limit, the server may be able to do more.",
			measured.some((row) => !row.valid) && " * not valid as it stands."],
		height: barsHeight(measured.length),
		option: (_hidden, narrow) => ({
			grid: { left: 8, right: 60, top: 8, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "all" },
			xAxis: { ...axisStyle("requests per second"), type: "value", min: 0, nameGap: 28, axisLabel: { color: palette().faint, formatter: tick, hideOverlap: true } } as object,
			yAxis: nameAxis(measured.map(name), narrow),
			tooltip: {
				trigger: "item",
				formatter: (params) => {
					const row = measured[(Array.isArray(params) ? params[0] : params)?.dataIndex ?? 0];
					return row ? tip(row.label, [
						["throughput", `${row.isFloor ? "at least " : ""}${count(row.rps)}/s`],
						["95 % interval", between(row.ci, count)],
						["clients", String(number(row.maximum?.["clients"]) ?? "–")],
						["limit", text(row.limit?.["resource"]) ?? "–"],
					]) : "";
				},
			},
			series: [
				{
					type: "bar", id: "ranking", barMaxWidth: 20,
					data: measured.map((row) => ({
						value: row.rps ?? 0,
						itemStyle: row.isFloor
							? { color: palette().panel, borderColor: colour(row.index), borderWidth: 2 }
							: { color: colour(row.index) },
					})),
				},
				endLabels(measured.map((row) => ({ at: Math.max(row.rps ?? 0, row.ci?.[1] ?? 0), text: `${row.isFloor ? "≥ " : ""}${count(row.rps)}` }))),
				whiskers(measured.map((row) => row.ci)),
			],
		}),
	});
}

export interface Ratio {
	readonly to: string;
	readonly title: string;
	readonly ratio: number | undefined;
	readonly reference: number | undefined;
}

export function ratiosOf(row: Row): Ratio[] {
	return bags(row.rank?.["ratios"]).map((one) => ({
		to: text(one["to"]) ?? "", title: text(one["title"]) ?? `/${text(one["to"]) ?? ""}`,
		ratio: number(one["ratio"]), reference: number(one["reference_ratio"]),
	}));
}

export function ratioChart(rows: readonly Row[]): Chart | null {
	const known = rows.filter((row) => ratiosOf(row).some((one) => one.ratio !== undefined));
	const titles = [...new Set(known.flatMap((row) => ratiosOf(row).map((one) => one.to)))];
	let chosen = titles[0] ?? "";
	const source = text(known[0]?.run.json["reference"]);
	const hasReference = known.some((row) => ratiosOf(row).some((one) => one.reference !== undefined));

	if (known.length < 2 || !chosen) return null;
	const result: Chart = chart({
		id: "chart-ratio",
		title: "Ratio to another row",
		note: hasReference
			? `Only ratios outlive a machine. Filled: measured here; outlined: the same ratio of the reference figures${source ? ` (${source})` : ""}.`
			: "Only ratios outlive a machine: these are the throughputs over that of one row.",
		height: barsHeight(known.length, hasReference ? 42 : 34),
		controls: titles.length > 1 ? [choice("ratio to", titles.map((one) => [one, one] as const), chosen, (value) => { chosen = value; result.draw(); })] : [],
		option: (_hidden, narrow) => {
			const of = (row: Row): Ratio | undefined => ratiosOf(row).find((one) => one.to === chosen);
			const shown = byThroughput(known).filter((row) => of(row)?.ratio !== undefined);
			return {
				grid: { left: 8, right: 24, top: 8, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "all" },
				xAxis: { ...axisStyle(`ratio to ${chosen}`), type: "value", min: 0, nameGap: 28 } as object,
				yAxis: nameAxis(shown.map((row) => row.label), narrow),
				tooltip: {
					trigger: "item",
					formatter: (params) => {
						const row = shown[(Array.isArray(params) ? params[0] : params)?.dataIndex ?? 0];
						return row ? tip(row.label, [[`to ${chosen}`, ratio(of(row)?.ratio)], hasReference && ["reference", ratio(of(row)?.reference)],
							["throughput", `${count(row.rps)}/s ± ${percent(relativeWidth(row.rps, row.ci))}`]]) : "";
					},
				},
				series: [
					{ type: "bar", id: "ratio", barMaxWidth: 14, data: shown.map((row) => ({ value: of(row)?.ratio ?? 0, itemStyle: { color: colour(row.index) } })) },
					...(hasReference ? [{
						type: "bar" as const, id: "reference", barMaxWidth: 14, barGap: "10%",
						data: shown.map((row) => of(row)?.reference ?? "-"),
						itemStyle: { color: palette().panel, borderColor: palette().faint, borderWidth: 1.5 },
					}] : []),
				],
			};
		},
	});
	return result;
}
