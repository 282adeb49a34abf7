"""Where to listen, and who can reach what listens: this machine alone, or others, who need a token."""

import re
import socket
from collections.abc import Callable
from ipaddress import ip_address

import uvicorn
from starlette.types import ASGIApp

from kgmem.errors import ConfigurationError

SHORTEST_TOKEN = 16
"""A token of fewer characters could be guessed."""
_TOKEN = re.compile(r"[!-~][ -~]*[!-~]")
_MAKE = "make one with python -c 'import secrets; print(secrets.token_urlsafe())'"


def checked_token(token: str) -> str:
    """The token itself, where it is hard to guess and fits into a header.

    Raises:
        ConfigurationError: It is too short, or holds what no client can send.
    """
    if len(token) < SHORTEST_TOKEN:
        raise ConfigurationError(f"the token has fewer than {SHORTEST_TOKEN} characters: {_MAKE}")
    if not _TOKEN.fullmatch(token):
        raise ConfigurationError(
            "the token begins or ends with white space, or holds what is not ASCII, which no header "
            f"carries: {_MAKE}"
        )
    return token


def is_address(host: str) -> bool:
    """Whether a host is named by its address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_local(host: str) -> bool:
    """Whether this machine alone can reach a host."""
    return host == "localhost" or (is_address(host) and ip_address(host).is_loopback)


def bracketed(host: str) -> str:
    """A host as addresses of the web write it."""
    return f"[{host}]" if ":" in host else host


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens; on any free port where it is 0.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"{host}:{port} cannot be listened on ({error}): use another port, or 0 for any free one"
        ) from error


def serve(app: ASGIApp, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serves an application until it is interrupted.

    Args:
        app: The application.
        host: The interface to listen on.
        port: The port; any free one where it is 0.
        ready: Called with the address as soon as it can be opened.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """
    with bound(host, port) as listener:
        ready(f"http://{bracketed(host)}:{listener.getsockname()[1]}")
        config = uvicorn.Config(app, log_level="warning", server_header=False, ws="none")
        try:
            uvicorn.Server(config).run(sockets=[listener])
        except KeyboardInterrupt:
            return
