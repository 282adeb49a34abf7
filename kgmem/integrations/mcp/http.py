"""The server over HTTP: who may come in.

On this machine alone no token is needed, and a web page cannot reach it: the names in ``Host`` and
``Origin`` are checked. Beyond it every request carries a token.
"""

import hmac
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any

from mcp.server import MCPServer
from mcp.server.auth.provider import AccessToken
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette

from kgmem import listening
from kgmem.errors import ConfigurationError
from kgmem.listening import bracketed, checked_token, is_address, is_local

_LOCAL = ("127.0.0.1", "localhost", "[::1]")


class OneToken:
    """Accepts one token; how long a comparison takes tells nothing about it.

    Args:
        token: The token.

    Raises:
        ConfigurationError: It can be guessed, or holds what no client can send.
    """

    def __init__(self, token: str) -> None:
        self._token = checked_token(token).encode()

    async def verify_token(self, token: str) -> AccessToken | None:
        """What the token gives access to; nothing where it is another one."""
        if not hmac.compare_digest(token.encode(), self._token):
            return None
        return AccessToken(token="", client_id="kgmem", scopes=[])


def http_app(
    server: MCPServer[Any], *, host: str = "127.0.0.1", names: Sequence[str] = ()
) -> Starlette:
    """The ASGI application of a server, at ``/mcp``.

    Args:
        server: What `kgmem.integrations.mcp.build` made, with a token where ``host`` is not local.
        host: The interface it will listen on.
        names: Host names by which clients reach it, beside ``host`` and those of this machine: of a
            proxy, for instance. They too want a token.

    Raises:
        ConfigurationError: Others could reach it and there is no token, or no name they could use.
    """
    _check_reach(host, names, has_token=server.settings.auth is not None)
    hosts = [*_LOCAL, *names, *([] if _is_wildcard(host) else [bracketed(host)])]
    forms = [form for name in hosts for form in (name, f"{name}:*")]
    security = TransportSecuritySettings(
        allowed_hosts=forms,
        allowed_origins=[f"{scheme}://{form}" for scheme in ("http", "https") for form in forms],
    )
    return server.streamable_http_app(host=host, transport_security=security)


def serve(
    server: MCPServer[Any],
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    names: Sequence[str] = (),
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serves over HTTP until interrupted; see `http_app` for the arguments and errors.

    ``ready`` is called with the address as soon as clients can come; ``port`` 0 is any free one.
    """
    app = http_app(server, host=host, names=names)
    listening.serve(app, host, port, lambda url: ready(f"{url}/mcp"))


def _check_reach(host: str, names: Sequence[str], *, has_token: bool) -> None:
    if is_local(host) and not names:
        return
    if not has_token:
        raise ConfigurationError(
            f"{', '.join([host, *names])} can be reached from other machines, and there is no "
            "token: set KGMEM_MCP_TOKEN or --token-file, or listen on 127.0.0.1 alone"
        )
    if _is_wildcard(host) and not names:
        raise ConfigurationError(
            f"{host!r} is every interface: say with --name by which host name clients reach it"
        )


def _is_wildcard(host: str) -> bool:
    return is_address(host) and ip_address(host).is_unspecified
