// SPDX-License-Identifier: GPL-3.0-or-later
// Tables that sort by a press on a heading, and can be filtered.

import { append, h, type Child } from "./dom.ts";

export interface Column<T> {
	readonly title: string;
	readonly hint?: string;
	/* by which it is sorted; what is undefined comes last either way */
	readonly value: (item: T) => number | string | undefined;
	/* what is shown, unless it is the value */
	readonly show?: (item: T) => Child;
	readonly numeric?: boolean;
	/* the first press sorts the largest on top */
	readonly descending?: boolean;
}

export interface TableOptions<T> {
	readonly caption: string;
	readonly className?: (item: T) => string;
	/* what a filter looks at; without it there is none */
	readonly filter?: (item: T) => string;
	readonly filterLabel?: string;
}

function compare(a: number | string | undefined, b: number | string | undefined, sign: number): number {
	if (a === undefined || b === undefined) return (a === undefined ? 1 : 0) - (b === undefined ? 1 : 0);
	if (typeof a === "number" && typeof b === "number") return sign * (a - b);
	return sign * String(a).localeCompare(String(b), "en", { numeric: true });
}

export function table<T>(items: readonly T[], columns: readonly Column<T>[], options: TableOptions<T>): HTMLElement {
	const body = h("tbody", null);
	const head = h("tr", null);
	const status = h("span", { class: "table-status", role: "status" });
	let sorted = -1;
	let sign = 1;
	let wanted = "";

	const draw = (): void => {
		const column = columns[sorted];
		const shown = items.filter((item) => !options.filter || options.filter(item).toLowerCase().includes(wanted));

		if (column) shown.sort((a, b) => compare(column.value(a), column.value(b), sign));
		body.replaceChildren(
			...shown.map((item) =>
				h(
					"tr",
					{ class: options.className?.(item) },
					columns.map((one, i) => {
						const cell = h(i === 0 ? "th" : "td", { class: one.numeric ? "number" : undefined, scope: i === 0 ? "row" : undefined });
						append(cell, one.show ? one.show(item) : (one.value(item) ?? "–"));
						return cell;
					}),
				),
			),
		);
		status.textContent = wanted ? `${shown.length} of ${items.length}` : "";
		[...head.children].forEach((cell, i) => {
			if (i === sorted) cell.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
			else cell.removeAttribute("aria-sort");
		});
	};

	columns.forEach((column, i) => {
		const press = (): void => {
			sign = sorted === i ? -sign : column.descending ? -1 : 1;
			sorted = i;
			draw();
		};
		head.appendChild(
			h("th", { scope: "col", class: column.numeric ? "number" : undefined },
				h("button", { type: "button", title: column.hint ?? `sort by ${column.title}`, click: press }, column.title, h("span", { class: "arrow", "aria-hidden": "true" }))),
		);
	});
	draw();
	return h(
		"div",
		{ class: "table" },
		options.filter && items.length > 3 &&
			h("div", { class: "table-tools" },
				h("input", {
					type: "search", placeholder: options.filterLabel ?? "filter", "aria-label": options.filterLabel ?? "filter", spellcheck: "false",
					input: (event) => {
						wanted = (event.target as HTMLInputElement).value.trim().toLowerCase();
						draw();
					},
				}),
				status),
		h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": options.caption },
			h("table", null, h("caption", { class: "hidden" }, options.caption), h("thead", null, head), body)),
	);
}
