// SPDX-License-Identifier: GPL-3.0-or-later
// What a reader has done to the page - opened, sorted, filtered, switched, scrolled - as something that can be done once more, to the
// page that takes its place. It is read from the elements themselves, so no part of the page has to know of it.

/* The nearest part that has a name of its own. */
const partOf = (element: Element): string => element.closest("[id]")?.id ?? "";

/* Elements by a key of theirs; a number tells those of the same key apart. */
function keyed<T extends Element>(root: ParentNode, selector: string, key: (element: T) => string): Map<string, T> {
	const found = new Map<string, T>();
	for (const element of root.querySelectorAll<T>(selector)) {
		const name = `${partOf(element.parentElement ?? element)}/${key(element)}`;
		let n = 0;
		while (found.has(`${name}/${n}`)) n++;
		found.set(`${name}/${n}`, element);
	}
	return found;
}

/* Numbers change while a run goes on. */
const words = (text: string | null | undefined): string => (text ?? "").replace(/[\d.,]+/g, "#");

const figureOf = (element: Element): string => element.closest("figure")?.querySelector(".canvas")?.id ?? "";
const folds = (root: ParentNode) => keyed<HTMLDetailsElement>(root, "details", (one) => words(one.querySelector("summary")?.textContent));
const choices = (root: ParentNode) => keyed<HTMLButtonElement>(root, ".choice button", (one) => `${figureOf(one)}/${one.closest(".choice")?.getAttribute("aria-label") ?? ""}/${one.dataset["value"] ?? ""}`);
const keys = (root: ParentNode) => keyed<HTMLButtonElement>(root, ".legend button", (one) => `${figureOf(one)}/${one.textContent ?? ""}`);
const heads = (root: ParentNode) => keyed<HTMLButtonElement>(root, "thead button", (one) => `${one.closest("table")?.caption?.textContent ?? ""}/${one.textContent ?? ""}`);
const filters = (root: ParentNode) => keyed<HTMLInputElement>(root, "input[type=search]", (one) => one.getAttribute("aria-label") ?? "");
const focusable = (root: ParentNode) => keyed<HTMLElement>(root, "a[href], summary, input, button, [tabindex]", (one) => `${one.tagName}/${figureOf(one)}/${one.closest("table")?.caption?.textContent ?? ""}/${one.dataset["value"] ?? ""}/${one.getAttribute("aria-label") ?? words(one.textContent)}`);
const scrolls = (root: ParentNode) => keyed<HTMLElement>(root, ".scroll", (one) => one.getAttribute("aria-label") ?? "");

const pressed = (one: Element): boolean => one.getAttribute("aria-pressed") === "true";
const where = <T>(all: Map<string, T>, is: (one: T) => boolean): string[] => [...all].filter(([, one]) => is(one)).map(([key]) => key);

/* Takes note of it; what is returned does it again, to what is on the page then. Tools of the page itself are left alone. */
export function keep(root: ParentNode): (root: ParentNode) => void {
	const open = new Map([...folds(root)].map(([key, one]) => [key, one.open]));
	const chosen = new Set(where(choices(root), pressed));
	const hidden = new Set(where(keys(root), (one) => !pressed(one)));
	const sorted = new Map([...heads(root)].map(([key, one]) => [key, one.closest("th")?.getAttribute("aria-sort")] as const));
	const wanted = new Map([...filters(root)].map(([key, one]) => [key, one.value]));
	const focused = [...focusable(root)].find(([, one]) => one === document.activeElement)?.[0];
	const selected = document.activeElement instanceof HTMLInputElement ? document.activeElement.selectionStart : null;
	const aside = new Map([...scrolls(root)].map(([key, one]) => [key, one.scrollLeft]));
	const [x, y] = [scrollX, scrollY];

	return (now) => {
		for (const [key, one] of folds(now)) one.open = open.get(key) ?? one.open;
		for (const [key, one] of choices(now)) if (chosen.has(key) && !pressed(one)) one.click();
		for (const [key, one] of keys(now)) if (hidden.has(key) && pressed(one)) one.click();
		for (const [key, one] of heads(now)) {
			const order = sorted.get(key);
			/* a heading sorts either way, by turns */
			for (let i = 0; order && i < 2 && one.closest("th")?.getAttribute("aria-sort") !== order; i++) one.click();
		}
		for (const [key, one] of filters(now)) {
			one.value = wanted.get(key) ?? "";
			if (one.value) one.dispatchEvent(new Event("input"));
		}
		const again = focused !== undefined ? focusable(now).get(focused) : undefined;
		if (again !== document.activeElement) again?.focus({ preventScroll: true });
		if (again instanceof HTMLInputElement && selected !== null) again.setSelectionRange(selected, selected);
		for (const [key, one] of scrolls(now)) one.scrollLeft = aside.get(key) ?? 0;
		scrollTo({ left: x, top: y, behavior: "instant" });
	};
}
