// SPDX-License-Identifier: GPL-3.0-or-later
// Elements from code. Text only ever becomes a text node: what a document says can never become markup.

export type Child = Node | string | number | null | undefined | false | Child[];
type Attribute = string | number | boolean | ((event: Event) => void) | undefined;

export function h<K extends keyof HTMLElementTagNameMap>(
	tag: K,
	attributes: Record<string, Attribute> | null,
	...children: Child[]
): HTMLElementTagNameMap[K] {
	const element = document.createElement(tag);

	for (const [name, value] of Object.entries(attributes ?? {})) {
		if (typeof value === "function") element.addEventListener(name, value);
		else if (value === true) element.setAttribute(name, "");
		else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
	}
	append(element, children);
	return element;
}

export function append(parent: Node, child: Child): void {
	if (Array.isArray(child)) for (const one of child) append(parent, one);
	else if (child instanceof Node) parent.appendChild(child);
	else if (child !== null && child !== undefined && child !== false)
		parent.appendChild(document.createTextNode(String(child)));
}

/* A section of the page. What goes wrong in one is said in its place, and the others are shown all the same. */
export function section(id: string, title: string, build: () => Child): HTMLElement | null {
	let content: Child;

	try {
		content = build();
	} catch (error) {
		console.error(error);
		content = h("p", { class: "bad-part" }, "This part cannot be shown: ", String(error));
	}
	if (content === null || content === undefined || content === false) return null;
	return h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), content);
}

/* Buttons of which one is pressed. */
export function choice<T extends string>(
	label: string,
	values: readonly (readonly [T, string])[],
	start: T,
	chosen: (value: T) => void,
): HTMLElement {
	const group = h("div", { class: "choice", role: "group", "aria-label": label });

	for (const [value, text] of values) {
		const button = h(
			"button",
			{
				type: "button",
				"aria-pressed": value === start ? "true" : "false",
				"data-value": value,
				click: () => {
					for (const other of group.querySelectorAll("button"))
						other.setAttribute("aria-pressed", other === button ? "true" : "false");
					chosen(value);
				},
			},
			text,
		);
		group.appendChild(button);
	}
	return h("div", { class: "control" }, h("span", { class: "control-label", "aria-hidden": "true" }, label), group);
}
