"""Every sentence that syncd says of what happened: its code, its parameters, and its words.

Code that finds something out says `message("no-such-file", path=path)`. The words stand here and nowhere else. A
`Message` is a `str`: the words in English. The daemon sends code and parameters along with them, so that Zotero can say
the same in its own language. Labels, headings and tables belong to whoever shows them, and are not here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

Value = str | int
"""What a parameter may be. Words that depend on a number have it as `count`."""


class Message(str):
    """A sentence.

    Attributes:
        code: a key of `WORDS`.
        params: what it tells, by name.
    """

    __slots__ = ("code", "params")
    code: str
    params: Mapping[str, Value]

    def __new__(cls, code: str, params: Mapping[str, Value]) -> Self:
        """Say it in English."""
        one = f"{code}/one"
        words = WORDS[one] if params.get("count") == 1 and one in WORDS else WORDS[code]
        made = super().__new__(cls, words.format(**params))
        made.code, made.params = code, params
        return made

    def __getnewargs__(self) -> tuple[str, Mapping[str, Value]]:  # type: ignore[override]
        """Let copies be made of the code, not of the words."""
        return self.code, self.params


def message(code: str, /, **params: object) -> Message:
    """Return a sentence.

    >>> message("no-such-file", path="page.txt")
    'page.txt: there is no such file or folder'
    """
    return Message(code, {name: _value(each) for name, each in params.items()})


def told(words: str) -> dict[str, Any]:
    """Return a sentence as the daemon sends it: code, parameters, words. What somebody else said has no code."""
    if isinstance(words, Message):
        params = {
            name: told(each) if isinstance(each, Message) else each for name, each in words.params.items()
        }
        return {"code": words.code, "params": params, "words": str(words)}
    return {"code": None, "params": {}, "words": words}


def with_said(value: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return an answer of the daemon's with more of its sentences: beside "reason" stands "reason_said".

    That is what `told` tells of the sentence; a list of such for a list of sentences, None for none.

    >>> with_said({"hint": "Wait."}, "hint")
    {'hint': 'Wait.', 'hint_said': {'code': None, 'params': {}, 'words': 'Wait.'}}
    """
    return value | {f"{name}_said": _said(value[name]) for name in names}


def _said(value: Any) -> Any:
    if value is None:
        return None
    return told(value) if isinstance(value, str) else [told(one) for one in value]


def untold(value: Any) -> str:
    """Return the sentence of which `told` told; its words, where this syncd does not know its code any more."""
    code, params, words = value["code"], value["params"], value["words"]
    try:
        return message(code, **{name: _untold(each) for name, each in params.items()})
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        return str(words)


def _untold(value: Any) -> Value:
    return untold(value) if isinstance(value, dict) else value


def kept(words: str) -> str:
    """Return a sentence as a text that keeps its code: JSON where it has one, else the words.

    >>> kept("Not Found")
    'Not Found'
    >>> kept(message("no-run-named"))
    '{"code": "no-run-named", "params": {}, "words": "no run is named"}'
    """
    # Words of somebody else's that look like what is kept stay theirs.
    if isinstance(words, Message) or _parsed(words) is not None:
        return json.dumps(told(words), ensure_ascii=False)
    return str(words)


def recalled(text: str) -> str:
    """Return the sentence that `kept` made a text of; any other text is words without a code.

    >>> recalled('{"code": "no-run-named", "params": {}, "words": "no run is named"}').code
    'no-run-named'
    """
    value = _parsed(text)
    return text if value is None else untold(value)


def _parsed(text: str) -> dict[str, Any] | None:
    """Return what `kept` made a text of; None where it made nothing of it."""
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and value.keys() == {"code", "params", "words"} else None


def listed(sentences: Sequence[str]) -> str:
    """Return sentences as one, with commas; it keeps the code of each. There is at least one.

    >>> listed(["a", "b", "c"])
    'a, b, c'
    """
    *before, said = sentences
    for one in reversed(before):
        said = message("list", first=one, rest=said)
    return said


def _value(given: object) -> Value:
    return given if isinstance(given, (int, str)) else str(given)


