"""syncd as a service: what is put in place, what systemd thinks of it, and what the user is told."""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from desk import Done
from syncd.cli.service import check_system, own_command
from syncd.errors import ConfigError, ServiceError
from syncd.service import Launchd, Systemd, manager
from syncd.service.base import Start
from syncd.service.systemd import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SYNCD = f"#!{sys.executable}\nfrom syncd.cli.service import app\napp()\n"

# Stands in for systemctl and launchctl: writes down how it is called, remembers what runs, and fails when told to.
SUPERVISOR = """#!/bin/sh
echo "$*" >> "$FAKE/calls"
for word in "$@"; do
  if [ -e "$FAKE/fail-$word" ]; then cat "$FAKE/fail-$word" >&2; exit 1; fi
done
case "$*" in
  *is-active*) if [ -e "$FAKE/runs" ]; then echo active; else echo inactive; exit 3; fi ;;
  *is-enabled*) [ -e "$FAKE/runs" ] ;;
  *restart*|*bootstrap*) touch "$FAKE/runs" ;;
  *disable*|*bootout*) rm -f "$FAKE/runs" ;;
  *"print gui/"*/*) [ -e "$FAKE/runs" ] ;;
esac
"""

# Stands in for systemd-run: a service with a setting that this computer refuses does not start.
RUNNER = """#!/bin/sh
for word in "$@"; do
  if grep -qxF -- "$word" "$FAKE/refused" 2>/dev/null; then exit 226; fi
done
"""


