"""`grade serve`: the course in the browser; students hand in, are graded at once and read their page."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from autograder.executors.dispatch import OpenExecutor
    from autograder.records import Course

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command("serve", short_help="let students hand in and read their page in the browser")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port to listen at.")
@click.option(
    "--public-url",
    metavar="URL",
    help="The address that people use, such as https://grade.example.org; needed where --host is not this machine "
    "alone, or a proxy stands before the service. Default: http://HOST:PORT.",
)
@click.option(
    "--database",
    metavar="URL",
    help="Where hand-ins are kept, such as postgresql+psycopg://user@host/name; default: SQLite in .grade/serve/ of "
    "the course. The environment variable GRADE_DATABASE says the same and hides a password from other users.",
)
@click.option(
    "--links",
    type=click.Path(path_type=Path),
    help="Write everybody's personal link into this CSV, readable by you alone, and end.",
)
@click.option(
    "--new-link",
    multiple=True,
    metavar="WHO",
    help="With --links: make this person's links and sessions until now void.",
)
@click.option(
    "--instructor", multiple=True, metavar="NAME", help="Who teaches, once for each; default: one, `instructor`."
)
@click.option(
    "--jobs", type=click.IntRange(min=1), help="How many hand-ins are graded at a time; default: as `grade` does."
)
@click.option("--cluster", metavar="ADDRESS|local:N", help="Grade on a Dask cluster, as `grade --cluster` does.")
@click.option("--no-gradebook", is_flag=True, help="Do not write scores into nbgrader's gradebook.db.")
def serve_command(
    path: Path,
    host: str,
    port: int,
    public_url: str | None,
    database: str | None,
    links: Path | None,
    new_link: tuple[str, ...],
    instructor: tuple[str, ...],
    jobs: int | None,
    cluster: str | None,
    no_gradebook: bool,
) -> int:
    """Serve the course that PATH lies in: students hand in with a browser and read their page at once.

    Hand-ins go into the course folder as `grade collect` puts them there and are graded as `grade` does, so both work
    beside the service. Whoever is on roster.csv signs in with a personal link.

    \b
    grade serve --links links.csv     write the personal links; send each to its owner
    grade serve                       serve at http://127.0.0.1:8000 until Ctrl-C
    grade serve --public-url https://grade.example.org    behind a proxy on this machine

    Exit codes: 0 ended; 1 the port or the course is in use, or something cannot be written; 2 wrong usage; 3 the course
    is wrong; 4 no jail.
    """
    from autograder.course.course_yml import find_course, load_course
    from autograder.errors import UsageError

    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as missing:
        raise UsageError(f"{missing}; run `pip install 'diffusion-autograder[server]'`") from None
    if jobs is not None and cluster is not None:
        raise click.UsageError("--jobs and --cluster exclude each other; give one of them")
    if new_link and links is None:
        raise click.UsageError("--new-link needs --links, which writes the new ones")
    address = address_of(host, port, public_url)
    course = load_course(find_course(path), model=Path(model) if (model := os.environ.get("MODEL")) else None)
    url = database or os.environ.get("GRADE_DATABASE") or default_database(course)
    teaching = instructor or ("instructor",)
    if not course.roster and not _awaits_an_lms(url):
        raise UsageError(
            f"{course.root / 'roster.csv'}: there is no roster, so nobody could sign in; write one first, or register "
            "an LMS with `grade lti`, whose people can be put on it"
        )
    if odd := next((name for name in teaching if name.startswith("lti:")), None):
        raise click.UsageError(f"--instructor {odd}: names that begin with lti: are for those whom an LMS sends")
    if links is not None:
        return _write_links(course, url, links, new_link, teaching, address)
    return _serve(course, url, teaching, address, host, port, _pool(course, jobs, cluster), gradebook=not no_gradebook)


def _serve(
    course: Course,
    url: str,
    teaching: tuple[str, ...],
    address: str,
    host: str,
    port: int,
    pool: tuple[OpenExecutor, int],
    *,
    gradebook: bool,
) -> int:
    import logging

    from autograder.server.app import Settings
    from autograder.server.service import Plan, answer, service
    from autograder.server.sign_in import load_secret

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    for name in ("uvicorn", "uvicorn.error", "alembic", "httpx", "httpcore"):  # httpx logs whole addresses
        logging.getLogger(name).setLevel(logging.WARNING)
    _refuse_without_a_jail(course)
    executor, graders = pool
    settings = Settings(public_url=address, secret=load_secret(course.root), instructors=teaching)
    plan = Plan(settings=settings, database=url, graders=graders, gradebook=gradebook)
    if host not in _LOOPBACK and address.startswith("http://"):
        click.secho(
            "warning: pages and links travel in clear over http; put a proxy with https before the service and give "
            "its address with --public-url",
            fg="yellow",
            err=True,
        )
    with service(course, plan, executor, _clock) as (app, store, _):
        store.remember("public_url", address)
        waiting = len(store.waiting())
        more = f"; {waiting} hand-ins wait from before" if waiting else ""

        def ready() -> None:
            click.echo(f"{course.title} is at {address} until Ctrl-C{more}.", err=True)

        with suppress(KeyboardInterrupt):  # the usual end, from a terminal or from systemd
            answer(app, host, port, on_ready=ready)
    return 0


def _write_links(
    course: Course, url: str, file: Path, renewed: tuple[str, ...], teaching: tuple[str, ...], address: str
) -> int:
    from difflib import get_close_matches

    from autograder.errors import UsageError
    from autograder.server.sign_in import Links, link_of, link_table, load_secret, people, write_secretly
    from autograder.server.store import Store

    signer = Links(load_secret(course.root))
    everybody = people(course, teaching)
    store = Store(url)
    try:
        for who in renewed:
            found = [person for person in everybody.values() if person.who == who]
            if not found:
                near = get_close_matches(who, [person.who for person in everybody.values()], n=1)
                raise UsageError(
                    f"--new-link {who}: nobody is called so" + (f"; did you mean {near[0]}?" if near else "")
                )
            for person in found:
                store.renew(person.key)
        rows = [
            (person, link_of(address, signer.word(person, store.generation(person.key))))
            for person in everybody.values()
        ]
    finally:
        store.close()
    write_secretly(file, link_table(rows))
    click.echo(f"{len(rows)} links: {file}. Whoever has a link can sign in with it: send each to its owner alone.")
    return 0


def address_of(host: str, port: int, public_url: str | None) -> str:
    """Where people find the service. UsageError for one that cannot be."""
    from urllib.parse import urlsplit

    if public_url is None:
        if host not in _LOOPBACK:
            raise click.UsageError(
                f"--host {host} lets others in: say with --public-url at which address, such as https://grade.example.org"
            )
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    parts = urlsplit(public_url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/") or parts.query:
        raise click.UsageError(
            f"--public-url {public_url}: write it as https://grade.example.org, without a path; the service needs a "
            "name of its own"
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _pool(course: Course, jobs: int | None, cluster: str | None) -> tuple[OpenExecutor, int]:
    """What opens the graders, and how many hand-ins to have at work at a time."""
    from functools import partial

    from autograder.executors.local import local_pool
    from autograder.executors.machine import graders, this_machine

    count = jobs or graders(this_machine(), course.limits.memory_mib)
    if cluster is not None:
        from autograder.executors.cluster import cluster_pool

        local = cluster.removeprefix("local:")
        return partial(cluster_pool, cluster, course), int(local) if local.isdigit() else 16
    return partial(local_pool, count, course), count


def _awaits_an_lms(url: str) -> bool:
    """Whether people may come from an LMS."""
    from autograder.server.store import Store

    store = Store(url)
    try:
        return store.lti_book().awaits_one(_clock().timestamp())
    finally:
        store.close()


def _refuse_without_a_jail(course: Course) -> None:
    """Before a student hands in, not after."""
    from autograder.errors import JailError
    from autograder.sandbox.jail import ALWAYS, lesser_tier, probe

    report = probe()
    missing = [layer for layer in dict.fromkeys([*ALWAYS, *course.required_layers]) if layer not in report.layers]
    if missing:
        why = "; ".join(f"{layer}: {report.missing.get(layer, 'not there')}" for layer in missing)
        offer = lesser_tier(report, course.required_layers)
        raise JailError(f"no submission can be run on this machine: {why}. `grade doctor` says more. {offer}".strip())


def default_database(course: Course) -> str:
    """The database's URL where no other is named."""
    from autograder.server.sign_in import STATE
    from autograder.server.store import database_url

    return database_url(course.root / STATE)


def _clock() -> datetime:
    return datetime.now(UTC)
