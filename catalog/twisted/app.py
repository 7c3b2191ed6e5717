# SPDX-License-Identifier: GPL-3.0-or-later
"""Twisted's own web server, with its own templates."""

import sys

from twisted.internet import reactor
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site
from twisted.web.template import Element, TagLoader, XMLString, renderElement, renderer

ROWS = [[f"{row}.{column}" for column in range(1, 5)] for row in range(1, 7)]
ITEMS = frozenset(range(0, 50000, 50))


class NamePage(Element):
    loader = XMLString(
        '<t:transparent xmlns:t="http://twistedmatrix.com/ns/twisted.web.template/0.1">'
        '<p>Hello, <t:transparent t:render="name"/>!</p>\n</t:transparent>'
    )

    @renderer
    def name(self, request, tag):
        return "World"


class Row(Element):
    def __init__(self, loader, row):
        super().__init__(loader)
        self.row = row

    @renderer
    def cells(self, request, tag):
        for cell in self.row:
            yield tag.clone().fillSlots(cell=cell)


class TablePage(Element):
    loader = XMLString(
        '<t:transparent xmlns:t="http://twistedmatrix.com/ns/twisted.web.template/0.1"><table>\n'
        '<t:transparent t:render="rows"><tr><t:transparent t:render="cells"><td><t:slot name="cell"/></td>'
        "</t:transparent></tr>\n</t:transparent></table>\n</t:transparent>"
    )

    @renderer
    def rows(self, request, tag):
        for row in ROWS:
            yield Row(TagLoader(tag), row)


class Page(Resource):
    isLeaf = True

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def render_GET(self, request):
        return self.answer(request)


def hello(request):
    request.setHeader(b"Content-Type", b"text/plain")
    return b"hello from twisted\n"


def render_name(request):
    request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
    renderElement(request, NamePage(), doctype=b"<!DOCTYPE html>")
    return NOT_DONE_YET


def render_table(request):
    request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
    renderElement(request, TablePage(), doctype=b"<!DOCTYPE html>")
    return NOT_DONE_YET


def lookup(request):
    found = 0
    for i in range(50000):
        if i in ITEMS:
            found += 1
    request.setHeader(b"Content-Type", b"text/plain")
    return b"found %d\n" % found


class QuietSite(Site):
    def log(self, request):
        """No log of requests."""


root = Resource()
for path, answer in (
    (b"hello", hello),
    (b"render_name", render_name),
    (b"render_table", render_table),
    (b"lookup", lookup),
):
    root.putChild(path, Page(answer))
address, backlog = sys.argv[1], int(sys.argv[2])
if address.startswith("unix:"):
    reactor.listenUNIX(address[5:], QuietSite(root), backlog=backlog)
else:
    host, port = address.split(":")
    reactor.listenTCP(int(port), QuietSite(root), backlog=backlog, interface=host)
reactor.run()
