# SPDX-License-Identifier: GPL-3.0-or-later
"""Django as a new project has it."""

import app

application = app.make_application("django", app.APPS, app.MIDDLEWARE, app.CONTEXT_PROCESSORS)
