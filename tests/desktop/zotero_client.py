"""A real Zotero for the tests: a profile and a library of its own, on a display that nobody sees, driven over loopback.

Takes one that is already on the computer: a folder with `zotero-bin` and `app/application.ini`. Nothing outside of this
computer can be reached from it.
"""

from __future__ import annotations

import io
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import time
import urllib.request
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

HERE = Path(__file__).parent
# Seconds for a start, an end and one script; many times what they take.
PATIENCE = 180
# Zotero must not ask anybody anything, nor leave this computer: what is not on it would have to go through a proxy that
# nobody runs.
PREFERENCES: dict[str, Any] = {
    "app.update.enabled": False,
    "extensions.autoDisableScopes": 0,
    "extensions.enabledScopes": 15,
    "extensions.startupScanScopes": 15,
    "extensions.update.enabled": False,
    "extensions.zotero.automaticScraperUpdates": False,
    "extensions.zotero.firstRun2": False,
    "extensions.zotero.firstRunGuidance": False,
    "extensions.zotero.streaming.enabled": False,
    "extensions.zotero.sync.autoSync": False,
    "extensions.zotero.sync.reminder.autoSync.enabled": False,
    "extensions.zotero.sync.reminder.setUp.enabled": False,
    "extensions.zotero.useDataDir": True,
    "intl.locale.requested": "en-US",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.failover_direct": False,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.type": 1,
    # A client that was built from its source lets no plugin in without this.
    "security.allow_unsafe_subscript_loads": True,
    "security.dialog_enable_delay": 0,
    "xpinstall.signatures.required": False,
}
# What Zotero logs without any plugin, where it can't leave the computer, where another one has the port of the word
# processors, or where its build lacks that part; and what it says of every column of any plugin, and when any plugin
# with strings comes or goes.
KNOWN = re.compile(
    r"The '(defaultIn|disableIn)' property is deprecated"
    r"|uncaught exception: (undefined|Object) @ :0"
    r"|zoteroLibreOfficeIntegration"
    r"|proxied requests may not work"
    r"|Error connecting to server"
    r"|/retractions/list failed"
    r"|uncaught exception: Object @ chrome://zotero/content/xpcom/file\.js"
    r"|PlacesDBUtils"
    r"|this\.itemsView\.collectionTreeRows is undefined @ chrome://zotero/content/zoteroPane\.js"
)
# What a start is over with, by what it is. Each is waited for in vain where something before it failed.
PENDING = """
    const steps = { "its window": Zotero.uiReadyPromise, "its schema": Zotero.Schema.schemaUpdatePromise };
    const late = new Promise((resolve) => setTimeout(resolve, 200, steps));
    const states = await Promise.all(Object.values(steps).map((step) => Promise.race([step, late])));
    return Object.keys(steps).filter((_, place) => states[place] === steps);
"""


class ScriptError(Exception):
    """A script failed in there; the message is Gecko's, with its stack."""


