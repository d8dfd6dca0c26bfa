#!/usr/bin/env bash
# Guess: `results?user_id=11` of LTI AGS 2.0 gives the result of person 11 and nobody else's, as its section on results says
# Seen: Open edX passes the parameter over and gives everybody's, the newest first; only `results/11`, which AGS does not
#   know, gives one. `limit` is obeyed, so `results?user_id=11&limit=1` is somebody else's result
# With: lti-consumer-xblock 11.4.4, Django 5.2.19, djangorestframework 3.18.3, Python 3.11, 2026-12-01
# Matters: a tool that reads the first result of the answer compares one student's mark with another's
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile lti-consumer-xblock==11.4.4 \
  Django==5.2.19 djangorestframework==3.18.3 cryptography==50.0.2 PyJWT==2.15.1
cd "$work"
venv/bin/python - 2> /dev/null <<'PY'
import json
import uuid

import django
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

settings.configure(
    SECRET_KEY="x",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "django_filters",
        "config_models",
        "lti_consumer",
    ],
    USAGE_ID_PATTERN=r"(?P<usage_id>[^/]+)",
    ROOT_URLCONF="urls",
    ALLOWED_HOSTS=["*"],
    USE_TZ=True,
    LMS_ROOT_URL="http://lms.example",
    LTI_API_BASE="http://lms.example",
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()
from django.core.management import call_command

call_command("migrate", run_syncdb=True, verbosity=0)
import sys
import types

from django.test import Client
from django.urls import include, path

urls = types.ModuleType("urls")
urls.urlpatterns = [path("", include("lti_consumer.plugin.urls"))]
sys.modules["urls"] = urls
from lti_consumer import models

own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
form = serialization.PublicFormat.SubjectPublicKeyInfo
pem = own.public_key().public_bytes(serialization.Encoding.PEM, form).decode()
passport = models.Lti1p3Passport.objects.create(name="tool", lti_1p3_tool_public_key=pem)
made = models.LtiConfiguration.objects.create(
    version="lti_1p3",
    config_store="CONFIG_ON_DB",
    location="block-v1:o+c+r+type@lti_consumer+block@b",
    lti_1p3_passport=passport,
    lti_1p3_oidc_url="http://tool.example/login",
    lti_1p3_launch_url="http://tool.example/launch",
    lti_advantage_ags_mode="programmatic",
)
passport = made.lti_1p3_passport
browser = Client()
base = "/lti_consumer/v1"
ags = "https://purl.imsglobal.org/spec/lti-ags/scope/"


def token():
    id = passport.lti_1p3_client_id
    said = {"iss": id, "sub": id, "aud": "http://lms.example", "iat": 1, "exp": 4e9, "jti": str(uuid.uuid4())}
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(said, own, algorithm="RS256", headers={"kid": "k"}),
        "scope": f"{ags}lineitem {ags}score {ags}result.readonly",
    }
    packed = "&".join(f"{name}={value}" for name, value in form.items())
    kind = "application/x-www-form-urlencoded"
    answer = browser.post(f"{base}/token/{passport.passport_id}", packed, content_type=kind)
    return answer.json()["access_token"]


def ask(method, url, key, kind, sent=None):
    call = getattr(browser, method)
    more = {"headers": {"Authorization": f"Bearer {key}", "Accept": f"application/vnd.ims.{kind}+json"}}
    if sent is not None:
        more |= {"data": json.dumps(sent), "content_type": f"application/vnd.ims.{kind}+json"}
    return call(url, **more)


items = f"{base}/lti/{made.pk}/lti-ags"
key = token()
item = ask("post", items, key, "lis.v2.lineitem", {"label": "Sums", "scoreMaximum": 100, "resourceId": "sums"})
place = item.json()["id"].replace("http://testserver", "")
for person, points, minute in (("11", 60, 1), ("12", 90, 2)):
    mark = {"userId": person, "scoreGiven": points, "scoreMaximum": 100, "timestamp": f"2026-12-01T10:0{minute}:00Z"}
    mark |= {"activityProgress": "Completed", "gradingProgress": "FullyGraded"}
    answer = ask("post", f"{place}/scores", key, "lis.v1.score", mark)
    assert answer.status_code == 201, answer.content
seen = {}
for query in ("?user_id=11", "?user_id=11&limit=1", "/11"):
    answer = ask("get", f"{place}/results{query}", key, "lis.v2.resultcontainer")
    seen[query] = [(each["userId"], each["resultScore"]) for each in answer.json()]
    print(f"results{query}:", seen[query])
if list(seen.values()) != [[("12", 90.0), ("11", 60.0)], [("12", 90.0)], [("11", 60.0)]]:
    raise SystemExit("changed")
print("as stated")
PY
