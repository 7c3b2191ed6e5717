# SPDX-License-Identifier: GPL-3.0-or-later
"""The least WSGI application (PEP 3333): no framework, and the same four pieces of work that all of them do."""

from html import escape
from string import Template

NAME = Template("<!DOCTYPE html>\n<p>Hello, $name!</p>\n")
TABLE = Template("<!DOCTYPE html>\n<table>\n$rows</table>\n")
ROW = Template("<tr>$cells</tr>\n")
CELL = Template("<td>$text</td>")
ITEMS = frozenset(range(0, 50000, 50))


def hello():
    return "text/plain", "hello from skeleton\n"


def render_name():
    return "text/html", NAME.substitute(name=escape("World"))


def render_table():
    rows = "".join(
        ROW.substitute(cells="".join(CELL.substitute(text=escape(f"{row}.{column}")) for column in range(1, 5)))
        for row in range(1, 7)
    )
    return "text/html", TABLE.substitute(rows=rows)


def lookup():
    found = 0
    for i in range(50000):
        if i in ITEMS:
            found += 1
    return "text/plain", f"found {found}\n"


PATHS = {"/hello": hello, "/render_name": render_name, "/render_table": render_table, "/lookup": lookup}


def application(environ, start_response):
    work = PATHS.get(environ["PATH_INFO"])
    if work is None:
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"not found\n"]
    media_type, text = work()
    body = text.encode()
    start_response("200 OK", [("Content-Type", media_type), ("Content-Length", str(len(body)))])
    return [body]
