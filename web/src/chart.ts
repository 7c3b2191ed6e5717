// SPDX-License-Identifier: GPL-3.0-or-later
// What all charts have in common: ECharts with only what is used of it, the legend, the controls, colours that follow the
// theme, and tooltips of text nodes.

import { BarChart, CustomChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use, type ComposeOption, type EChartsType } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";
import type { BarSeriesOption, CustomSeriesOption, LineSeriesOption } from "echarts/charts";
import type { AriaComponentOption, GridComponentOption, TooltipComponentOption } from "echarts/components";

import type { Interval } from "./document.ts";
import { h, type Child } from "./dom.ts";
import { colour, onTheme, palette, reducedMotion } from "./theme.ts";

use([BarChart, CustomChart, LineChart, AriaComponent, GridComponent, MarkLineComponent, TooltipComponent, LabelLayout, SVGRenderer]);

export type Series = BarSeriesOption | CustomSeriesOption | LineSeriesOption;
export type Option = ComposeOption<BarSeriesOption | CustomSeriesOption | LineSeriesOption | AriaComponentOption | GridComponentOption | TooltipComponentOption>;
export type RenderItem = NonNullable<CustomSeriesOption["renderItem"]>;

/* One entry of a legend: several series may belong to it. */
export interface Key {
	readonly id: string;
	readonly label: string;
	readonly colour: number;
	readonly symbol?: string;
}

export interface ChartOptions {
	readonly id: string;
	readonly title: string;
	/* one sentence that says how it is read */
	readonly note: Child;
	/* in pixels; on a phone the names of bars stand above them */
	readonly height: number | ((narrow: boolean) => number);
	readonly keys?: readonly Key[];
	/* rows of bars are no entries that could be hidden all at once */
	readonly controls?: readonly HTMLElement[];
	/* `hidden`: the ids that are switched off; `narrow`: on a phone */
	readonly option: (hidden: ReadonlySet<string>, narrow: boolean) => Option;
}

export interface Chart {
	readonly element: HTMLElement;
	draw(): void;
}

const NARROW_PX = 560;
/* that of the page: what is drawn is measured before, and so must be named */
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';

function legend(keys: readonly Key[], hidden: Set<string>, changed: () => void): HTMLElement {
	const all = h("div", { class: "legend", role: "group", "aria-label": "shown" });
	const buttons = new Map<string, HTMLButtonElement>();
	const mark = (): void => {
		for (const [id, button] of buttons) button.setAttribute("aria-pressed", hidden.has(id) ? "false" : "true");
	};

	for (const key of keys) {
		const swatch = h("span", { class: `swatch ${key.symbol ?? ""}`, "aria-hidden": "true" });
		const paint = (): void => {
			swatch.style.backgroundColor = colour(key.colour);
		};
		paint();
		swatches.push(paint);
		const button = h("button", {
			type: "button", title: "show or hide; twice: only this one",
			click: () => {
				if (!hidden.delete(key.id)) hidden.add(key.id);
				mark();
				changed();
			},
			dblclick: () => {
				hidden.clear();
				for (const other of keys) if (other !== key) hidden.add(other.id);
				mark();
				changed();
			},
		}, swatch, key.label);
		buttons.set(key.id, button);
		all.appendChild(button);
	}
	mark();
	return all;
}

let drawn: { draw: () => void; resize: () => void; dispose: () => void }[] = [];
let swatches: (() => void)[] = [];
onTheme(() => {
	for (const paint of swatches) paint();
	for (const one of drawn) one.draw();
});
const observer = new ResizeObserver((entries) => {
	for (const entry of entries) resized.get(entry.target)?.();
});
const resized = new Map<Element, () => void>();

/* Charts are drawn when they are seen to have got a width; this does it at once. */
export function drawCharts(): void {
	for (const one of drawn) one.resize();
}

/* Before all of the page is made anew. */
export function disposeCharts(): void {
	for (const one of drawn) one.dispose();
	observer.disconnect();
	resized.clear();
	drawn = [];
	swatches = [];
}

/* A figure with its chart, which is drawn when it is on the page and has a width. */
export function chart(options: ChartOptions): Chart {
	const canvas = h("div", { class: "canvas", id: options.id });
	const hidden = new Set<string>();
	let instance: EChartsType | undefined;
	let width = 0;

	const draw = (): void => {
		const { text, panel, line } = palette();
		if (!canvas.clientWidth) return;
		const narrow = canvas.clientWidth < NARROW_PX;
		const height = `${typeof options.height === "number" ? options.height : options.height(narrow)}px`;
		if (canvas.style.height !== height) {
			canvas.style.height = height;
			instance?.resize();
		}
		instance ??= init(canvas, null, { renderer: "svg" });
		instance.setOption(
			{
				animation: false,
				stateAnimation: { duration: reducedMotion() ? 0 : 150 },
				textStyle: { fontFamily: FONT, color: text },
				aria: { enabled: true, label: { description: options.title } },
				tooltip: {
					confine: true, backgroundColor: panel, borderColor: line, textStyle: { color: text, fontSize: 13 },
					transitionDuration: reducedMotion() ? 0 : 0.15,
				},
				...options.option(hidden, narrow),
			},
			{ notMerge: true },
		);
	};
	const resize = (): void => {
		if (canvas.clientWidth === width) return;
		width = canvas.clientWidth;
		instance?.resize();
		draw();
	};
	drawn.push({ draw, resize, dispose: () => instance?.dispose() });
	resized.set(canvas, resize);
	observer.observe(canvas);
	const element = h("figure", { class: "chart" },
		h("figcaption", null, h("h3", null, options.title), h("p", null, options.note)),
		options.controls?.length ? h("div", { class: "controls" }, ...options.controls) : null,
		options.keys && options.keys.length > 1 ? legend(options.keys, hidden, draw) : null,
		canvas);
	return { element, draw };
}

