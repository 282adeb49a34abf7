"""The server of the page: who may ask, what a browser may do with the answers, and where it listens.

The page itself holds no data and is open; every call for data needs the token. The token travels in
the fragment of the address, which browsers do not send, and from there in a header, which no other
site can set. The ``Host`` of each request must be ours, so that a name which somebody else lets
point at this machine (DNS rebinding) is refused before anything is looked at.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kgmem import listening
from kgmem.errors import ConfigurationError, KgmemError
from kgmem.explorer.api import MOST_VERSIONS, Api, failed
from kgmem.listening import SHORTEST_TOKEN, checked_token, is_address, is_local
from kgmem.memory import Memory

_HEADERS = {
    # Nothing but our own files, and no text that becomes markup (trusted types).
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Binding:
    """Where to listen, and the word that lets a caller in.

    Attributes:
        host: A name or an address; only this machine reaches the default.
        port: Any free one where it is 0.
        token: Random where none is given; beyond this machine it must be given.

    Raises:
        ConfigurationError: ``host`` is reached from elsewhere and no token is given, or a token is
            shorter than 16 characters or holds what no header carries.
    """

    host: str = "127.0.0.1"
    port: int = 0
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.token:
            if not is_local(self.host):
                raise ConfigurationError(
                    f"{self.host!r} can be reached from other machines: choose a token of at least "
                    f"{SHORTEST_TOKEN} characters, or leave out the host"
                )
            object.__setattr__(self, "token", secrets.token_urlsafe(24))
        checked_token(self.token)

    def accepts_host(self, host: str) -> bool:
        """Whether a ``Host`` header means us: this machine, our own name, beyond it any address."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        name = name.removeprefix("[").removesuffix("]").lower()
        return is_local(name) or (
            not is_local(self.host) and (name == self.host.lower() or is_address(name))
        )

    def accepts_token(self, authorization: str) -> bool:
        """Whether an ``Authorization`` header holds the token; compared in constant time."""
        return secrets.compare_digest(authorization.encode(), f"Bearer {self.token}".encode())


class _Guard:
    """Refuses what is not for us or has no token, and sets the headers of every answer."""

    def __init__(self, app: ASGIApp, binding: Binding) -> None:
        self._app = app
        self._binding = binding

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await (self._refusal(scope) or self._app)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        if scope["type"] != "http" or not self._binding.accepts_host(headers.get("host", "")):
            return JSONResponse({"error": "this address is not served here"}, status_code=421)
        if scope["path"].startswith("/api") and not self._binding.accepts_token(
            headers.get("authorization", "")
        ):
            return JSONResponse({"error": "the token is missing or wrong"}, status_code=401)
        return None


def application(
    memory: Memory, binding: Binding, *, write: bool = False, most: int = MOST_VERSIONS
) -> ASGIApp:
    """The page and its calls.

    Args:
        memory: The memory to show.
        binding: Whom to let in.
        write: Whether the page may correct and undo.
        most: A group of more versions than this is shown around one entity at a time.
    """
    static = StaticFiles(
        directory=Path(str(resources.files("kgmem.explorer"))) / "static", html=True
    )
    app = Starlette(
        routes=[
            Mount("/api", routes=Api(memory, write=write, most=most).routes()),
            Mount("/", static),
        ],
        exception_handlers={KgmemError: failed, HTTPException: failed},
    )
    return _Guard(app, binding)


def serve(
    memory: Memory,
    binding: Binding,
    *,
    write: bool = False,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serves the page until it is interrupted.

    Args:
        memory: The memory to show.
        binding: Where to listen, and whom to let in.
        write: Whether the page may correct and undo.
        ready: Called with the address, token included, as soon as it can be opened.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """
    app = application(memory, binding, write=write)
    listening.serve(
        app, binding.host, binding.port, lambda url: ready(f"{url}/#token={binding.token}")
    )
