# SPDX-License-Identifier: GPL-3.0-or-later
"""Pyramid, with Jinja2."""

from pathlib import Path

from pyramid.config import Configurator
from pyramid.response import Response

ROWS = [[f"{row}.{column}" for column in range(1, 5)] for row in range(1, 7)]
ITEMS = frozenset(range(0, 50000, 50))


def hello(request):
    return Response("hello from pyramid\n", content_type="text/plain", charset="utf-8")


def render_name(request):
    return {"name": "World"}


def render_table(request):
    return {"rows": ROWS}


def lookup(request):
    found = 0
    for i in range(50000):
        if i in ITEMS:
            found += 1
    return Response(f"found {found}\n", content_type="text/plain", charset="utf-8")


with Configurator() as config:
    config.include("pyramid_jinja2")
    config.add_jinja2_search_path(str(Path(__file__).parent / "templates"))
    config.commit()
    config.get_jinja2_environment().keep_trailing_newline = True
    for name, view, renderer in (
        ("hello", hello, None),
        ("render_name", render_name, "name.jinja2"),
        ("render_table", render_table, "table.jinja2"),
        ("lookup", lookup, None),
    ):
        config.add_route(name, "/" + name)
        config.add_view(view, route_name=name, renderer=renderer)
    application = config.make_wsgi_app()
