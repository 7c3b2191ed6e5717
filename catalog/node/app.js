// SPDX-License-Identifier: GPL-3.0-or-later
// Node.js without a framework; its templates are those of the language.
'use strict';

const http = require('http');

const ROWS = [1, 2, 3, 4, 5, 6].map((row) => [1, 2, 3, 4].map((column) => `${row}.${column}`));
const ITEMS = new Set(Array.from({ length: 1000 }, (_, i) => 50 * i));
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escape = (text) => text.replace(/[&<>"']/g, (c) => ENTITIES[c]);
const name = (who) => `<!DOCTYPE html>\n<p>Hello, ${escape(who)}!</p>\n`;
const cell = (text) => `<td>${escape(text)}</td>`;
const row = (cells) => `<tr>${cells.map(cell).join('')}</tr>\n`;
const table = (rows) => `<!DOCTYPE html>\n<table>\n${rows.map(row).join('')}</table>\n`;

function lookup() {
  let found = 0;
  for (let i = 0; i < 50000; i++) {
    if (ITEMS.has(i)) found++;
  }
  return `found ${found}\n`;
}

const PATHS = {
  '/hello': ['text/plain', () => 'hello from node\n'],
  '/render_name': ['text/html; charset=utf-8', () => name('World')],
  '/render_table': ['text/html; charset=utf-8', () => table(ROWS)],
  '/lookup': ['text/plain', lookup],
};

const server = http.createServer((request, response) => {
  const work = PATHS[request.url];
  if (!work) {
    response.writeHead(404, { 'Content-Type': 'text/plain' });
    response.end('not found\n');
    return;
  }
  const body = work[1]();
  response.writeHead(200, { 'Content-Type': work[0], 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
});

const [address, backlog] = process.argv.slice(2);
const [host, port] = address.split(':');
const where = host === 'unix' ? { path: address.slice(5) } : { port: Number(port), host };
server.listen({ ...where, backlog: Number(backlog) });
