# SPDX-License-Identifier: GPL-3.0-or-later
"""Django, with and without what a new project has beside its own code."""

from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
]
CONTEXT_PROCESSORS = [
    "django.template.context_processors.debug",
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
ROWS = [[f"{row}.{column}" for column in range(1, 5)] for row in range(1, 7)]
ITEMS = frozenset(range(0, 50000, 50))


def hello(request):
    return HttpResponse(f"hello from {NAME}\n", content_type="text/plain")


def render_name(request):
    return render(request, "name.html", {"name": "World"})


def render_table(request):
    return render(request, "table.html", {"rows": ROWS})


def lookup(request):
    found = 0
    for i in range(50000):
        if i in ITEMS:
            found += 1
    return HttpResponse(f"found {found}\n", content_type="text/plain")


urlpatterns = [
    path("hello", hello),
    path("render_name", render_name),
    path("render_table", render_table),
    path("lookup", lookup),
]


def make_application(name, apps, middleware, context_processors):
    global NAME
    NAME = name
    settings.configure(
        DEBUG=False,
        SECRET_KEY="not a secret: this answers a benchmark",
        ALLOWED_HOSTS=["*"],  # it listens where maxq says, for maxq alone
        ROOT_URLCONF="app",
        INSTALLED_APPS=apps,
        MIDDLEWARE=middleware,
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [Path(__file__).parent / "templates"],
                "OPTIONS": {"context_processors": context_processors},
            }
        ],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    return get_wsgi_application()
