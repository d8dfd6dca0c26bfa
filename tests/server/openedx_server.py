"""Open edX' own LTI consumer on a free port, for `against_openedx.py`: run by a Python that has lti-consumer-xblock.

    python openedx_server.py PUBLIC_KEY.pem

Prints one line of JSON (addresses, client id), then serves until it is ended.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from unittest.mock import MagicMock
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings

LOCATION = "block-v1:course+101+2026+type@lti_consumer+block@one"


class Quiet(WSGIRequestHandler):
    """Says nothing of requests."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


def main() -> None:
    """Serve."""
    settings.configure(
        SECRET_KEY="for tests",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "rest_framework",
            "django_filters",
            "config_models",
            "lti_consumer",
        ],
        USAGE_ID_PATTERN=r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))",
        ROOT_URLCONF="lti_consumer.plugin.urls",
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        PLATFORM_NAME="Open edX",
        LMS_ROOT_URL="http://127.0.0.1",
        LTI_API_BASE="http://127.0.0.1",
        LTI_BASE="http://127.0.0.1",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
    from django.core.wsgi import get_wsgi_application
    from django.urls import include, path
    from lti_consumer import models
    from lti_consumer.plugin import compat

    for name in ("load_enough_xblock", "load_block_as_user", "get_course_by_id", "user_course_access"):
        if hasattr(compat, name):
            setattr(compat, name, MagicMock())
    settings.ROOT_URLCONF = type("urls", (), {"urlpatterns": [path("", include("lti_consumer.plugin.urls"))]})
    passport = models.Lti1p3Passport.objects.create(
        name="tests", lti_1p3_tool_public_key=Path(sys.argv[1]).read_text("utf-8")
    )
    made = models.LtiConfiguration.objects.create(
        version=models.LtiConfiguration.LTI_1P3,
        config_store=models.LtiConfiguration.CONFIG_ON_DB,
        location=LOCATION,
        lti_1p3_passport=passport,
        lti_1p3_oidc_url="http://127.0.0.1/login",
        lti_1p3_launch_url="http://127.0.0.1/launch",
        lti_advantage_ags_mode=models.LtiConfiguration.LTI_ADVANTAGE_AGS_PROGRAMMATIC,
    )
    passport = made.lti_1p3_passport
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet) as server:
        base = f"http://127.0.0.1:{server.server_port}/lti_consumer/v1"
        said = {
            "client_id": passport.lti_1p3_client_id,
            "token_url": f"{base}/token/{passport.passport_id}",
            "keys_url": f"{base}/public_keysets/{passport.passport_id}",
            "line_items": f"{base}/lti/{made.pk}/lti-ags",
        }
        print(json.dumps(said), flush=True)  # noqa: T201
        server.serve_forever()


if __name__ == "__main__":
    main()
