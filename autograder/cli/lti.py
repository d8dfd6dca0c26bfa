"""`grade lti`: make an LMS and this course's service known to each other."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from autograder.server.lti.book import LtiBook
    from autograder.server.lti.launch import Platform
    from autograder.server.lti.setup import Addresses


@click.command("lti", short_help="connect an LMS to `grade serve` by LTI 1.3")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--invite", is_flag=True, help="Make an address with which an LMS registers itself, once within a day.")
@click.option("--moodle", metavar="URL", help="Register a Moodle by the address of its site; needs --client-id.")
@click.option("--issuer", metavar="URL", help="Register another LMS: what it calls issuer or platform ID.")
@click.option("--client-id", metavar="ID", help="What the LMS calls this tool.")
@click.option("--deployment", multiple=True, metavar="ID", help="Take launches of this deployment only; once for each.")
@click.option("--login-url", metavar="URL", help="With --issuer: the authentication request URL of the LMS.")
@click.option("--token-url", metavar="URL", help="With --issuer: its access token URL.")
@click.option("--keys-url", metavar="URL", help="With --issuer: its public keyset URL.")
@click.option(
    "--audience", metavar="ID", help="With --issuer: whom tokens are asked of, where that is not --token-url."
)
@click.option("--remove", metavar="ID", help="Forget the LMS of this client id, and who of it is whom.")
@click.option(
    "--public-url", metavar="URL", help="Where people find the service; default: as `grade serve` was started last."
)
@click.option("--database", metavar="URL", help="The database of the service, as `grade serve --database` has it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def lti_command(
    path: Path,
    invite: bool,
    moodle: str | None,
    issuer: str | None,
    client_id: str | None,
    deployment: tuple[str, ...],
    login_url: str | None,
    token_url: str | None,
    keys_url: str | None,
    audience: str | None,
    remove: str | None,
    public_url: str | None,
    database: str | None,
    as_json: bool,
) -> int:
    """Make an LMS and the service of the course at PATH known to each other; without options, show what is known.

    The service may be at work. After that a teacher adds the tool to a course of the LMS and opens it once, and an
    instructor says on the service's page "Your LMS" that this is the course.

    \b
    grade lti                     what an LMS asks for, and which are registered
    grade lti --invite            an address for an LMS that registers tools itself, as Moodle does
    grade lti --moodle https://moodle.example.org --client-id NwE3kP81dDCmmdJ --deployment 2

    Exit codes: 0 done; 1 the database cannot be written; 2 wrong usage; 3 the course is wrong.
    """
    from autograder.cli.serve import address_of, default_database
    from autograder.course.course_yml import find_course, load_course
    from autograder.errors import UsageError
    from autograder.server.lti.launch import Platform, Refused
    from autograder.server.lti.setup import Addresses, check_registration
    from autograder.server.lti.setup import moodle as moodle_at
    from autograder.server.store import Store

    course = load_course(find_course(path))
    store = Store(database or os.environ.get("GRADE_DATABASE") or default_database(course))
    try:
        book = store.lti_book()
        addresses = Addresses(address_of("127.0.0.1", 8000, public_url or store.remembered("public_url") or None))
        made: Platform | None = None
        if sum(map(bool, (invite, moodle, issuer, remove))) > 1:
            raise click.UsageError("--invite, --moodle, --issuer and --remove: give one of them")
        if moodle or issuer:
            if not client_id:
                raise click.UsageError("--client-id is missing: the LMS shows it where the tool was added")
            if moodle:
                platform = moodle_at(moodle, client_id, deployment)
            else:
                platform = Platform(
                    issuer=issuer or "",
                    client_id=client_id,
                    login_url=login_url or "",
                    token_url=token_url or "",
                    keys_url=keys_url or "",
                    deployments=deployment,
                    audience=audience or "",
                )
            try:
                check_registration(platform)
            except Refused as wrong:
                raise UsageError(str(wrong)) from None
            made = book.register(platform)
        if remove:
            _remove(book, remove)
        word = addresses.register(_invited(book)) if invite else ""
        _show(book, addresses, made, word, as_json=as_json)
    finally:
        store.close()
    return 0


def _invited(book: LtiBook) -> str:
    from autograder.server.lti.setup import INVITED_SECONDS

    return book.invite(datetime.now(UTC).timestamp() + INVITED_SECONDS)


def _remove(book: LtiBook, client_id: str) -> None:
    from autograder.errors import UsageError

    found = [each for each in book.platforms() if each.client_id == client_id]
    if not found:
        known = ", ".join(each.client_id for each in book.platforms()) or "none"
        raise UsageError(f"--remove {client_id}: no LMS has this client id; there are: {known}")
    for each in found:
        book.forget(each.id)


def _show(book: LtiBook, addresses: Addresses, made: Platform | None, word: str, *, as_json: bool) -> None:
    platforms, contexts = book.platforms(), book.contexts()
    if as_json:
        said: dict[str, Any] = {
            "invitation": word or None,
            "addresses": {"login": addresses.login, "launch": addresses.launch, "keys": addresses.keys},
            "platforms": [
                {
                    "issuer": each.issuer,
                    "client_id": each.client_id,
                    "deployments": list(each.deployments),
                    "courses": [
                        {"title": context.title, "connected": context.connected}
                        for context in contexts
                        if context.platform == each.id
                    ],
                }
                for each in platforms
            ],
        }
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    if word:
        click.echo("Give this address to the LMS as the tool's registration address, once, within a day:\n")
        click.echo(f"  {word}\n")
        return
    if made is not None:
        click.echo(f"Registered: {made.title}, client id {made.client_id}.")
    rows = [
        ("tool URL", f"{addresses.public_url}/"),
        ("initiate login URL", addresses.login),
        ("redirection URI", addresses.launch),
        ("public keyset URL", addresses.keys),
    ]
    click.echo("What an LMS asks for when a tool is added by hand (LTI 1.3):")
    for name, value in rows:
        click.echo(f"  {name:<20}{value}")
    if not platforms:
        click.echo("No LMS is registered yet.")
    for each in platforms:
        click.echo(f"{each.title} ({each.issuer}), client id {each.client_id}")
        for context in contexts:
            if context.platform == each.id:
                state = "connected" if context.connected else "asks to be connected: see “Your LMS” of the service"
                click.echo(f"  {context.title or context.context}: {state}")
