// SPDX-License-Identifier: GPL-3.0-or-later
// A terminal that knows what maxq's live view sends, and shows it as HTML: for pictures.
const COLOURS = { 31: "#e06c75", 32: "#7fbf6a", 33: "#d7a65f", 34: "#61a5e8", 36: "#4fb8c4" };
const escape = (text) => text.replace(/[&<>]/g, (one) => `&#${one.charCodeAt(0)};`);

/* The screen after these bytes: lines of cells {text, style}. Scrolled-off lines are kept. */
function screen(bytes) {
	const lines = [[]];
	let [x, y, style] = [0, 0, ""];
	for (const [, args, command, other] of bytes.matchAll(/\x1b\[([0-9;]*)([A-Za-z])|([^\x1b])/gu)) {
		if (other === "\r") x = 0;
		else if (other === "\n") { y++; lines[y] ??= []; }
		else if (other !== undefined) lines[y][x++] = { text: other, style };
		else if (command === "m") style = args === "0" || args === "" ? "" : args === "1" ? "font-weight:700;color:#fff" : `color:${COLOURS[args] ?? "inherit"}`;
		else if (command === "A") y = Math.max(0, y - Number(args || 1));
		else if (command === "K") lines[y].length = Math.min(lines[y].length, x);
		else if (command === "J") { lines[y].length = Math.min(lines[y].length, x); lines.length = y + 1; }
	}
	return lines;
}

/* A page with the screen and the command that was typed. */
export function terminalPage(command, bytes, columns) {
	const rows = screen(bytes).map((line) => Array.from(line, (cell) => (cell?.style ? `<span style="${cell.style}">${escape(cell.text)}</span>` : escape(cell?.text ?? " "))).join(""));
	return `<!DOCTYPE html><meta charset="utf-8"><style>
body { margin: 0; padding: 14px 18px; background: #14181f; width: max-content }
pre { margin: 0; min-width: ${columns}ch; color: #ced6e0; font: 13px/1.25 "DejaVu Sans Mono", monospace }
b { color: #8fd18f; font-weight: 400 }
</style><pre><b>$ </b>${escape(command)}\n${rows.join("\n")}</pre>`;
}
