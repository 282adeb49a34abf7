"""Who can reach what listens: this machine alone, or others, who need a token."""

from ipaddress import ip_address

SHORTEST_TOKEN = 16
"""A token of fewer characters could be guessed."""


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
