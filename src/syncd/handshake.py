"""How syncd and its plugin in Zotero know each other: a key that both agree on once, and that neither ever sends.

Each request and each answer carries an HMAC instead. Used both ways: syncd asks the plugin, and the plugin asks the
daemon. docs/plugin-protocol.md has the forms, the reasons, and what this does not guard against.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from syncd.text.patterns import pattern

Side = Literal["plugin", "daemon"]


@dataclass(frozen=True, slots=True)
class Zotero:
    """A Zotero on a computer, told from others at the same address. What is online has neither.

    Attributes:
        database: the key of its database, which stays when the plugin is removed and installed again; empty where
            what is known came through Zotero's local API, as with a syncd of old.
        server: the id under which its versions are counted.
    """

    database: str = ""
    server: str = ""


ONLINE = Zotero()
HEADER = "Syncd-Signature"
# The version of all this, and the oldest that is still understood. Version 1 sent its token and is not spoken to.
API = 2
OLDEST = 2
# How a key looks where it is kept. The token of version 1 was known to whoever listened, and looks otherwise.
KEY = pattern(r"pairing-[0-9a-f]{64}", hostile="pairing-")
_NUMBER = pattern(r"[0-9a-f]{512}", hostile="a")
# So many requests are remembered at once; then a new session begins, in which none of them counts.
MOST_USED = 10_000
_NONCE = 32
# RFC 3526, group 14: what it takes for two to agree on a secret that nobody between them learns.
PRIME = int(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74"
    "020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
    "4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05"
    "98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb"
    "9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718"
    "3995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff",
    16,
)
_GENERATOR = 2


def is_key(key: str) -> bool:
    """Whether this is a key that a pairing of today gave."""
    return KEY.fullmatch(key) is not None


@dataclass(frozen=True, slots=True)
class Agreed:
    """What both sides have after a pairing.

    Attributes:
        key: as it is kept.
        code: what a user compares, such as "123 456".
    """

    key: str = field(repr=False)
    code: str


@dataclass(frozen=True, slots=True)
class Half:
    """One side of an agreement (Diffie and Hellman's).

    Attributes:
        public: what the other side gets, in 512 hexadecimal digits.
    """

    public: str
    _secret: int = field(repr=False)

    @classmethod
    def new(cls) -> Half:
        """Draw one."""
        secret = secrets.randbits(256) | 1 << 255
        return cls(f"{pow(_GENERATOR, secret, PRIME):0512x}", secret)

    @property
    def commitment(self) -> str:
        """What binds whoever asks to their half before they see the other."""
        return commitment(self.public)

    def agreed(self, other: str, *, asked: bool) -> Agreed | None:
        """Return what both sides have now; None where the other half is none.

        Args:
            other: the other side's public half.
            asked: this side is the one that asked for the pairing.
        """
        if not _NUMBER.fullmatch(other) or not 1 < int(other, 16) < PRIME - 1:
            return None
        shared = f"{pow(int(other, 16), self._secret, PRIME):0512x}"
        told = (self.public, other) if asked else (other, self.public)
        code = int(_digest("\n".join(("syncd code", shared, *told)))[:12], 16) % 1_000_000
        key = _digest("\n".join(("syncd key", shared, *told)))
        return Agreed(f"pairing-{key}", f"{code // 1000:03} {code % 1000:03}")


def commitment(public: str) -> str:
    """Return the commitment to a public half."""
    return _digest(public)


@dataclass(slots=True)
class Caller:
    """Signs requests, and knows the answers to them.

    Attributes:
        key: of the pairing.
        side: whom it asks.
        session: what the one who is asked calls the time since it started; it tells where this is another.
    """

    key: str = field(repr=False)
    side: Side
    session: str = ""
    _nonce: str = ""

    def sign(self, method: str, target: str, body: bytes, meant: str = "") -> str:
        """Return the header of a request, which is good for one.

        Args:
            method: in capitals.
            target: path and query, which is written as by a form.
            body: empty where there is none.
            meant: which Zotero is meant, where one is.
        """
        self._nonce = secrets.token_hex(_NONCE // 2)
        asked = (method, target, _digest(body), self.session, self._nonce, meant)
        return f"{self.session or '-'} {self._nonce} {_mac(self.key, f'request to {self.side}', *asked)}"

    def knows(self, header: str | None, status: int, body: bytes) -> bool:
        """Whether an answer is the paired one's, and to the request that was signed last."""
        right = _mac(self.key, f"answer of {self.side}", self._nonce, str(status), _digest(body))
        return hmac.compare_digest(right.encode(), (header or "").encode())


@dataclass(frozen=True, slots=True)
class Proof:
    """A request that a paired program signed.

    Attributes:
        key: whose it is.
        state: "late" is one of another session, "again" one that was here before: neither may be done.
    """

    key: str = field(repr=False)
    state: Literal["good", "late", "again"]
    _side: Side
    _nonce: str

    def answer(self, status: int, body: bytes) -> str:
        """Return the header of the answer."""
        return _mac(self.key, f"answer of {self._side}", self._nonce, str(status), _digest(body))

    def event(self, number: int, name: str, data: str) -> str:
        """Return what signs an event of a stream that answers the request; events are numbered from 0."""
        return _mac(self.key, f"event of {self._side}", self._nonce, str(number), name, _digest(data))


class Gate:
    """Lets in what was signed, each request once.

    A request names the session, which is new with each start and after `MOST_USED` requests: what was recorded
    before is good for nothing then, so that no longer memory is needed, and no clock.

    Args:
        side: who is asked.

    Attributes:
        session: the one that is good now.
    """

    def __init__(self, side: Side) -> None:
        self._side = side
        self._lock = Lock()
        self._begin()

    def _begin(self) -> None:
        self.session = secrets.token_hex(_NONCE // 2)
        self._used: set[str] = set()

    def proof(  # noqa: PLR0913, PLR0917 - one request
        self, keys: Iterable[str], header: str | None, method: str, target: str, body: bytes, meant: str = ""
    ) -> Proof | None:
        """Return who signed a request; None where nobody did that is known here.

        Args:
            keys: of all who are known.
            header: of the request.
            method: as for `Caller.sign`, as are the others.
            target: path and query.
            body: as it came.
            meant: which Zotero is meant.
        """
        words = (header or "").split(" ")
        if len(words) != 3 or len(words[1]) != _NONCE:
            return None
        session, nonce, mac = words
        asked = (method, target, _digest(body), "" if session == "-" else session, nonce, meant)
        found = ""
        for key in keys:
            right = _mac(key, f"request to {self._side}", *asked)
            found = key if hmac.compare_digest(right.encode(), mac.encode()) else found
        return Proof(found, self._state(session, nonce), self._side, nonce) if found else None

    def _state(self, session: str, nonce: str) -> Literal["good", "late", "again"]:
        with self._lock:
            if session != self.session:
                return "late"
            if nonce in self._used:
                return "again"
            self._used.add(nonce)
            if len(self._used) >= MOST_USED:
                self._begin()
            return "good"


def _mac(key: str, *parts: str) -> str:
    secret = bytes.fromhex(key.removeprefix("pairing-"))
    text = "\n".join((f"syncd {API}", *parts))
    return hmac.new(secret, text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def _digest(content: bytes | str) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