class Display:
    """A display that nobody sees."""

    def __init__(self) -> None:
        program = shutil.which("Xvfb")
        assert program is not None, "there is no Xvfb"
        told, tell = os.pipe()
        self._process = subprocess.Popen(
            [program, "-displayfd", str(tell), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"],
            pass_fds=(tell,),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(tell)
        with os.fdopen(told, encoding="ascii") as number:
            self.name = f":{number.readline().strip()}"

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(timeout=PATIENCE)


class Zotero:
    """A Zotero with a profile of its own, which outlives its ends.

    Args:
        program: the folder that it is in.
        folder: for its profile and its library.

    Attributes:
        url: where it answers.
    """

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._token = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        self._display = Display()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        for name in ("profile/extensions", "data", "home", "temporary"):
            (folder / name).mkdir(parents=True)
        own = {
            "extensions.hand.token": self._token,
            "extensions.zotero.dataDir": str(folder / "data"),
            "extensions.zotero.httpServer.port": port,
        }
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in (PREFERENCES | own).items()
        ]
        (folder / "profile" / "user.js").write_text("".join(lines), encoding="utf-8")
        files = {path.name: path.read_bytes() for path in (HERE / "driver").iterdir()}
        (folder / "profile" / "extensions" / "hand@tests.xpi").write_bytes(zipped(files))

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._program / "zotero-bin",
                    "-app",
                    self._program / "app" / "application.ini",
                    "-profile",
                    self._folder / "profile",
                    "-no-remote",
                    # Translators and styles take a while to be unpacked, and a client of one's own build has none, at
                    # which its start never ends.
                    "-ZoteroSkipBundledFiles",
                ],
                cwd=self._program,
                stdout=log,
                stderr=log,
                env={
                    "PATH": os.environ["PATH"],
                    "DISPLAY": self._display.name,
                    "HOME": str(self._folder / "home"),
                    # A Zotero that ends removes the folder "zotero" in here, also that of another one.
                    "TMPDIR": str(self._folder / "temporary"),
                    "LANG": "C.UTF-8",
                    "TZ": "UTC",
                    "GDK_BACKEND": "x11",
                    "MOZ_CRASHREPORTER_DISABLE": "1",
                    "MOZ_DISABLE_CONTENT_SANDBOX": "1",
                    "NO_AT_BRIDGE": "1",
                },
            )
        end = time.monotonic() + PATIENCE
        while waits := self._waits():
            assert self._process.poll() is None, f"Zotero ended: {self.said}"
            assert time.monotonic() < end, f"Zotero still waits for {waits}: {self.said}"
            time.sleep(0.2)

    @property
    def said(self) -> str:
        """What it wrote to its terminal last."""
        return (self._folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:]

    def stop(self) -> None:
        """End it as its user does."""
        assert self._process is not None
        self.run("setTimeout(() => Services.startup.quit(Services.startup.eForceQuit), 100);")
        self._process.wait(timeout=PATIENCE)

    def restart(self) -> None:
        """End it, and start it again."""
        self.stop()
        self.start()

    def run(self, script: str, *words: Any) -> Any:
        """Run a script with Zotero's own rights, and return what it returns; it may await, and sees `words`.

        Raises:
            ScriptError: it threw.
        """
        body = json.dumps({"script": script, "words": words}).encode()
        request = urllib.request.Request(f"{self.url}/hand/run", body)  # noqa: S310 - loopback
        request.add_header("Content-Type", "application/json")
        request.add_header("X-Token", self._token)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
            told = json.load(answer)
        if "error" in told:
            raise ScriptError(told["error"])
        return told["value"]

    def install(self, plugin: bytes) -> None:
        """Install a plugin from a file, as its user does, over an older one too."""
        file = self._folder / "plugin.xpi"
        file.write_bytes(plugin)
        self.run(
            """
            const file = Components.classes["@mozilla.org/file/local;1"].createInstance(Components.interfaces.nsIFile);
            file.initWithPath(words[0]);
            const install = await AddonManager.getInstallForFile(file);
            await install.install();
            await until(() => Zotero.Syncd && Zotero.Server.Endpoints["/syncd/v1/ping"]);
            // An older one ends at the same time.
            await new Promise((resolve) => setTimeout(resolve, 1000));
            """,
            str(file),
        )

    def complaints(self) -> list[str]:
        """Return the errors in Zotero's console that it would not have by itself."""
        found = self.run("""
            return Services.console.getMessageArray()
              .filter((each) => each instanceof Components.interfaces.nsIScriptError && !(each.flags & 1))
              .map((each) => `${each.errorMessage} @ ${each.sourceName}:${each.lineNumber}`);
        """)
        return [each for each in found if not KNOWN.search(each)]

    def close(self) -> None:
        """End it, however it is, and its display."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._display.close()

    def _waits(self) -> str:
        """Return what it waits for before its user could work with it, if anything."""
        try:
            pending = self.run(PENDING)
            return f"{', '.join(pending)} (it logged {self.complaints()})" if pending else ""
        except (OSError, ValueError) as error:
            return f"its own server ({error})"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def zipped(files: dict[str, bytes]) -> bytes:
    """Return files as one that Zotero installs."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
