"""The memory of one group as a server of the Model Context Protocol; ``kgmem[mcp]``.

The group is fixed when the server is built: no tool takes one, so no prompt can leave it.
"""

from kgmem.errors import ConfigurationError

try:
    import mcp  # noqa: F401 - said here, where all of it is imported from
except ImportError as missing:
    raise ConfigurationError(
        f"the MCP server needs {missing.name}: pip install 'kgmem[mcp]'"
    ) from missing

from kgmem.integrations.mcp.http import http_app, serve
from kgmem.integrations.mcp.server import PROFILES, build

__all__ = ["PROFILES", "build", "http_app", "serve"]
