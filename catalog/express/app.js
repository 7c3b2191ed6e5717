// SPDX-License-Identifier: GPL-3.0-or-later
// Express, with EJS.
'use strict';

const http = require('http');
const path = require('path');
const express = require('express');

const ROWS = [1, 2, 3, 4, 5, 6].map((row) => [1, 2, 3, 4].map((column) => `${row}.${column}`));
const ITEMS = new Set(Array.from({ length: 1000 }, (_, i) => 50 * i));

const app = express();
app.set('views', path.join(__dirname, 'views'));
app.set('view engine', 'ejs');

app.get('/hello', (request, response) => {
  response.type('text/plain').send('hello from express\n');
});

app.get('/render_name', (request, response) => {
  response.render('name', { name: 'World' });
});

app.get('/render_table', (request, response) => {
  response.render('table', { rows: ROWS });
});

app.get('/lookup', (request, response) => {
  let found = 0;
  for (let i = 0; i < 50000; i++) {
    if (ITEMS.has(i)) found++;
  }
  response.type('text/plain').send(`found ${found}\n`);
});

const [address, backlog] = process.argv.slice(2);
const [host, port] = address.split(':');
const where = host === 'unix' ? { path: address.slice(5) } : { port: Number(port), host };
http.createServer(app).listen({ ...where, backlog: Number(backlog) });
