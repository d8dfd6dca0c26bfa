"""`grade lti`, and what `grade doctor --server` says of a course's service."""

from __future__ import annotations

import json

import pytest
from served import with_roster

from autograder.cli.doctor import doctor_command
from autograder.cli.lti import lti_command
from autograder.errors import UsageError
from autograder.server.sign_in import STATE
from autograder.server.store import Store, database_url


def called(command, capsys, *arguments):
    """What a command prints."""
    command.main([str(each) for each in arguments], standalone_mode=False)
    return capsys.readouterr().out


@pytest.fixture
def root(tiny_course, monkeypatch):
    monkeypatch.delenv("GRADE_DATABASE", raising=False)
    return with_roster(tiny_course).root


def test_an_lms_is_registered_shown_and_forgotten(root, capsys):
    """Twice the same is one, with the newer values"""
    shown = called(lti_command, capsys, root)
    assert "No LMS is registered yet." in shown
    assert "http://127.0.0.1:8000/lti/launch" in shown
    moodle = ("--moodle", "https://moodle.example.org/", "--client-id", "abc")
    for deployment in ("2", "3"):
        shown = called(lti_command, capsys, root, *moodle, "--deployment", deployment)
    assert "Registered: Moodle at moodle.example.org, client id abc." in shown
    said = json.loads(called(lti_command, capsys, root, "--json", "--public-url", "https://grade.example.org"))
    assert said["addresses"]["keys"] == "https://grade.example.org/lti/keys"
    (one,) = said["platforms"]
    assert (one["issuer"], one["client_id"], one["deployments"]) == ("https://moodle.example.org", "abc", ["3"])
    with pytest.raises(UsageError, match="--remove x: no LMS has this client id; there are: abc"):
        called(lti_command, capsys, root, "--remove", "x")
    assert "No LMS is registered yet." in called(lti_command, capsys, root, "--remove", "abc")


def test_a_registration_that_cannot_be_right_is_refused(root, capsys):
    """Before anything is written"""
    for given, told in (
        (("--issuer", "https://x.example", "--client-id", "1"), "The login address '' is none"),
        (("--moodle", "moodle.example.org", "--client-id", "1"), "The login address 'moodle.example.org/mod"),
    ):
        with pytest.raises(UsageError) as refused:
            called(lti_command, capsys, root, *given)
        assert told in str(refused.value)
    assert json.loads(called(lti_command, capsys, root, "--json"))["platforms"] == []


def test_an_invitation_is_an_address_of_the_service(root, capsys):
    """At which the service was started last"""
    store = Store(database_url(root / STATE))
    store.remember("public_url", "https://grade.example.org")
    word = json.loads(called(lti_command, capsys, root, "--invite", "--json"))["invitation"]
    address, _, secret = word.rpartition("/")
    assert address == "https://grade.example.org/lti/register"
    assert store.lti_book().invited(secret, 0.0)
    assert not store.lti_book().invited(secret, 1e12)
    store.close()


def findings(root, capsys):
    """What `grade doctor --server` finds, by name."""
    said = json.loads(called(doctor_command, capsys, root, "--server", "--json"))
    return {each["name"]: each for each in said["findings"] if each["name"].startswith("server")}


def test_doctor_looks_at_what_the_service_needs(root, capsys):
    """Before it starts, while it is whole, and when others may read its secret or its database is damaged"""
    found = findings(root, capsys)
    assert set(found) == {"server", "server packages", "server roster", "server secret", "server database"}
    assert all(each["found"] for each in found.values())
    folder = root / STATE
    Store(database_url(folder)).close()
    (folder / "secret").write_text("x" * 43)
    (folder / "secret").chmod(0o644)
    found = findings(root, capsys)
    assert found["server database"]["detail"] == "whole; 0 hand-ins"
    assert not found["server secret"]["found"]
    assert "chmod 600" in found["server secret"]["mend"]
    (folder / "serve.db").write_bytes(b"no database at all, and long enough to be looked at" * 100)
    for more in ("serve.db-wal", "serve.db-shm"):
        (folder / more).unlink(missing_ok=True)
    found = findings(root, capsys)
    assert not found["server database"]["found"]
    (root / "roster.csv").unlink()
    assert not findings(root, capsys)["server roster"]["found"]