@dataclass
class Computer:
    """A user's computer, with an installed syncd and a service manager that can be told to fail."""

    folder: Path

    @property
    def env(self) -> dict[str, str]:
        """The environment of a command."""
        return {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "FAKE": str(self.folder),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        }

    @property
    def syncd(self) -> Path:
        """The executable."""
        return self.folder / "my tools 100%" / "syncd"

    @property
    def units(self) -> Path:
        """Where units are put."""
        return self.folder / ".config" / "systemd" / "user"

    def calls(self) -> list[str]:
        """Return how the service manager was called, apart from questions."""
        text = (self.folder / "calls").read_text("utf-8") if (self.folder / "calls").exists() else ""
        asked = ("show", "is-active", "is-enabled", "print")
        return [line for line in text.splitlines() if not any(word in line.split() for word in asked)]

    def fail(self, word: str) -> None:
        """Let the service manager refuse calls with this word."""
        (self.folder / f"fail-{word}").write_text("no luck today\n", encoding="utf-8")

    def refuse(self, *words: str) -> None:
        """Let no service of a user's start with one of these words in its settings or its command."""
        (self.folder / "refused").write_text("\n".join(words), encoding="utf-8")

    def service(self, *words: str, **env: str) -> Done:
        """Run `syncd service` as a process."""
        done = subprocess.run(
            [self.syncd, *words],
            env=self.env | env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Give a folder on a disk: systemd starts nothing from below /dev, where other tests have theirs."""
    with TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:  # noqa: S108 - on a disk
        yield Path(folder).resolve()


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    """Give a computer on which syncd is no service yet."""
    made = Computer(tmp_path)
    (tmp_path / "bin").mkdir()
    made.syncd.parent.mkdir()
    programs = {made.syncd: SYNCD, tmp_path / "bin" / "systemd-run": RUNNER} | {
        tmp_path / "bin" / name: SUPERVISOR for name in ("systemctl", "launchctl")
    }
    for place, text in programs.items():
        place.write_text(text, encoding="utf-8")
        place.chmod(0o755)
    return made


def analyze(*words: str | Path, env: Mapping[str, str] | None = None) -> str:
    """Return what systemd-analyze says; it must be content."""
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("there is no systemd-analyze here (Debian: apt install systemd): systemd checks no unit")
    done = subprocess.run([found, *words], env=env, capture_output=True, text=True, check=False)
    # systemd before 254 doesn't know these two, and says so.
    complaints = [
        line for line in done.stderr.splitlines() if "RestartSteps" not in line and "RestartMax" not in line
    ]
    assert (done.returncode, complaints) == (0, []), done
    return done.stdout


def test_the_daemon_is_installed_and_started(computer: Computer) -> None:
    """Its unit is one that systemd takes, for an executable in an odd place."""
    done = computer.service("install")
    assert done.code == 0
    assert computer.calls() == [
        "--user daemon-reload",
        "--user enable syncd.service",
        "--user restart syncd.service",
    ]
    assert [path.name for path in computer.units.iterdir()] == ["syncd.service"]
    assert (computer.folder / ".local/share/syncd").is_dir()
    assert "journalctl --user -u syncd" in done.out
    assert "loginctl enable-linger" in done.out
    analyze(
        "--user",
        "verify",
        computer.units / "syncd.service",
        env=computer.env | {"XDG_RUNTIME_DIR": str(computer.folder)},
    )


def test_status_tells_how_it_stands(computer: Computer) -> None:
    """Exit code 0 means that it runs."""
    none = computer.service("status", "--json")
    assert (none.code, none.json) == (1, {"installed": False, "active": False})
    computer.service("install")
    there = computer.service("status", "--json")
    assert there.code == 0
    assert there.json == {
        "installed": True,
        "active": True,
        "enabled": True,
        "state": "active",
        "form": "user",
        "kind": "daemon",
        "command": [str(computer.syncd), "run"],
        "this_executable": True,
        "left_out": [],
        "files": [str(computer.units / "syncd.service")],
    }
    (computer.folder / "runs").unlink()
    stopped = computer.service("status")
    assert stopped.code == 1
    assert "inactive, not enabled" in stopped.out


def test_status_tells_of_another_executable(computer: Computer) -> None:
    """After syncd was installed anew elsewhere, the service still starts the old one."""
    computer.service("install")
    unit = computer.units / "syncd.service"
    unit.write_text(unit.read_text("utf-8").replace("my tools", "old tools"), encoding="utf-8")
    assert not computer.service("status", "--json").json["this_executable"]
    assert "not the syncd that answers here" in computer.service("status").out


def test_a_users_service_goes_without_what_the_computer_refuses(computer: Computer) -> None:
    """With such a setting it could not start. All others stay, and it says which ones it lacks."""
    computer.refuse("PrivateDevices=yes", "CapabilityBoundingSet=")
    done = computer.service("install")
    assert "it goes without PrivateDevices, CapabilityBoundingSet." in done.out
    lines = (computer.units / "syncd.service").read_text("utf-8").splitlines()
    assert {"PrivateUsers=yes", "ProtectSystem=strict", "ProtectHome=read-only"} <= set(lines)
    assert not {"PrivateDevices=yes", "CapabilityBoundingSet="} & set(lines)
    left = computer.service("status", "--json").json["left_out"]
    assert left == ["PrivateDevices=yes", "CapabilityBoundingSet="]


def test_a_users_service_starts_where_it_can_not_be_shut_in_at_all(computer: Computer) -> None:
    """What needs no namespace still limits it."""
    computer.refuse("true")
    assert computer.service("install").code == 0
    text = (computer.units / "syncd.service").read_text("utf-8")
    assert not any(line.startswith(("Private", "Protect", "ReadWrite")) for line in text.splitlines())
    assert "\nNoNewPrivileges=yes\n" in text
    assert "\nSystemCallFilter=@system-service\n" in text


@pytest.mark.parametrize(("first", "then"), [((), ("--timer",)), (("--timer",), ())])
def test_daemon_and_timer_are_never_both_there(
    computer: Computer, first: tuple[str, ...], then: tuple[str, ...]
) -> None:
    """Installing one stops and removes the other."""
    computer.service("install", *first)
    before = [path.name for path in computer.units.iterdir()]
    (computer.folder / "calls").unlink()
    assert computer.service("install", *then).code == 0
    assert not set(before) & {path.name for path in computer.units.iterdir()}
    assert computer.calls()[0] == "--user disable --now " + " ".join(sorted(before, reverse=True))
    kind = computer.service("status", "--json").json["kind"]
    assert kind == ("timer" if then else "daemon")


def test_a_service_sees_the_same_files_as_commands(computer: Computer) -> None:
    """Data folder and configuration are those of the command that installs it."""
    (computer.folder / "c.toml").write_text("", encoding="utf-8")
    computer.service("install", SYNCD_CONFIG="c.toml", SYNCD_DATA_DIR="my data")
    text = (computer.units / "syncd.service").read_text("utf-8")
    assert f'Environment="SYNCD_DATA_DIR={computer.folder}/my data"' in text
    assert f'ReadWritePaths="-{computer.folder}/my data"' in text
    assert f"--config {computer.folder}/c.toml\n" in text
    other = {"XDG_CONFIG_HOME": str(computer.folder / "xdg"), "XDG_DATA_HOME": str(computer.folder / "share")}
    computer.service("install", **other)
    text = (computer.folder / "xdg/systemd/user/syncd.service").read_text("utf-8")
    assert f"XDG_CONFIG_HOME={computer.folder}/xdg" in text
    assert f"SYNCD_DATA_DIR={computer.folder}/share/syncd" in text
    assert "--config" not in text


def test_nothing_is_installed_with_a_wrong_configuration(computer: Computer) -> None:
    """Exit code 2, as for every other command."""
    (computer.folder / "c.toml").write_text("[profile]\n", encoding="utf-8")
    assert computer.service("install", "--config", "c.toml").code == 2
    assert not computer.units.exists()
    assert not computer.calls()


def test_a_key_in_the_environment_is_told_of(computer: Computer) -> None:
    """The shell has the variable, a service has not."""
    text = '[libraries.main]\ntype = "user"\nid = 1\nkey = { env = "MY_KEY" }\n'
    (computer.folder / "c.toml").write_text(text, encoding="utf-8")
    assert "$MY_KEY" in computer.service("install", "--config", "c.toml").err


@pytest.mark.parametrize("present", [False, True])
def test_without_systemd_nothing_is_installed(computer: Computer, *, present: bool) -> None:
    """Whether there is no systemctl or none that answers."""
    if present:
        computer.fail("show")
        done = computer.service("install")
        assert "no luck today" in done.err
    else:
        (computer.folder / "bin" / "systemctl").unlink()
        done = computer.service("install", PATH=str(computer.folder / "bin"))
        assert "no systemctl here" in done.err
        assert "docs/running.md" in done.err
    assert done.code == 1
    assert not computer.units.exists()


def test_a_start_that_fails_is_told_with_what_is_in_place(computer: Computer) -> None:
    """What systemd said is passed on."""
    computer.fail("restart")
    done = computer.service("install")
    assert done.code == 1
    assert "no luck today" in done.err
    assert str(computer.units) in done.err
    assert computer.service("status").code == 1
    assert computer.service("uninstall").code == 0


def test_uninstalling_keeps_configuration_and_data(computer: Computer) -> None:
    """And doing it twice is no error."""
    (computer.folder / ".config/syncd").mkdir(parents=True)
    (computer.folder / ".config/syncd/config.toml").write_text("", encoding="utf-8")
    computer.service("install", "--timer")
    done = computer.service("uninstall")
    assert (done.code, list(computer.units.iterdir())) == (0, [])
    assert "kept" in done.out
    assert (computer.folder / ".local/share/syncd").is_dir()
    assert (computer.folder / ".config/syncd/config.toml").exists()
    again = computer.service("uninstall")
    assert again.code == 0
    assert "No user service" in again.out


def test_a_service_that_can_not_be_stopped_keeps_its_units(computer: Computer) -> None:
    """Removed units would leave a daemon that nobody can stop by name."""
    computer.service("install")
    computer.fail("disable")
    done = computer.service("uninstall")
    assert done.code == 1
    assert (computer.units / "syncd.service").exists()


def test_the_systems_service_is_put_where_the_system_looks(computer: Computer) -> None:
    """Without --user, and with the usual configuration."""
    folder = computer.folder / "etc"
    supervisor = Systemd("system", computer.env, folder)
    start = Start(
        (str(computer.syncd),), timer=True, config=Path("/etc/syncd/config.toml"), data=None, env={}
    )
    standing = supervisor.install(start)
    assert standing.active
    assert standing.command[0] == str(computer.syncd)
    assert computer.calls()[1:] == ["enable syncd-push.timer", "restart syncd-push.timer"]
    assert {path.name for path in supervisor.uninstall()} == {"syncd-push.service", "syncd-push.timer"}


@pytest.mark.parametrize("folder", ["home/ann", "run/user/1000", "tmp"])
def test_a_system_service_is_not_made_of_what_it_can_not_see(folder: str) -> None:
    """Home folders and temporary ones are hidden from it."""
    place = Path("/", folder, "venv/bin/syncd")
    with pytest.raises(ConfigError, match="does not see"):
        check_system((str(place),), {place}, is_root=True)
    check_system(("/opt/syncd/bin/syncd",), {Path("/opt/syncd/bin/syncd")}, is_root=True)


def test_only_root_installs_a_system_service() -> None:
    """The error has the command to type."""
    with pytest.raises(ServiceError) as caught:
        check_system(("/opt/my syncd",), {Path("/opt/my syncd")}, is_root=False)
    assert "sudo '/opt/my syncd' service install --system" in caught.value.hint


def test_a_module_is_started_as_a_module(tmp_path: Path) -> None:
    """Where no script was started, Python is."""
    module = tmp_path / "__main__.py"
    module.write_text(SYNCD, encoding="utf-8")
    module.chmod(0o755)
    assert own_command(str(module), "/bin/python3") == ("/bin/python3", "-m", "syncd")
    assert own_command(str(tmp_path / "none"), "/bin/python3") == ("/bin/python3", "-m", "syncd")


@pytest.mark.parametrize("name", sorted(shipped()))
def test_systemd_takes_the_units_that_come_along(name: str, tmp_path: Path) -> None:
    """All of them, once the executable is there."""
    form = "user/" if name.startswith("user/") else ""
    for other, text in shipped().items():
        if other.rpartition("/")[0] == form.rstrip("/"):
            (tmp_path / other.removeprefix(form)).write_text(
                text.replace("/usr/local/bin/syncd", sys.executable), encoding="utf-8"
            )
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    analyze("--user" if form else "--system", "verify", tmp_path / name.removeprefix(form), env=env)


@pytest.mark.parametrize("name", [name for name in shipped() if name.endswith(".service")])
def test_a_service_is_hardly_exposed(name: str, tmp_path: Path) -> None:
    """At most 2.0 of 10, by systemd's own measure."""
    place = tmp_path / name.rpartition("/")[2]
    place.write_text(shipped()[name], encoding="utf-8")
    said = analyze("security", "--offline=true", "--threshold=20", "--no-pager", place)
    assert "Overall exposure level" in said


def test_launchd_starts_an_agent(computer: Computer) -> None:
    """On macOS, with the same commands."""
    supervisor = manager("user", computer.env, platform="darwin")
    assert isinstance(supervisor, Launchd)
    supervisor.require()
    for timer in (False, True):
        standing = supervisor.install(Start(("/opt/syncd",), timer=timer, config=None, data=None, env={}))
        assert standing.active
        (place,) = standing.files
        assert plistlib.loads(place.read_bytes())["ProgramArguments"] == list(standing.command)
        assert list(place.parent.iterdir()) == [place]
        assert computer.calls()[-1] == f"bootstrap gui/{os.getuid()} {place}"
    assert supervisor.uninstall() == (place,)
    assert computer.calls()[-1] == f"bootout gui/{os.getuid()}/org.syncd.push"
    assert supervisor.standing() is None


def test_launchd_has_no_service_for_the_whole_computer(computer: Computer) -> None:
    """Syncd is an agent of a user there."""
    with pytest.raises(ServiceError, match="one user"):
        manager("system", computer.env, platform="darwin")


def test_an_agent_that_launchd_refuses_is_told_of(computer: Computer) -> None:
    """With what is in place."""
    computer.fail("bootstrap")
    with pytest.raises(ServiceError, match="no luck today") as caught:
        Launchd(computer.env).install(Start(("/opt/syncd",), timer=False, config=None, data=None, env={}))
    assert "org.syncd.syncd.plist" in caught.value.hint
