# SPDX-License-Identifier: GPL-3.0-or-later
"""Flask, with Jinja2."""

from flask import Flask, Response, render_template

application = Flask(__name__)
application.jinja_env.keep_trailing_newline = True
ROWS = [[f"{row}.{column}" for column in range(1, 5)] for row in range(1, 7)]
ITEMS = frozenset(range(0, 50000, 50))


@application.route("/hello")
def hello():
    return Response("hello from flask\n", mimetype="text/plain")


@application.route("/render_name")
def render_name():
    return render_template("name.html", name="World")


@application.route("/render_table")
def render_table():
    return render_template("table.html", rows=ROWS)


@application.route("/lookup")
def lookup():
    found = 0
    for i in range(50000):
        if i in ITEMS:
            found += 1
    return Response(f"found {found}\n", mimetype="text/plain")
