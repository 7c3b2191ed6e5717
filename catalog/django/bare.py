# SPDX-License-Identifier: GPL-3.0-or-later
"""Django without any middleware, and so without the applications that it needs."""

import app

application = app.make_application("django-bare", [], [], [])
