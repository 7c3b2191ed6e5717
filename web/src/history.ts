// SPDX-License-Identifier: GPL-3.0-or-later
// The list of stored runs, each a link; and two of them compared.

import { bags, number, text, type Bag, type Page } from "./document.ts";
import { h } from "./dom.ts";
import { count, time } from "./format.ts";
import { table } from "./table.ts";

/* The runs to be compared, also when the list is made anew. */
const picked = new Set<number>();
const MOST = 32;

const idOf = (run: Bag): number => number(run["id"]) ?? 0;

function verdict(run: Bag, going: boolean): HTMLElement {
	if (going) return h("span", { class: "badge live" }, "goes on");
	if (run["complete"] !== true) return h("span", { class: "badge bad" }, "partial");
	return run["valid"] === true ? h("span", { class: "badge good" }, "valid") : h("span", { class: "badge bad" }, "not valid");
}

export function historyView({ live, runs: shown }: Page): HTMLElement | null {
	if (!live) return null;
	const runs = bags(live.history);
	const going = new Set(live.going.map((one) => number(one["run"])));
	const compare = h("a", { class: "plain button" }, "compare");
	const mark = (): void => {
		const ids = [...picked].sort((a, b) => a - b);
		compare.textContent = ids.length < 2 ? "pick two runs or more to compare them" : ids.length === 2 ? `compare run ${ids[0]} with run ${ids[1]}` : `show ${ids.length} runs together`;
		if (ids.length < 2) compare.removeAttribute("href");
		else compare.setAttribute("href", `${live.base}run/${ids.join(",")}`);
	};

	for (const id of picked) if (!runs.some((run) => idOf(run) === id)) picked.delete(id);
	mark();
	if (!runs.length) return h("p", { class: "faint" }, "Nothing is stored yet: what maxq measures appears here.");
	return h("div", null,
		h("p", { class: "list-tools" }, compare),
		table(runs, [
			{
				title: "run", value: idOf, numeric: true, descending: true,
				show: (run) => h("label", { class: "pick" },
					h("input", {
						type: "checkbox", checked: picked.has(idOf(run)), "aria-label": `pick run ${idOf(run)}`,
						change: (event) => {
							const box = event.target as HTMLInputElement;
							if (box.checked && picked.size < MOST) picked.add(idOf(run));
							else picked.delete(idOf(run));
							box.checked = picked.has(idOf(run));
							mark();
						},
					}),
					h("a", { href: `${live.base}run/${idOf(run)}`, "aria-current": shown.some((one) => one.id === idOf(run)) ? "page" : undefined }, String(idOf(run)))),
			},
			{ title: "when (UTC)", value: (run) => text(run["started_at"]), show: (run) => h("span", { class: "nowrap" }, (text(run["started_at"]) ?? "").replace("T", " ").replace(/:\d\dZ$/, "")), descending: true },
			{ title: "command", value: (run) => text(run["command"]) },
			{ title: "target", value: (run) => text(run["target"]), show: (run) => h("a", { href: `${live.base}run/${idOf(run)}`, class: "target" }, text(run["target"]) ?? "?") },
			{ title: "requests/s", value: (run) => number(run["maximum_rps"]), show: (run) => count(number(run["maximum_rps"])), numeric: true, descending: true },
			{ title: "CPU/request", value: (run) => number(run["cost_us"]), show: (run) => time(number(run["cost_us"])), numeric: true },
			{ title: "validity", value: (run) => (run["complete"] === true ? (run["valid"] === true ? 0 : 1) : 2), show: (run) => verdict(run, going.has(idOf(run))) },
			...(runs.some((run) => text(run["labels"])) ? [{ title: "labels", value: (run: Bag) => text(run["labels"]) }] : []),
		], {
			caption: "stored runs",
			filter: (run) => `${idOf(run)} ${text(run["started_at"]) ?? ""} ${text(run["command"]) ?? ""} ${text(run["target"]) ?? ""} ${text(run["labels"]) ?? ""}`,
			filterLabel: "filter runs",
		}));
}
