"""A real Gecko, of the kind that Zotero is built on: Firefox, driven from outside in its own, privileged world.

Speaks just as much of Firefox's remote protocol (Marionette) as it takes to run a script there. No page of the web is
ever opened.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

HERE = Path(__file__).parent
NAMES = ("firefox-esr", "firefox")
# Seconds for the start, and for one script; many times what they take.
PATIENCE = 120
# Firefox must not ask anybody anything, nor show a page of its own, nor leave this computer: what is not on it would
# have to go through a proxy that nobody runs.
PREFERENCES: dict[str, Any] = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage": "about:blank",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "marionette.port": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.failover_direct": False,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.type": 1,
    "network.trr.mode": 5,
    "security.dialog_enable_delay": 0,
    "services.settings.server": "data:,",
    "toolkit.telemetry.server": "data:,",
    "intl.locale.requested": "en-US",
}


def firefox() -> str | None:
    """Return the program, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class ScriptError(Exception):
    """A script failed in there; the message is Gecko's, with its stack."""


class Gecko:
    """A Firefox without windows on any screen, with a profile of its own that goes with it."""

    def __init__(self) -> None:
        program = firefox()
        assert program is not None, "there is no Firefox"
        self._folder = tempfile.TemporaryDirectory(prefix="gecko-", ignore_cleanup_errors=True)
        self.profile = Path(self._folder.name)
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()
        ]
        (self.profile / "user.js").write_text("".join(lines), encoding="utf-8")
        self._log = (self.profile / "log").open("wb")
        self.process = subprocess.Popen(
            [
                program,
                "-marionette",
                "-remote-allow-system-access",
                "-no-remote",
                "-profile",
                str(self.profile),
                "--headless",
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"MOZ_CRASHREPORTER_DISABLE": "1", "HOME": str(self.profile)},
        )
        self._asked = 0
        try:
            self._socket = socket.create_connection(("127.0.0.1", self._port()), timeout=PATIENCE)
            self._stream = self._socket.makefile("rb")
            self._read()  # says who it is
            self.ask("WebDriver:NewSession", {"strictFileInteractability": False})
            self.ask("Marionette:SetContext", {"value": "chrome"})
            self.ask("WebDriver:SetTimeouts", {"script": PATIENCE * 1000})
        except BaseException:
            self.close()
            raise

    def _port(self) -> int:
        """Return the port that it chose, which it writes into its profile."""
        end = time.monotonic() + PATIENCE
        file = self.profile / "MarionetteActivePort"
        while not (file.exists() and file.read_text(encoding="ascii").strip()):
            assert self.process.poll() is None, "Firefox ended: " + self.said
            assert time.monotonic() < end, "Firefox never came: " + self.said
            time.sleep(0.05)
        return int(file.read_text(encoding="ascii"))

    @property
    def said(self) -> str:
        """All that it wrote to its terminal."""
        return (self.profile / "log").read_text(encoding="utf-8", errors="replace")

    def ask(self, command: str, parameters: dict[str, Any]) -> Any:
        """Send one command and return its answer.

        Raises:
            ScriptError: it failed.
        """
        self._asked += 1
        message = json.dumps([0, self._asked, command, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _, number, error, result = self._read()
        assert number == self._asked
        if error is not None:
            raise ScriptError(f"{error['message']}\n{error.get('stacktrace', '')}")
        return result

    def _read(self) -> Any:
        """Return one message: its length in bytes, a colon, JSON."""
        length = b""
        while not length.endswith(b":"):
            byte = self._stream.read(1)
            assert byte, "Firefox hung up: " + self.said
            length += byte
        return json.loads(self._stream.read(int(length[:-1])))

    def run(self, script: str, *words: Any) -> Any:
        """Run a script with Gecko's own rights, and return what it returns; it may await, and sees `words`.

        Raises:
            ScriptError: it threw.
        """
        # Marionette waits for a promise that is returned.
        text = f"const words = Array.from(arguments); return (async () => {{ {script} }})();"
        answer = self.ask(
            "WebDriver:ExecuteScript",
            {"script": text, "args": list(words), "newSandbox": False, "sandbox": "system"},
        )
        return answer["value"]

    def register(self, name: str, folder: str) -> None:
        """Serve a folder beside this file as `chrome://<name>/content/`."""
        self.run(
            """
            const startup = Cc["@mozilla.org/addons/addon-manager-startup;1"].getService(Ci.amIAddonManagerStartup);
            const [manifest, name, folder] = words;
            // It lasts for as long as somebody holds it.
            globalThis.registered = [
              ...(globalThis.registered ?? []),
              startup.registerChrome(Services.io.newURI(manifest), [["content", name, `${folder}/`]]),
            ];
            """,
            (HERE / "chrome.manifest").as_uri(),
            name,
            folder,
        )

    def close(self) -> None:
        """End it."""
        if hasattr(self, "_stream"):
            self._stream.close()
            self._socket.close()
        self.process.terminate()
        try:
            self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
