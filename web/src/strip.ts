// SPDX-License-Identifier: GPL-3.0-or-later
// What goes on just now: the strip on top of a page that is served.

import { bags, list, number, text, type Bag, type Live } from "./document.ts";
import { append, h, type Child } from "./dom.ts";
import { count, percent, UNKNOWN } from "./format.ts";

const SPARK = { width: 240, height: 44 };

const svg = (name: string, attributes: Record<string, string | number>): SVGElement => {
	const element = document.createElementNS("http://www.w3.org/2000/svg", name);
	for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
	return element;
};

function duration(seconds: number): string {
	const s = Math.max(0, Math.round(seconds));
	if (s < 60) return `${s} s`;
	return s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/* A horizontal bar, from nothing to `most`. */
function bar(name: Child, value: number | undefined, most: number, shown: string, className = ""): HTMLElement {
	const fill = h("span", { class: `fill ${className}` });
	fill.style.width = `${Math.min(100, Math.max(0, (100 * (value ?? 0)) / (most || 1)))}%`;
	return h("div", { class: "bar" }, h("span", { class: "bar-name" }, name), h("span", { class: "track" }, fill), h("span", { class: "bar-value" }, shown));
}

function sparkline(values: readonly number[]): Child {
	const { width, height } = SPARK;
	const most = Math.max(...values, 1e-9);
	if (values.length < 2) return null;
	const points = values.map((value, i) => `${((i / (values.length - 1)) * width).toFixed(1)},${(height - 2 - (value / most) * (height - 4)).toFixed(1)}`);
	const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "spark", role: "img", "aria-label": `throughput of the last windows, up to ${count(most)} a second`, preserveAspectRatio: "none" });
	picture.append(svg("polyline", { points: points.join(" "), fill: "none", stroke: "currentColor", "stroke-width": 1.5, "vector-effect": "non-scaling-stroke" }));
	return picture;
}

function progressOf(run: Bag): HTMLElement {
	const doing = text(run["doing"]);
	const [elapsed, step, left] = [number(run["elapsed_s"]) ?? 0, number(run["step_s"]) ?? 0, number(run["left_s"])];
	const began = Date.parse(text(run["started_at"]) ?? "");
	const since = Number.isFinite(began) ? Math.max(0, (Date.now() - began) / 1000) : 0;
	const remains = left !== undefined ? Math.max(0, left - elapsed) : undefined;
	return h("div", { class: "bars" },
		bar(doing ?? (run["warming_up"] === true ? "warming up" : "measuring"), doing ? 0 : elapsed, step, doing ? "" : step > 0 ? `${elapsed.toFixed(1)} of ${step.toFixed(1)} s` : `${elapsed.toFixed(1)} s`),
		remains !== undefined && bar("the run", since, since + remains, `at most ${duration(remains)} left`));
}

function rowsOf(run: Bag): Child {
	const rows = bags(run["rows"]);
	const most = Math.max(...rows.map((row) => number(row["throughput_rps"]) ?? 0), 0);
	if (rows.length < 2) return null;
	return h("details", { open: true }, h("summary", null, "So far"),
		h("div", { class: "bars" }, rows.map((row, i) => {
			const rps = number(row["throughput_rps"]);
			const name = text(row["name"]) ?? `row ${i + 1}`;
			return bar(i === number(run["row"]) ? h("b", null, name) : name, rps, most, rps === undefined ? UNKNOWN : `${count(rps)}/s`, "neutral");
		})));
}

function cpuOf(run: Bag): HTMLElement {
	const [busy, steal] = [number(run["generator_busy"]), number(run["steal"])];
	const cpus = number(run["server_cpus"]) ?? 1;
	return h("div", { class: "bars" },
		bags(run["components"]).map((one) => bar(text(one["name"]) ?? "?", number(one["cores"]), cpus, `${(number(one["cores"]) ?? 0).toFixed(2)} of ${cpus} ${cpus === 1 ? "core" : "cores"}`)),
		bar("load generator", busy, 1, percent(busy, 0), busy !== undefined && busy > 0.9 ? "bad" : ""),
		bar("steal", steal, 1, percent(steal), steal !== undefined && steal > 0.02 ? "bad" : ""));
}

/* One run that goes on. */
function goingView(run: Bag, base: string, isShown: boolean): HTMLElement {
	const rows = number(run["n_rows"]) ?? 1;
	const round = number(run["round"]) ?? 0;
	const errors = number(run["errors"]) ?? 0;
	const id = number(run["run"]);
	const place = [rows > 1 && `row ${(number(run["row"]) ?? 0) + 1} of ${rows}`, round > 0 && `round ${round}`, `${number(run["clients"]) ?? 0} clients`].filter(Boolean).join(", ");
	return h("section", { class: "going", "aria-label": "what goes on" },
		h("header", null,
			h("span", { class: "badge live" }, "live"),
			h("h2", null, text(run["name"]) || text(run["command"]) || "a run"),
			h("span", { class: "faint" }, `${text(run["command"]) ?? ""}${id !== undefined ? ` · run ${id}` : ""} · ${place}`),
			!isShown && id !== undefined && h("a", { href: `${base}run/${id}` }, "watch")),
		isShown && h("div", { class: "going-parts" },
			h("div", null, h("p", { class: "rate" }, h("b", null, count(number(run["throughput_rps"]))), " requests/s", errors > 0 && h("span", { class: "bad-part" }, ` · ${count(errors)} errors`)),
				sparkline(list(run["windows_rps"]).map((one) => number(one) ?? 0)), progressOf(run)),
			cpuOf(run)),
		isShown && rowsOf(run));
}

export interface Strip {
	readonly element: HTMLElement;
	/* `shown` is the run that the page is about */
	show(live: Live, shown: number | undefined): void;
	say(trouble: string): void;
}

/* The strip on top. */
export function liveStrip(): Strip {
	const now = h("div", null);
	const status = h("p", { class: "hidden", role: "status" });
	const trouble = h("p", { class: "banner bad", role: "alert", hidden: true });
	let said = "";
	const stops = (): HTMLElement[] => [...now.querySelectorAll<HTMLElement>("a, summary")];
	return {
		element: h("div", { class: "strip" }, trouble, status, now),
		show(live, shown) {
			const folded = now.querySelector("details")?.open === false;
			const focused = stops().findIndex((one) => one === document.activeElement);
			now.replaceChildren();
			append(now, live.going.map((run) => goingView(run, live.base, number(run["run"]) === shown || (shown === undefined && live.run === undefined))));
			const fold = now.querySelector("details");
			if (fold && folded) fold.open = false;
			stops()[focused]?.focus({ preventScroll: true });
			const what = live.going.map((run) => `measuring ${text(run["name"]) ?? ""}`).join(", ");
			/* who listens hears of another row, and not of each figure */
			if (what !== said) status.textContent = what || "no run goes on";
			said = what;
		},
		say(what) {
			trouble.textContent = what;
			trouble.hidden = !what;
		},
	};
}