/* A tooltip of a title and lines of name and value. */
export function tip(title: string, lines: readonly (readonly [string, string] | undefined | false)[]): HTMLElement {
	return h("div", { class: "tip" },
		h("strong", null, title),
		h("dl", null, lines.filter((one) => one !== undefined && one !== false).map(([name, value]) => [h("dt", null, name), h("dd", null, value)])));
}

export function axisStyle(name: string): object {
	const { faint, line } = palette();
	return {
		name, nameLocation: "middle",
		nameTextStyle: { color: faint, fontSize: 12 },
		axisLine: { show: true, lineStyle: { color: line } },
		axisTick: { show: false },
		axisLabel: { color: faint, fontSize: 12, hideOverlap: true },
		splitLine: { show: true, lineStyle: { color: line, width: 1 } },
		minorSplitLine: { show: false },
	};
}

/* The axis of the names of bars, the first on top. */
export function nameAxis(names: readonly string[], narrow: boolean): Option["yAxis"] {
	const { text, line } = palette();
	return {
		type: "category", inverse: true, data: [...names],
		axisLine: { show: true, lineStyle: { color: line } }, axisTick: { show: false }, splitLine: { show: false },
		axisLabel: narrow
			? { color: text, fontSize: 12, inside: true, align: "left", verticalAlign: "bottom", margin: 0, padding: [0, 0, 13, 2], interval: 0, width: 250, overflow: "truncate" }
			: { color: text, fontSize: 12, width: 280, overflow: "truncate", interval: 0 },
		z: 4,
	};
}

/* Texts behind the end of horizontal bars and their whiskers. */
export function endLabels(ends: readonly { readonly at: number; readonly text: string }[]): CustomSeriesOption {
	const renderItem: RenderItem = (params, api) => {
		const [x, y] = api.coord([api.value(0), api.value(1)]) as [number, number];
		return {
			type: "text", x: x + 9, y,
			style: { text: ends[params.dataIndex]?.text ?? "", fill: palette().text, font: `600 12px ${FONT}`, verticalAlign: "middle" },
		};
	};
	return {
		type: "custom", renderItem, data: ends.map(({ at }, i) => [at, i]), encode: { x: 0, y: 1 }, silent: true, z: 6, clip: false, tooltip: { show: false },
	};
}

/* Whiskers on horizontal bars: items are [lo, hi, index of the bar]. */
export function whiskers(intervals: readonly (Interval | undefined)[]): CustomSeriesOption {
	const { text } = palette();
	const data = intervals.flatMap((ci, i) => (ci?.[0] !== undefined && ci[1] !== undefined ? [[ci[0], ci[1], i]] : []));
	const renderItem: RenderItem = (_params, api) => {
		const [x1, y] = api.coord([api.value(0), api.value(2)]) as [number, number];
		const [x2] = api.coord([api.value(1), api.value(2)]) as [number, number];
		const style = { stroke: text, lineWidth: 1.5, fill: "none" };
		const at = y;
		return {
			type: "group",
			children: [
				{ type: "line", shape: { x1, y1: at, x2, y2: at }, style },
				{ type: "line", shape: { x1, y1: at - 4, x2: x1, y2: at + 4 }, style },
				{ type: "line", shape: { x1: x2, y1: at - 4, x2, y2: at + 4 }, style },
			],
		};
	};
	return { type: "custom", renderItem, data, encode: { x: [0, 1], y: 2 }, silent: true, z: 5, clip: true, tooltip: { show: false } };
}

/* A band between the bounds of a line: items are [x, lo, hi], of which the first draws all. */
export function band(points: readonly (readonly [number, number, number])[], paint: string, opacity = 0.16): CustomSeriesOption {
	const renderItem: RenderItem = (params, api) => {
		if (params.dataIndexInside !== 0) return null;
		const upper = points.map(([x, , hi]) => api.coord([x, hi]));
		const lower = points.map(([x, lo]) => api.coord([x, lo])).reverse();
		return { type: "polygon", shape: { points: [...upper, ...lower] as [number, number][] }, style: { fill: paint, opacity } };
	};
	return {
		type: "custom", renderItem, data: points.map(([x, lo, hi]) => [x, lo, hi]), encode: { x: 0, y: [1, 2] }, silent: true, z: 1,
		clip: true, tooltip: { show: false },
	};
}

/* The height of a chart of so many bars. */
export const barsHeight = (n: number, each = 34) => (narrow: boolean): number => Math.max(narrow ? 120 : 130, n * (narrow ? 52 : each) + 62);

/* The ticks of a logarithmic axis of clients: powers of two, not too many of them. */
export function powersOfTwo(from: number, to: number, most: number): number[] {
	const all: number[] = [];
	for (let value = 1; value <= to; value *= 2) if (value >= from) all.push(value);
	const every = Math.max(1, Math.ceil(all.length / most));
	return all.filter((_, i) => i % every === 0);
}
