# SPDX-License-Identifier: GPL-3.0-or-later
"""Bottle, with its own SimpleTemplate."""

from pathlib import Path

from bottle import TEMPLATE_PATH, Bottle, response, template

TEMPLATE_PATH[:] = [str(Path(__file__).parent / "views")]
application = Bottle()
ROWS = [[f"{row}.{column}" for column in range(1, 5)] for row in range(1, 7)]
ITEMS = frozenset(range(0, 50000, 50))


@application.route("/hello")
def hello():
    response.content_type = "text/plain"
    return "hello from bottle\n"


@application.route("/render_name")
def render_name():
    return template("name", name="World")


@application.route("/render_table")
def render_table():
    return template("table", rows=ROWS)


@application.route("/lookup")
def lookup():
    found = 0
    for i in range(50000):
        if i in ITEMS:
            found += 1
    response.content_type = "text/plain"
    return f"found {found}\n"