WORDS: Mapping[str, str] = {
    "no-such-file": "{path}: there is no such file or folder",
    "at-place": "{where}: {message}",
    "at-place-expected": "{where}: {message}; expected {expected}",
    "fault": "a fault in syncd",
    "fault-because": "a fault in syncd: {error}",
    # cli
    "check-network": "Check the network. What is in the library stays as it is.",
    "computer-reaches-no-server": "this computer reaches no server: {parts}",
    "daemon-goes": "The daemon goes on with what it had.",
    "endpoint": "--endpoint {error}",
    "follow-each-page-write-folder": "Follow each page, or write the folder into the configuration by hand.",
    "holds-no-key-let-others": "It holds no key, so let others read it: chmod o+{which} {first}",
    "item-goes-same-names-item": "--item goes with --same: it names the item that the paper is",
    "keep-syncd-configuration-elsewhere-such": "Keep syncd and its configuration elsewhere, such as in /opt/syncd and /etc/syncd.",
    "key-env-needs-users-number": "--key-env needs the user's number: --id N",
    "leave-out-key": "Leave out --key.",
    "library-goes-new-collection-profile": "--library goes with --new-collection: a profile names its own library",
    "missing-nobody-ask": "{flag} is missing, and there is nobody to ask",
    "name-another-file-o": "Name another file with -o.",
    "name-library-library-mend-errors": "Name the library with --library, or mend the errors above first.",
    "name-more-one-you-mean": "Name more of the one you mean.",
    "name-nobody-here-choose-author": "{name} is a name, and nobody is here to choose from {found} author{value}",
    "name-one-last-column-does": "Name one as the last column does: syncd follow {source}",
    "name-one-paper-one-same": "name one paper, and one of --same, --different, --later",
    "name-one-syncd-log-shows": "Name one that syncd log shows, or say --last.",
    "name-run-say-last-not": "name a run, or say --last, not both",
    "named-twice": "{name} is named twice",
    "new-collection-one-profile-name": "--new-collection is for one profile: name it",
    "no-author-called-found-no": "no author called {name} was found, and there is no such file",
    "no-daemon-runs-nothing-reload": "no daemon runs, so there is nothing to reload",
    "no-meaning-library": "{useless} has no meaning for the library {kind}",
    "no-plan-saved-plan-file": "no plan was saved: a plan file holds the plan for one library",
    "no-profile-followed-yet": "no profile is followed yet",
    "no-run-left-undo": "no run is left to undo",
    "no-run-named": "no run is named",
    "no-run-yet": "there is no run yet",
    "nobody-ask-no-answer-given": "there is nobody to ask, and no answer is given for {missing}",
    "not-utf-8-text": "it is not UTF-8 text",
    "nothing-known-item": "nothing is known of an item {item}",
    "only-root-may-service-whole": "only root may {what} a service of the whole computer",
    "paste-address-authors-page-instead": "Paste the address of the author's page instead.",
    "plan-cant-read": "the plan {path} can't be read: {reason}",
    "plan-cant-saved": "the plan can't be saved in {output}: {strerror}",
    "plan-leave-out-sources-library": "With --plan, leave out sources, --library, --dry-run, --max-create, --accept-shrunk and --accept-empty.",
    "plan-not-saved-already-no": "the plan was not saved: {output} is there already, and is no plan of syncd's",
    "profile-rests-because": "profile {name} rests because {paused}",
    "recorded-kept": "What it recorded is kept. Free some space, and run it again.",
    "run-did-nothing-not-known": "the run {words} did nothing, or is not known any more",
    "saved-plan-says-itself-pushed": "a saved plan says itself what is pushed, and where to",
    "see-each-run-did-undone": "To see what each run did, and what was undone: syncd log",
    "see-those-known-syncd-log": "See those that are known with: syncd log. They are kept for {keep} (history.keep).",
    "service-runs-user-own-may": "the service runs as a user of its own, who may not read {first}",
    "service-whole-computer-does-not": "a service of the whole computer does not see {place}, for {place2} is hidden from it",
    "set-syncd-up-syncd-init": "Set syncd up with: syncd init",
    "several-pages-perhaps-several-authors": "{source} is several pages, of perhaps several authors",
    "several-runs-meant": "several runs are meant by {words}: {first}",
    "start-syncd-run": "Start it with: syncd run",
    "such-syncd-init-library-embedded": "Such as: syncd init --library embedded --profile PAGE.txt",
    "syncd-cant-write": "syncd can't write{where}: {strerror}",
    "take-collection-out-zoteros-trash": "Take the collection out of Zotero's trash, and it goes on by itself; or start a fresh one with syncd resume {name} --new-collection",
    "try-sudo-service-system": "Try: sudo {command} service {what} --system",
    "words": "{flag} {chosen} {error}",
    "zotero-computer-asks-you-itself": "Zotero on this computer asks you itself, and there is no key to paste",
    # config
    "choose-another-name": "Choose another --name.",
    "command-cant-run": "the command {name} can't be run: {strerror}",
    "command-cant-run-word-holds": "the command {name} can't be run: a word of it holds a NUL character",
    "command-failed-exit-code": "the command {name} failed with exit code {returncode}",
    "command-gave-no-key-within": "the command {name} gave no key within {COMMAND_SECONDS} seconds",
    "configuration-already": "{place}: there is a configuration already",
    "configuration-cant-read": "{place}: the configuration can't be read: {reason}",
    "configuration-cant-written": "{place}: the configuration can't be written: {strerror}",
    "configuration-file-cant-read": "{label}: the configuration file can't be read: {reason}",
    "configuration-left": "The configuration was left as it was.",
    "credential-cant-read": "the credential {name} can't be read: {strerror}",
    "credential-cant-read-credentials-directory": "the credential {name} can't be read: CREDENTIALS_DIRECTORY is not set",
    "do-hand": "Do it by hand: {words}",
    "environment-variable": "the environment variable {name} is {which}",
    "file-not-utf-8": "{label}:{line}: the file is not UTF-8",
    "folder-not-configuration-file": "{label}: this is a folder, not a configuration file",
    "install-beside-syncd-pip-install": "Install it beside syncd with: pip install keyring",
    "key-empty": "the key is empty ({origin})",
    "key-file-can-read-written": "the key file {path} can be read or written by others, so it is not used",
    "key-file-cant-read": "the key file {path} can't be read: {reason}",
    "key-file-cant-removed": "the key file {file} can't be removed: {strerror}",
    "key-file-cant-written": "the key file {path} can't be written: {strerror}",
    "key-file-no-regular-file": "the key file {path} is no regular file",
    "key-library-comes-syncd-cant": "the key of library {library} comes from the {ref}, where syncd can't take it away",
    "laid-out-syncd-cant-change": "{place} is laid out so that syncd can't change it safely",
    "make-one-syncd-init-config": "Make one with: syncd init --config {label}",
    "make-yours-alone-chmod-600": "Make it yours alone with: chmod 600 {quote}",
    "no-key-file": "there is no key file {path}",
    "no-library": 'there is no library "{name}"{known}',
    "no-profile": 'there is no profile "{name}"{meant}',
    "no-profile-followed": "{place}: no profile {words} is followed; {known}",
    "no-such-configuration-file": "{label}: there is no such configuration file",
    "not-utf-8": "it is not UTF-8",
    "not-valid-toml": "{label}:{line}: this is not valid TOML: {what}",
    "nothing-changed": "Nothing was changed. Another file can be named with --config.",
    "nothing-stored": "Nothing was stored. Another configuration, beside which keys are kept, can be named with --config.",
    "nothing-written": "Nothing was written. Sign in with: {login}",
    "profile-already": "{place}: there is a profile {name} already",
    "profiles-should-tables-such-profiles": "{place}: profiles should be tables, such as [profiles.somebody]",
    "put-one-keyring-set-syncd": "Put one in with: keyring set syncd NAME",
    "run-command-hand-see-says": "Run the command by hand to see what it says.",
    "save-utf-8-your-editor": "Save it as UTF-8 in your editor.",
    "set-export": "Set it with: export {name}=…",
    "several-libraries-none-called": "there are several libraries and none is called {MAIN}: {libraries}",
    "should-key-alone-one-line": "It should be the key alone, on one line.",
    "should-key-no-single-word": "what should be a key is no single word of plain letters ({origin})",
    "sign-syncd-login": "Sign in with: syncd login {user}",
    "source-followed-already": "{place}: this source is followed already, as {known}",
    "syncd-no-key-library-yet": "syncd has no key for library {name} yet",
    "systemd-sets-service-loadcredential-file": "systemd sets it for a service that has LoadCredential={name}:FILE.",
    "systems-keyring-cant-used": "the system's keyring can't be used ({name})",
    "systems-keyring-cant-used-python": "the system's keyring can't be used: the Python package keyring is not installed",
    "systems-keyring-does-not-keep": "the system's keyring does not keep what it is given",
    "systems-keyring-gave-no-answer": "the system's keyring gave no answer ({name})",
    "systems-keyring-no-key-syncd": 'the system\'s keyring has no key of syncd for "{user}"',
    "take-away": "Take it away there.",
    # daemon
    "address-syncd-never-reads": "it is an address that syncd never reads",
    "another-place-syncds-data-can": "Another place for syncd's data can be named in SYNCD_DATA_DIR.",
    "apprise-failed": "{name}: apprise failed ({name2})",
    "apprise-knows-no-such-address": "{name}: apprise knows no such address",
    "body-not-json": "the body is not JSON",
    "body-should-application-json": "the body should be application/json",
    "body-should-json-object": "the body should be a JSON object",
    "cant-run-2": "{name}: {words} can't be run: {strerror}",
    "choose-another-port-stop-program": "Choose another port, or stop the program that uses this one.",
    "computers-time-zone-cant-made": "the computer's time zone can't be made out: {error}",
    "control-port-cant-listen-port": "control.port: can't listen on {HOST}, port {port}: {strerror}",
    "control-socket-cant-made": "the control socket {path} can't be made: {strerror}",
    "daemon-another-version-command-answer": "the daemon is of another version than this command, and its answer can't be read",
    "daemon-asked-end-before-all": "the daemon was asked to end before all was done",
    "daemon-cant-reached": "the daemon can't be reached: {strerror}",
    "daemon-does-not-know-how": "the daemon does not know how to {do}",
    "daemon-follows-no-profile": "the daemon follows no profile {unknown}",
    "daemon-gave-no-answer-may": "the daemon gave no answer; it may have ended just now",
    "daemon-runs-already": "a daemon runs already: {holder}",
    "daemons-log-says-more": "The daemon's log says more.",
    "did-not-end-within-seconds": "{name} did not end within {seconds} seconds",
    "dry-run-should-true-false": "dry_run should be true or false",
    "failed-exit-code": "{name} failed with exit code {value}",
    "figures-cant-written": "the figures can't be written to {path}: {strerror}",
    "http": "HTTP {status}",
    "if-added-just-now-tell": "If it was added just now, tell the daemon: syncd reload",
    "install-pip-install-syncd-notify": 'Install it with: pip install "syncd[notify]"',
    "library-failed-just-now-another": "the library failed just now for another profile",
    "library-not-named": "the library is not named",
    "look-metrics-textfile-folder-must": "Look at metrics.textfile: its folder must exist, and syncd must be allowed to write there.",
    "look-syncd-status": "Look at it with: syncd status",
    "look-whether-address-still-right": "Look whether the address is still right and the service can be reached.",
    "metrics-port-cant-listen-port": "metrics.port: can't listen on {HOST}, port {port}: {strerror}",
    "more-keys": "more than {MOST_KEYS} keys",
    "name-configuration-daemon-timezone-europe": 'Name it in the configuration: daemon.timezone = "Europe/Berlin"',
    "names-should-list-texts": "names should be a list of texts",
    "no-name-given": "no name is given",
    "no-paper-waits-review": "no paper {paper} waits for a review",
    "no-run-known": "no run {run} is known",
    "no-run-left-undone": "no run is left to be undone",
    "notify-urls-python-package-apprise": "notify.urls: the Python package apprise is not installed",
    "parsing-took-longer-seconds-stopped": "parsing took longer than {seconds} seconds and was stopped; the papers of before stay",
    "process-parses-cant-started": "the process that parses can't be started: {strerror}",
    "process-parses-ended-over": "the process that parses ended over it ({value})",
    "profile-taken-out-configuration": "profile {name} was taken out of the configuration",
    "redirected-another-scheme": "redirected to another scheme",
    "redirected-something-no-address": "redirected to something that is no address",
    "restart-after-upgrade": "Restart it after an upgrade.",
    "run-hand-see-says": "Run it by hand to see what it says.",
    "run-should-text-null": "run should be a text, or null",
    "see-does-syncd-status": "See what it does with: syncd status",
    "service-did-not-take": "{name}: the service did not take it",
    "should-text": "{name} should be a text",
    "source-no-address-no-author": "the source is no address and no author at a service",
    "syncd-follows-no-profile": "syncd follows no profile {unknown}",
    "syncd-keeps-no-library": "syncd keeps no library {name}",
    "time-zone-tz-not-known": "the time zone {rule} of $TZ is not known",
    "too-many-programs-listen": "too many programs listen",
    "too-many-redirects": "too many redirects",
    "user-should-number-user": "user should be the number of a user",
    "verdict-same-different-later-key": "a verdict is same, different or later; a key is text",
    "word-holds-nul-character": "{name}: a word of it holds a NUL character",
    "written-recorded": "What was written is recorded. See what was done with: syncd log",
    "another-session": "this is another session",
    "body-length-not-told": "the length of the body is not told",
    "body-too-long": "the body is longer than {most} bytes",
    "daemons-log-has-whole": "The daemon's log has the whole of it.",
    "not-address-asked": "this is not the address that was asked for",
    "not-signed-by-paired": "not signed by a program that was paired",
    "nothing-at-address": "there is nothing at this address",
    "only-allowed-here": "only {allowed} is allowed here",
    "only-post-has-body": "only POST may have a body here",
    "pair-again": "Pair again: syncd login --desktop",
    "web-pages-not-answered": "web pages are not answered",
    # doctor
    "answers-ms": "{root} answers in {took} ms",
    "belongs-another-user-cant-written": "{path} belongs to another user, so it can't be written to",
    "can-looked-into-others": "{root} can be looked into by others",
    "cant-made": "{root} can't be made: {problem}",
    "cant-read": "{path} can't be read: {problem}",
    "cant-written": "{path} can't be written to",
    "cant-written-2": "{root} can't be written to",
    "cant-written-5": "{above} can't be written to",
    "check-itself-fault-nothing-known": "this check itself has a fault ({name}), so nothing is known about it",
    "chmod-u-rw": "chmod u+rw {path}",
    "chmod-u-rwx": "chmod u+rwx {root}",
    "computer-does-not-know-time": "this computer does not know its time zone",
    "computers-clock-minutes-servers": "this computer's clock is {total_seconds} minutes {way} the server's",
    "could-not-mended": "could not be mended: {words}",
    "cron-lines-mean-time-zone": "{here} {here2}; cron lines mean this time zone",
    "daemon-runs-syncd-one": "the daemon that runs is syncd {version}, this one is {version2}",
    "damaged-all-but-history-can": "{path} is damaged; all but the history can be rebuilt from the library",
    "does-not-tell-key-may": "{root} does not tell what a key may do",
    "environment-sets": "the environment sets {found}",
    "failed-since": "{times} for {profiles} failed, since {since}: {message}",
    "free-some-space": "Free some space.",
    "full": "it is full where {root} is",
    "gb-free": "{free} GB free",
    "leads-place-not": "it leads to a place that is not there",
    "libraries": "libraries.{other} and libraries.{name} are one library under two names",
    "may-read-write": "{key} is of {owner} and may read and write {prefix}",
    "mb-free": "{free} MB free",
    "mended": "mended: {finding}",
    "mv-old": "mv {root} {root}.old",
    "mv-old-2": "mv {path} {path}.old",
    "newer-syncd-revision": "{path} is of a newer syncd (revision {revision})",
    "no-daemon-runs-but-one": "no daemon runs, but one that ended badly left its socket behind",
    "no-errors": "{place} has no errors",
    "no-folder": "{path} is no folder",
    "no-folder-2": "{root} is no folder",
    "no-folder-3": "{above} is no folder",
    "no-library-named-papers-go": "no library is named, so papers go to one of syncd's own ({EMBEDDED})",
    "no-profile-followed-2": "no profile is followed",
    "no-tables-yet-next-command": "{path} has no tables yet; the next command makes them",
    "none-runs-syncd-does-you": "none runs; syncd does what you type and nothing else",
    "none-yet-papers-go-embedded": "there is none yet; papers go to the embedded library",
    "not-installed": "not installed, and {error}",
    "not-installed-computer-start-syncd": "not installed; to have the computer start syncd: syncd service install",
    "not-yet-first-command-needs": "{root} is not there yet; the first command that needs it makes it",
    "nothing-pushed-yet-none": "nothing was pushed yet, so there is none",
    "older-syncd-revision-all-but": "{path} is of an older syncd (revision {revision}); all but the history can be rebuilt",
    "one-syncds-own-data-folder": "one of syncd's own, in the data folder",
    "one-syncds-own-first-push": "one of syncd's own; the first push makes it",
    "only": "only {words} where {root} is",
    "others-may-change-file-commands": "others may change this file, and with it the commands that syncd runs",
    "papers": "{who}, {papers} papers in {source}{notices}",
    "pip-install-syncd-notify": 'pip install "syncd[notify]"',
    "pip-install-upgrade-syncd": "pip install --upgrade syncd",
    "profiles": "profiles.{name}.source: there is no {source}",
    "profiles-2": "profiles.{name}.schedule: it comes {when}",
    "python-older-syncd-needs": "Python {python} is older than {needed}, which syncd needs",
    "restore-backup-nothing-else-these": "Restore it from a backup: nothing else has these papers.",
    "rm": "rm {path}",
    "runs-but-wont-start-again": "it runs, but won't start again with the computer",
    "runs-process-follows-profile": "it runs as process {status} and follows {following} profile{value}",
    "service-installed-does-not-run": "the {form} service is installed and does not run ({state})",
    "service-runs": "the {form} service, a {kind}, runs",
    "sound": "{path} is sound",
    "sound-holds-papers": "{path} is sound and holds {count} papers",
    "starts-another-syncd-one": "it starts another syncd than this one: {command}",
    "starts-not": "it starts {command}, which is not there",
    "sudo-chown-r-id-un": 'sudo chown -R "$(id -un)" {root}',
    "syncd-config-check": "syncd config check",
    "syncd-init": "syncd init",
    "syncd-login": "syncd login",
    "syncd-login-desktop": "syncd login --desktop {name}",
    "syncd-plugin-zotero-syncd": "the syncd plugin in Zotero is {version}, and syncd is {version2}",
    "syncd-push-library": "syncd push --library {name}",
    "syncd-python-all-packages-needs": "syncd {version} on Python {python}, with all the packages that it needs",
    "syncd-service-install": "syncd service install",
    "take-one-them-out-name": "Take one of them out, and name {other} in its profiles.",
    "timedatectl-set-ntp-true": "timedatectl set-ntp true",
    "version-but-syncd-read-version": "version {version}, but syncd has read version {known}: it is an older one, perhaps from a backup",
    "version-syncd-not-read-yet": "version {version}; syncd has not read it yet",
    "version-syncd-read-all": "version {version}, and syncd has read all of it",
    "version-syncd-read-up-next": "version {version}; syncd has read up to {known}, the next push reads the rest",
    "words-11": "{named}, from {key}",
    "words-12": "{name}: {words}",
    "words-2": "{key} {missing}",
    "words-3": "{where}: {words}",
    "yours-alone": "{root}, yours alone",
    "zotero-runs-syncd-plugin-answers": "Zotero runs, and its syncd plugin answers",
    # engine
    "another-program-work": "Another program is at work on it. Run it again later; what was written before is recorded.",
    "cant-taken-out-trash": "it can't be taken out of the trash: {message}",
    "collection-cant-made": "the collection {title} can't be made: {message}",
    "collection-could-not-made-just": "the collection {title} could not be made just now: {message}",
    "collection-made-meanwhile": "the collection {title} was made meanwhile",
    "collection-nothing-keeps-profile": "the collection {path} is there; nothing keeps the profile from it",
    "library-another-zotero-one-syncd": "library {library} is in another Zotero than the one that syncd pushed {papers} papers to: it has another profile or database",
    "library-changed-times-while-syncd": "the library changed {ROUNDS} times while syncd was about to write",
    "library-no-key": "library {name} has no key",
    "library-none-papers-syncd-pushed": "library {library} has none of the {known} papers that syncd pushed, and nobody deleted them: it is another library, or an old copy of it",
    "name-one-key": "Name one by its key.",
    "no-file-name": "{error}, and no file of that name",
    "no-paper-known": "no paper {words} is known to be {what}",
    "no-profile-pushed-library-known": "no profile {profile} was pushed to this library; known are: {known}",
    "none-items-may": "{key} is none of the items that it may be: {candidates}",
    "nothing-filed": "Nothing was filed there. Run it again later.",
    "nothing-push-no-source-named": "there is nothing to push: no source was named and no profile is configured",
    "nothing-pushed": "Nothing was pushed. Name another collection in the configuration.",
    "nothing-used": "Nothing of it was used. If the page is right, run it again with --accept-shrunk.",
    "nothing-written-2": "Nothing was written. Run it again.",
    "nothing-written-3": "Nothing was written. Look at them with --dry-run; allow it with --max-create {creating}.",
    "nothing-written-4": "Nothing was written. Open the one that is meant, or push to this one too with --accept-empty.",
    "nothing-written-5": "Nothing was written. If it is meant to be so, push them anew with --accept-empty.",
    "nothing-written-6": "Nothing was written. Make a new plan with: syncd plan -o FILE",
    "nothing-wrong-them-undo-run": "Nothing is wrong with them; undo the run again later.",
    "objects-not-put-back": "{again} objects were not put back: {words}",
    "papers-found-last-time-pages": "{papers} papers were found, {before} last time: the page's layout has probably changed",
    "papers-would-added-more-allowed": "{creating} papers would be added, more than the {max_create} that are allowed in one run",
    "plan-out-date": "the plan is out of date: {stale}",
    "run-did-nothing-not-known-2": "the run {name} did nothing, or is not known any more",
    "see-known-syncd-status": "See what is known with: syncd status",
    "see-those-known-syncd-log-2": "See those that are known with: syncd log. They are kept for {kept} (history.keep).",
    "set-syncd-up-syncd-init-2": "Set syncd up with: syncd init. To try a page without that: syncd push PAGE.txt",
    "several-papers-meant": "several papers are meant by {words}: {titles}",
    "source": "the source {text}",
    "started-anew-too-often-no": "this was started anew too often: there is no key left for it",
    "already-gone": "it is deleted or in the trash already",
    "already-as-before": "it is as it was before the run already",
    "changed-since": "changed since: {fields}",
    "forgotten-what-it-wrote": "syncd has forgotten what it wrote there",
    "undo-trashed-it": "an undo moved it to the trash; syncd restore brings it back",
    "you-changed-since": "you changed it since: {fields}",
    # enrich
    "--retracted-withdrawn-says": "'{title}' was retracted or withdrawn, says {service}",
    "could-not-asked-papers-stay": "{title} could not be asked, and papers stay as they were without it: {failure}",
    "could-not-reached-papers-stay": "{titles} could not be reached, and papers stay as they were without them",
    "did-not-take": "{title} did not take {count}",
    "gave-form-syncd-cant-read": "{title} gave {count} in a form that syncd can't read; what these say was left out",
    "no-service": 'there is no service "{name}"; there are: {known}',
    "nothing-same-title-author-common": "{title} has nothing with the same title and an author in common for {count}; what is similar was not used",
    "says-contradicts-identifiers-known-not": "what {title} says of {count} contradicts the identifiers known, and was not used",
    "will-asked-about-next-runs": "{title} will be asked about {count} in the next runs",
    # errors
    "syncd-asked-end-written-recorded": "syncd was asked to end; what was written is recorded",
    "you-interrupted-written-recorded": "you interrupted it; what was written is recorded",
    # lock
    "lock-cant-used": "the lock {lock_file} can't be used: {strerror}",
    "make-data-folder-writable": "Make the data folder writable.",
    "wait-until-ended-run-again": "Wait until it has ended and run this again; nothing was written.",
    # login
    "does-not-tell-whose-key": "{endpoint} does not tell whose key it is",
    "if-both-libraries-meant-give": "If both libraries are meant, give this one a name of its own: syncd login NAME.",
    "key-library-too": "the {key} is the key of library {others} too",
    "keys-made-changed": "Keys are made and changed at {endpoint}.",
    "library-beside-nothing-says-should": "with a library {name} beside {before} nothing says where {homeless} should go",
    "library-not": "library {name} is at {root}, not at {endpoint}",
    "library-type-nobody-signs-server": "library {name} is of type {type}, for which nobody signs in at a server",
    "library-type-not": "library {name} is of type {type}, not {DESKTOP}",
    "library-zotero-takes-no-word": "library {name}: Zotero takes no word about keys from outside",
    "name-another-library-added-change": "Name another library, which is then added, or change its endpoint in the configuration.",
    "name-another-library-added-syncd": "Name another library, which is then added: syncd login NAME",
    "name-another-library-added-syncd-2": "Name another library, which is then added: syncd login --desktop NAME",
    "nobody-signed-within-minutes": "nobody signed in within {PATIENCE} minutes",
    "remove-hand-if-neither-shall": "Remove it by hand if neither shall be used any longer.",
    "run-again-syncd-login": "Run it again: syncd login {name}",
    "take-permission-back-look-into": "To take the permission back, look into Zotero's Settings > syncd.",
    "write-library-into-configuration-hand": "Write the library into the configuration by hand.",
    "write-library-into-these-profiles": 'Write library = "{before}" into these profiles first.',
    # parse
    "byte-0-x-not": "byte {start} (0x{byte}) is not {encoding}",
    "feed-cant-read": "this feed can't be read: {error}",
    "feed-lists-papers": "the feed lists {papers} of {count} papers",
    "header-no-name": "the header has no name",
    "header-says-papers-list": "the header says {heads} papers, the list {heads2}",
    "json-cant-read": "this JSON can't be read",
    "line-header-no-known-meaning": "line {index} of the header has no known meaning: '{lines}'",
    "more-kind--": "and {count} more of the kind '{value}'",
    "no-feed": "this is no feed",
    "no-json": "this is no JSON: {msg}",
    "no-paper": "there is no paper in it",
    "no-paper-could-read": "no paper could be read: {broken}",
    "not-declared": "this is not {join}, as which it is declared",
    "not-profile-page": "this is not a profile page",
    "not-text-page": "this is not a text page",
    "page-empty": "the page is empty",
    "page-promises-none-found": "the page promises {promised} and none was found",
    "papers-no-authors-they-expected": "{nameless} of {papers} papers have no authors where they are expected",
    "save-utf-8-convert-name": "Save it as UTF-8, or convert it, with the name of its encoding after -f: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW",
    "source-states-unknown-character-set": "the source states an unknown character set '{stated}'",
    "words-4": "this is {what}",
    # paths
    "data-folder": "the data folder {folder} {error}",
    "data-folder-belongs-another-user": "the data folder {folder} belongs to another user, {owner}",
    "everybody-computer-can-write-data": "everybody on this computer can write to the data folder {folder}, so syncd does not use it",
    "mend-chmod-o-w": "Mend it with: chmod o-w {shown}",
    "symbolic-link-syncd-writes-nothing": "{link} is a symbolic link, and syncd writes nothing through one in its data folder",
    "take-away-rm": "Take it away with: rm {link}",
    "words-5": "{mend}. {HINT}",
    # plugin
    "cant-written-3": "{place} can't be written: {strerror}",
    "nothing-changed-2": "Nothing was changed.",
    # read
    "did-you-mean--": "Did you mean '{near}'?",
    "name-file-itself-without-file": "Name the file itself, without file://.",
    "no-kind-source-files-http": "{shown}: {scheme}:// is no kind of source; files, http:// and https:// are",
    "nothing-used-papers-before-stay": "Nothing of it is used; the papers of before stay. Look at the source: it may be damaged, or made to do harm.",
    "parsing-took-more-memory-may": "parsing took more memory than it may have, and was stopped",
    "source-refused": "the source is refused: {error}",
    "source-refused-nested-too-deeply": "the source is refused: it is nested too deeply",
    "unknown-format--": "unknown format '{name}'",
    # serve
    "headers": "headers",
    "target": "target",
    "version": "version",
    # service
    "agent-place": "The agent is in place in {place}. See why with: {value}",
    "agent-still": "The agent is still in {place}.",
    "cant-run": "{found} can't be run: {strerror}",
    "cant-written-4": "{folder} can't be written: {strerror}",
    "computer-started-systemd-container-not": "Was this computer started by systemd? A container is not; start syncd run there.",
    "install-syncd-elsewhere-try-again": "Install syncd elsewhere, then try again.",
    "launchctl-bootstrap-failed": "launchctl bootstrap failed: {done}",
    "launchctl-could-not-stop": "launchctl could not stop {value}: {done}",
    "launchd-doesnt-answer": "launchd doesn't answer: {done}",
    "leave-out-system-syncd-service": "Leave out --system: syncd service install",
    "log-mac-itself-try-again": "Log in at the Mac itself, then try again.",
    "log-user-itself-not-su": "Log in as that user itself, not by su or sudo, then try again.",
    "macos-syncd-service-one-user": "on macOS syncd is a service of one user",
    "no-here": "there is no {program} here",
    "rename-file-folder-try-again": "Rename the file or folder, then try again.",
    "service-cant-started-name-holds": "a service can't be started with a name that holds control characters: {text}",
    "start-syncd-run-some-other": "Start syncd run some other way, or syncd push every few hours: docs/running.md shows how.",
    "systemctl-could-not-stop": "systemctl could not stop {name}: {done}",
    "systemctl-failed": "systemctl {words} failed: {done}",
    "systemd-cant-start-name-holds": "systemd can't start {words}, for its name holds a quotation mark or a backslash",
    "systemd-doesnt-answer": "systemd doesn't answer: {done}",
    "took-more-seconds": "{program} {words} took more than {PATIENCE} seconds",
    "units-place": "The units are in place in {folder}. See why with: {value}",
    "units-still": "Its units are still in {folder}.",
    # services
    "--retracted": "'{title}' was retracted",
    "--withdrawn": "'{title}' was withdrawn",
    "authors-whose-names-cant-read": "{papers_listed} authors whose names can't be read; they were left out",
    "no-name": "{origin} has no name",
    "no-paper-answer": "there is no paper in this answer",
    "not-syncd-fetched-api": "this is not what syncd fetched from the API",
    "not-xml": "this is not XML",
    "only-first-papers-fetched": "only the first {rows} papers were fetched",
    "plugin---does-not": "the plugin '{name}' does not work: {error}",
    "plugin---failed": "{source}: the plugin '{name}' failed: {error}",
    "plugin---failed-2": "the plugin '{name}' failed: {error}",
    "question-not-taken": "the question is not taken ({status})",
    "record-form-syncd-cant-read": "the record {entry} has a form that syncd can't read and was left out",
    "record-no-title-left-out": "the record {entry} has no title and was left out",
    "records-unusable---left": "{count} records have an unusable '{name}', which was left out",
    "said-of-author": "{origin}: {said}",
    "source-lists-papers": "the source lists {rows} of {promised} papers",
    "tell-author-syncd-itself-not": "Tell its author; syncd itself is not at fault.",
    "update-remove-package-came": "Update or remove the package that it came with.",
    "words-6": "this is <{tag}>",
    # sources
    "address-holds-password": "the address holds a user name or password, which would show up in logs",
    "address-not-valid": "this is not a valid address",
    "allow-private-host": 'If that is right, add "{host}" to the list allow_private under [http] in the configuration.',
    "check-address-and-clock": "Check the address, and this computer's clock.",
    "check-address-in-browser": "Check the address in a browser.",
    "check-network-and-address": "Check the network and the address.",
    "check-proxies": "Check HTTPS_PROXY and HTTP_PROXY.",
    "connection-broke-off": "the connection broke off in the middle of the page",
    "file-being-written": "Something is writing it just now; try again when that is done.",
    "file-cant-read": "it can't be read: {error}",
    "file-changed-meanwhile": "the file changed while it was read",
    "file-not-readable": "you may not read this file or folder",
    "file-not-there": "there is no such file or folder",
    "file-too-large": "the file is larger than {size}",
    "folder-holds-no-page": "this folder holds no page ({kinds})",
    "for-address-write": "For an address, write https://{path}.",
    "give-server-own-address": "No setting changes that. Give the server an address of its own.",
    "host-cant-be-found": "the host {host} can't be found",
    "host-did-not-answer": "{host} did not answer within {connect} seconds",
    "host-in-own-network": "{host} is in your own network, where syncd reads nothing unless you allow it",
    "host-never-read": "{host} is a link-local address or a cloud's metadata, which syncd never reads",
    "host-sent-nothing": "{host} sent nothing for {silence} seconds",
    "make-it-the-source": "If that is right, make it the source: {shown}",
    "no-connection": "no connection to {host}",
    "no-file-matches": "no file matches this pattern",
    "no-regular-file": "this is no regular file",
    "no-secure-connection": "no secure connection to {host}: its certificate or its encryption is not accepted",
    "no-such-page": "there is no such page",
    "page-arrived-damaged": "the page arrived damaged: it can't be decompressed",
    "page-did-not-arrive": "the page did not arrive within {seconds} seconds",
    "page-hidden-by-law": "the server may not show the page for legal reasons",
    "page-removed": "the page was removed",
    "page-too-large": "the page is larger than {size}",
    "proxy-cant-be-reached": "the proxy can't be reached",
    "redirects-to-another-scheme": "the server redirects to another scheme: {shown}",
    "redirects-to-no-address": "the server redirects to something that is no address",
    "server-asks-come-back-later": "the server asks to come back later",
    "server-asks-sign-in": "the server asks for a sign-in, which syncd can't do",
    "server-did-not-give-page": "the server did not give the page",
    "server-gave-up-waiting": "the server gave up waiting",
    "server-has-problem": "the server has a problem of its own",
    "server-refuses-page": "the server refuses to show the page",
    "sources-are-read-again": "syncd reads a source again and again, which pipes and devices do not allow.",
    "too-many-requests": "the server says that it gets too many requests",
    "try-later-less-often": "Try again later, and less often.",
    "asks-proof-person-reads-page": "{guard} asks for proof that a person reads the page",
    "not-valid-address": "{address}: this is not a valid address",
    "open-page-browser-save-name": "Open the page in a browser, save it, and name the saved file as the source.",
    "proxy-networks-login-page-may": "A proxy or the network's login page may stand between; open a browser and look.",
    "server-answered-something-not-json": "{shown}: the server answered with something that is not JSON",
    "servers-answer-cant-used": "{shown}: the server's answer can't be used: {error}",
    "site-does-not-want-programs": "{url}: the site does not want programs to read this page (robots.txt)",
    "sites-rules-programs-cant-read": "{address}: the site's rules for programs can't be read now ({status})",
    "source-empty-not-valid-name": "the source is empty or not a valid name",
    "words-7": "{shown}: {message}",
    "words-8": "{path}: {words}",
    "words-9": "{address}: {words} ({status})",
    # state
    "move-away-push-again-all": "Move {database} away and push again: all but the history of runs is rebuilt from the library. The history is in the old file.",
    "state-newer-syncd-revision": "the state is of a newer syncd (revision {found})",
    "state-older-syncd-revision-one": "the state is of an older syncd (revision {found}), which this one can't read; it was kept as it is",
    "syncds-own-database": "syncd's own database: {words}",
    "syncds-own-database-2": "syncd's own database: {strerror}",
    "upgrade-syncd-set-another-data": "Upgrade syncd, or set another data folder.",
    # sync
    "by-arxiv-id": "arXiv id",
    "by-doi": "DOI",
    "by-title-surname-year": "title, surname and year",
    "collection-deleted": "the collection {name} was deleted in Zotero",
    "collection-in-trash": "the collection {name} is in Zotero's trash",
    "deleted-in-zotero": "deleted in Zotero",
    "edited-until": "you edited it; the change waits until {until}",
    "in-the-trash": "in the trash",
    "in-zoteros-trash": "it is in Zotero's trash",
    "item-known-by": "already in the library, by {by}",
    "item-listed-by": "listed already, by {by}",
    "item-pushed": "syncd pushed it",
    "item-retitled": "its title was corrected",
    "item-twice": "it is there twice, made on two computers before the two met: merge the items in Zotero",
    "list": "{first}, {rest}",
    "made-on-another-computer": "made on another computer before the two met",
    "merge-two": "merge the two in Zotero",
    "missing-though-nobody-deleted": "missing, though nobody deleted it",
    "new-in-source": "new in source",
    "no-authors-there": "no authors there",
    "no-plan-syncd": "this is no plan of this syncd",
    "not-json": "this is not JSON",
    "nothing-filed-any-more": "{closed}; nothing is filed there any more",
    "other-arxiv-id": "other arXiv id ({id})",
    "other-doi": "other DOI ({doi})",
    "part-plan-missing-another-kind": "a part of the plan is missing or of another kind: {error}",
    "possibly": "possibly {title}: {reasons}",
    "published-as": "published, as {type}",
    "same-abstract": "same abstract",
    "same-paper": "the same paper as {title}",
    "same-title": "same title",
    "same-year": "same year",
    "server-refused-sent-again-when": "the server refused it: {message}; it is sent again when it changes",
    "shared-authors": "{shared} of {count} authors shared",
    "title-alike": "title {percent}% alike",
    "years-differ": "years {ours} and {theirs}",
    "you-brought-back": "you brought it back",
    "you-deleted": "you deleted it in Zotero",
    # zotero
    "certificate-not-accepted": "its certificate is not accepted: {why}",
    "connection-broke": "the connection to {host} broke: {error}",
    "connection-refused": "connection refused",
    "host-has-fault": "{host} has a fault or is overloaded (HTTP {status})",
    "host-limits-requests": "{host} limits requests (HTTP {status})",
    "last-write-not-known": "Whether the last write was done is not known; the next run finds out first.",
    "name-not-resolved": "its name can't be resolved",
    "no-answer-in-time": "no answer in time",
    "run-again-later": "Run it again later.",
    "another-profile-database": "It has another profile or database. Open the one that syncd pushes to and run it again.",
    "another-zotero-running-now-one": "another Zotero is running now than the one that was read",
    "answered-http": "{endpoint} answered HTTP {status_code}: {words}",
    "answers-not-zotero": "what answers at {endpoint} is not Zotero",
    "ask-groups-owner-whether-you": "Ask the group's owner whether you may still {doing} it, or look at {page}.",
    "cant-reach": "can't reach {host}{through}: {error}",
    "change-key-may-do-get": "Change what the key may do at {endpoint}, or get another with: syncd login {name}",
    "change-may-do": "Change what it may do at {page}.",
    "check-librarys-endpoint-proxy-may": "Check the library's endpoint; a proxy may stand between.",
    "check-librarys-type-id-configuration": "Check the library's type and id in the configuration.",
    "check-network-librarys-endpoint": "Check the network and the library's endpoint.",
    "close-zotero-if-still-late": "Close it in Zotero if it is still there: a late answer reaches nobody. Then run it again.",
    "does-not-accept": "{endpoint} does not accept {secret}: {words}",
    "does-not-know": "{endpoint} does not know {key}: {words}",
    "earlier-question-about-syncd-still": "an earlier question about syncd is still open in Zotero",
    "end-program-name-zoteros-address": "End that program, or name Zotero's address as the library's endpoint in the configuration.",
    "environment-names-proxy-check-https": "The environment names a proxy: check HTTPS_PROXY, ALL_PROXY and NO_PROXY.",
    "https-proxy-all-proxy-names": "what HTTPS_PROXY or ALL_PROXY names {problem}",
    "install-syncd-login-desktop-turn": "Install it with syncd login --desktop, or turn it on in Zotero under Tools > Plugins.",
    "let-zotero-ask-you-again": "Let Zotero ask you again: syncd login --desktop.",
    "library-changed-meanwhile": "the library changed meanwhile: {words}",
    "longer-zotero-takes-cut": "{name} of {title} is longer than Zotero takes and was cut",
    "look-whether-computers-clock-right": "Look whether this computer's clock is right. If an own authority signed it, name its certificate in SSL_CERT_FILE. Otherwise somebody may listen in between.",
    "make-key-pages-paste-syncd": "Make a key on its pages and paste it: syncd login --key",
    "may-not": "{key} may not {doing} {prefix}: {words}",
    "no-proxy-syncd-can-use": "is no proxy that syncd can use",
    "no-sign-programs": "{endpoint} has no sign-in for programs",
    "not": "{prefix} is not at {endpoint}: {words}",
    "not-confirmed-zotero-shows-same": "it was not confirmed that Zotero shows the same code",
    "nothing-sent": "Nothing was sent. {LOGIN}",
    "nothing-stored-2": "Nothing was stored. Close that question in Zotero, then run it again.",
    "nothing-stored-3": "Nothing was stored. Run it again if that was a mistake.",
    "nothing-stored-earlier-pairing-goes": "Nothing was stored, and an earlier pairing goes on. Run it again.",
    "nothing-stored-earlier-pairing-goes-2": "Nothing was stored, and an earlier pairing goes on. If Zotero showed another code or none, another program answers in its place: end it, then run this again.",
    "nothing-wrong-run-again-later": "Nothing is wrong; run it again later.",
    "pages-collections-go-after-own": "{endpoint}: its pages of collections go on after the {total} that it has by its own words",
    "pip-install-socksio": "pip install socksio",
    "question-zotero-not-answered": "the question in Zotero was not answered",
    "revoked-another-servers": "It was revoked, or is another server's. Get a new one with: syncd login {name}",
    "run-again-get-new-page": "Run it again to get a new page.",
    "server-answered-http": "the server answered HTTP {status}: {words}",
    "server-asks-pause-s": "the server asks for a pause of {remaining} s",
    "should-like-http-proxy-example": 'It should be like "http://proxy.example.org:3128".',
    "sign-cancelled-page": "the sign-in was cancelled on the page",
    "sign-expired": "the sign-in has expired",
    "socks-proxy-python-package-socksio": "is a SOCKS proxy, for which the Python package socksio is missing",
    "start-zotero-run-again": "Start Zotero and run it again. In the background syncd tries again by itself.",
    "syncd-paired-zotero-older-version": "syncd was paired with Zotero by an older version, whose token others on this computer could see",
    "syncd-plugin-zotero-answered-http": "the syncd plugin in Zotero answered HTTP {status}: {words}",
    "syncd-plugin-zotero-does-not": "the syncd plugin in Zotero does not know this syncd",
    "syncd-plugin-zotero-too-old": "the syncd plugin in Zotero is too old for this syncd",
    "syncd-too-old-plugin-zotero": "this syncd is too old for its plugin in Zotero",
    "tag-longer-zotero-takes": "a tag of {title} is longer than Zotero takes: {tag}…",
    "update-plugin-syncd-login-desktop": "Update the plugin: syncd login --desktop.",
    "update-syncd-way-installed": "Update syncd, in the way that it was installed.",
    "wait-minute-run-again": "Wait a minute and run it again.",
    "words-10": "{endpoint}: {what}",
    "zotero-asked-too-often-shows": "Zotero was asked too often and shows no further question now",
    "zotero-did-not-agree-key": "Zotero did not agree on a key (HTTP {status})",
    "zotero-isnt-running": "Zotero isn't running",
    "zotero-runs-without-syncd-plugin": "Zotero runs without the syncd plugin",
    "zotero-told-not-let-syncd": "Zotero was told not to let syncd write",
}
"""The words of each code, in English. `code/one` is said where `count` is 1."""
