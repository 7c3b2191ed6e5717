# SPDX-License-Identifier: GPL-3.0-or-later
"""Tornado's own server, with its own templates."""

import asyncio
import sys
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets, bind_unix_socket
from tornado.web import Application, RequestHandler

ROWS = [[f"{row}.{column}" for column in range(1, 5)] for row in range(1, 7)]
ITEMS = frozenset(range(0, 50000, 50))


class Hello(RequestHandler):
    def get(self):
        self.set_header("Content-Type", "text/plain")
        self.write("hello from tornado\n")


class RenderName(RequestHandler):
    def get(self):
        self.render("name.html", name="World")


class RenderTable(RequestHandler):
    def get(self):
        self.render("table.html", rows=ROWS)


class Lookup(RequestHandler):
    def get(self):
        found = 0
        for i in range(50000):
            if i in ITEMS:
                found += 1
        self.set_header("Content-Type", "text/plain")
        self.write(f"found {found}\n")


async def main(address, backlog):
    application = Application(
        [("/hello", Hello), ("/render_name", RenderName), ("/render_table", RenderTable), ("/lookup", Lookup)],
        template_path=str(Path(__file__).parent / "templates"),
        template_whitespace="all",
        log_function=lambda handler: None,
    )
    if address.startswith("unix:"):
        sockets = [bind_unix_socket(address[5:], backlog=backlog)]
    else:
        host, port = address.split(":")
        sockets = bind_sockets(int(port), host, backlog=backlog)
    HTTPServer(application).add_sockets(sockets)
    await asyncio.Event().wait()


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
