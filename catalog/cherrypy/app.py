# SPDX-License-Identifier: GPL-3.0-or-later
"""CherryPy on another WSGI server, with Jinja2."""

from pathlib import Path

import cherrypy
from jinja2 import Environment, FileSystemLoader

templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    auto_reload=False,
    keep_trailing_newline=True,
)
ROWS = [[f"{row}.{column}" for column in range(1, 5)] for row in range(1, 7)]
ITEMS = frozenset(range(0, 50000, 50))


class Root:
    @cherrypy.expose
    @cherrypy.tools.response_headers(headers=[("Content-Type", "text/plain")])
    def hello(self):
        return "hello from cherrypy\n"

    @cherrypy.expose
    def render_name(self):
        return templates.get_template("name.html").render(name="World")

    @cherrypy.expose
    def render_table(self):
        return templates.get_template("table.html").render(rows=ROWS)

    @cherrypy.expose
    @cherrypy.tools.response_headers(headers=[("Content-Type", "text/plain")])
    def lookup(self):
        found = 0
        for i in range(50000):
            if i in ITEMS:
                found += 1
        return f"found {found}\n"


cherrypy.config.update(
    {"environment": "embedded", "log.screen": False, "log.access_file": None, "log.error_file": None}
)
cherrypy.server.unsubscribe()
cherrypy.engine.start()
application = cherrypy.tree.mount(Root())
