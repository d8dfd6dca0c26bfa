"""Hold our platform of the tests, and what we ask of an LMS, against Open edX' own code.

    python tests/server/against_openedx.py

Installs lti-consumer-xblock 11.4.4 (AGPL: it stays in a folder that is deleted) with some fifty packages, starts its
views on a free port, and asks it and the platform of the tests the same. 1 if an answer differs. Outside CI: it takes
half a minute and the network.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
import httpx
from lms_platform import ALL_SCOPES, lms_of

from autograder.server.lti.keys import OwnKey, load_key
from autograder.server.lti.launch import Platform
from autograder.server.lti.wire import SCORE, Item, Trouble, Wire

HERE = Path(__file__).parent
VERSION = "11.4.4"
NOON = 1_795_000_000
FIRST = {
    "userId": "11",
    "scoreGiven": 60.0,
    "scoreMaximum": 100,
    "comment": "so far",
    "timestamp": "2026-11-18T11:06:40Z",
    "activityProgress": "Completed",
    "gradingProgress": "FullyGraded",
}
# What is changed of the message before; each goes out after the one above it.
MESSAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("a mark", {}),
    ("the same again", {}),
    ("an older one", {"timestamp": "2026-11-18T11:06:00Z", "scoreGiven": 1}),
    ("within the same second", {"timestamp": "2026-11-18T11:06:40.900Z", "scoreGiven": 61}),
    ("a later one", {"timestamp": "2026-11-18T11:07:00Z", "scoreGiven": 70}),
    ("not graded yet", {"timestamp": "2026-11-18T11:08:00Z", "gradingProgress": "Pending", "scoreGiven": 70}),
    ("somebody unknown", {"userId": "999"}),
    ("with parts of points", {"timestamp": "2026-11-18T11:09:00Z", "scoreGiven": 8.123456789}),
)


@contextmanager
def openedx(python: Path, key: OwnKey) -> Iterator[tuple[Platform, str]]:
    """Its views at work; the registration, and where its columns are."""
    with tempfile.TemporaryDirectory() as folder:
        pem = Path(folder) / "key.pem"
        pem.write_text(key.public_pem(), "ascii")
        command = [str(python), str(HERE / "openedx_server.py"), str(pem)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            assert server.stdout is not None
            try:
                said = json.loads(server.stdout.readline())
                items = said.pop("line_items")
                yield Platform(id=1, issuer="http://127.0.0.1", login_url="http://127.0.0.1/login", **said), items
            finally:
                server.terminate()


@contextmanager
def ours(key: OwnKey) -> Iterator[tuple[Platform, str]]:
    """The platform of the tests by the rules of Open edX."""
    with lms_of("openedx") as lms:
        lms.person("11", "Ada")
        lms.key_set = key.public_set()
        at = {"login_url": f"{lms.url}/auth", "token_url": f"{lms.url}/token", "keys_url": f"{lms.url}/certs"}
        yield Platform(id=2, issuer=lms.url, client_id=lms.client_id, **at), f"{lms.url}/items?type_id=1"


def asked(wire: Wire, platform: Platform, items: str) -> dict[str, Any]:
    """What it answers to each."""
    said: dict[str, Any] = {}
    allowed = ALL_SCOPES[:4]
    wanted = Item(url="", maximum=100.0, label="Sums", resource="sums", tag="grade")
    made = wire.make_item(platform, items, wanted, "")
    said["a column, as made"] = (made.maximum, made.resource, made.tag)
    said["a column, as read"] = wire.item(platform, made.url, allowed).maximum
    said["columns of our resource"] = len(wire.items(platform, items, "sums", allowed))
    said["columns of another"] = len(wire.items(platform, items, "other", allowed))
    try:
        wire.make_item(platform, items, Item(url="", maximum=7.5, label="x", resource="x", tag=""), "")
        said["a column of 7.5 points"] = "made"
    except Trouble as trouble:
        said["a column of 7.5 points"] = trouble.status
    path = made.url.partition("?")
    scores = f"{path[0]}/scores" + (f"?{path[2]}" if path[2] else "")
    headers = {
        "Authorization": f"Bearer {wire._token(platform, SCORE)}",
        "Content-Type": "application/vnd.ims.lis.v1.score+json",
    }
    for name, change in MESSAGES:
        answer = httpx.post(scores, headers=headers, content=json.dumps(FIRST | change))
        there = wire.result(platform, made.url, "11")
        said[name] = (answer.status_code, None if there is None else round(there, 5))
    no_maximum = {name: value for name, value in FIRST.items() if name != "scoreMaximum"}
    said["without a maximum"] = httpx.post(scores, headers=headers, content=json.dumps(no_maximum)).status_code
    for stamp in (NOON + 3600, NOON + 3600, NOON):
        try:
            wire.send_score(platform, made.url, sub="11", score=80, maximum=100, stamp=stamp, comment="")
            told = "taken"
        except Trouble as trouble:
            told = "later there" if trouble.is_newer else str(trouble)
        said[f"our mark {len(said)}"] = told
    wire._tokens.clear()
    wire._tokens[platform.id, (SCORE,)] = "no.such.token", time.monotonic() + 1000
    wire.send_score(platform, made.url, sub="11", score=90, maximum=100, stamp=NOON + 7200, comment="")
    said["our mark with a token that has ended"] = wire.result(platform, made.url, "11")
    return said


def main() -> int:
    """Ask both; 1 if they differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, help="one that has lti-consumer-xblock; default: made anew")
    python = parser.parse_args().python
    with tempfile.TemporaryDirectory() as folder:
        if python is None:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            python = Path(folder) / "bin" / "python"
            wanted = [f"lti-consumer-xblock=={VERSION}", "cryptography"]
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)
        key = load_key(Path(folder))
        wire = Wire(key, lambda: datetime.now(UTC))
        with openedx(python, key) as real:
            theirs = asked(wire, *real)
        with ours(key) as made:
            own = asked(wire, *made)
        wire.close()
    differ = [name for name in theirs if theirs[name] != own[name]]
    for name in theirs:
        mark = "DIFFERS" if name in differ else "same"
        sys.stdout.write(f"{mark:8}{name}: {theirs[name]}" + (f", ours {own[name]}" if name in differ else "") + "\n")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
