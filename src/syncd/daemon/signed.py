"""Who may ask the daemon over loopback: programs that were paired, by the keys of their pairings.

Each request counts once, and each answer is signed too.
"""

from __future__ import annotations

import threading
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncd.daemon.asked import PROOF, Json, JsonAnswer, told_no
from syncd.engine.ports import Ports
from syncd.handshake import HEADER, Gate, Proof
from syncd.messages import message
from syncd.serve import replayed
from syncd.state import pairings

# Seconds after which keys are fetched anew for a program that is not known.
REFRESH = 30.0


class Keys:
    """The keys of the pairings.

    They are fetched when they are asked for at first, and again for a program that is not known, but rarely: behind
    them may be a keyring.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._lock = threading.Lock()
        self._fetched = -REFRESH
        self._keys: tuple[str, ...] = ()
        self._references = pairings.remembered(ports.data)

    def __bool__(self) -> bool:
        """Whether any program was paired."""
        return bool(self._references)

    def proof(self, gate: Gate, header: str | None, request: tuple[str, str, bytes]) -> Proof | None:
        """Return who signed a request, as `Gate.proof` does; method, target and body are the request."""
        if header is None:
            return None
        return gate.proof(self._keys, header, *request) or gate.proof(self._again(), header, *request)

    def _again(self) -> tuple[str, ...]:
        with self._lock:
            now = self._ports.clock.monotonic()
            if now - self._fetched >= REFRESH:
                self._fetched = now
                self._keys = tuple(pairings.keys(self._references, self._ports.env))
            return self._keys


class Signed:
    """Lets in who was paired, each request once, and signs what is answered.

    Args:
        app: what answers.
        keys: of the pairings.
    """

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self.app = app
        self.keys = keys
        self._gate = Gate("daemon")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        request = Request(scope, receive)
        content = await request.body()
        target, query = scope["raw_path"].decode(), scope["query_string"].decode()
        target += f"?{query}" if query else ""
        signed = (request.method, target, content if request.method == "POST" else b"")
        header = request.headers.get(HEADER)
        proof = await run_in_threadpool(self.keys.proof, self._gate, header, signed)
        if proof is None or proof.state == "again":
            # Whoever sends a request a second time has not signed it, so the answer is not signed either.
            refusal = _unknown(told_no(message("not-signed-by-paired"), message("pair-again")))
            await refusal(scope, receive, send)
            return
        app = self.app
        if proof.state == "late":
            app = _unknown(told_no(message("another-session")) | {"session": self._gate.session})
        await app({**scope, PROOF: proof}, replayed(content, receive), _signing(proof, send))


def _unknown(told: Json) -> JsonAnswer:
    headers = {"WWW-Authenticate": HEADER, "Connection": "close"}
    return JsonAnswer(told, HTTPStatus.UNAUTHORIZED, **headers)


def _signing(proof: Proof, send: Send) -> Send:
    """Return what sends an answer with its signature; that of a stream is over an empty body."""
    heads: list[Message] = []

    async def sign(message: Message) -> None:
        if message["type"] == "http.response.start":
            heads.append(message)
            return
        if heads:
            head = heads.pop()
            body = b"" if message.get("more_body") else message.get("body", b"")
            signature = proof.answer(head["status"], body)
            head["headers"] = [*head["headers"], (HEADER.lower().encode(), signature.encode())]
            await send(head)
        await send(message)

    return sign
