"""The trusted certificate authorities: the system's, or those of one file."""

import ssl
from functools import cache


@cache
def ssl_context(ca_file: str | None) -> ssl.SSLContext:
    """Return the context for all connections, cached: loading a system's store is slow."""
    return ssl.create_default_context(cafile=ca_file)
