"""Which certificate authorities are believed: the system's, or those of one file."""

import ssl
from functools import cache


@cache
def ssl_context(ca_file: str | None) -> ssl.SSLContext:
    """Return the context for all connections; reading a system's store takes many milliseconds."""
    return ssl.create_default_context(cafile=ca_file)
