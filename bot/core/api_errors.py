"""The errors of the EDFS and iTwins APIs; the whole family stands in ``errors``."""

from dataclasses import dataclass


class BotError(Exception):
    """The family."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One ``error.details[]`` entry of the platform; missing or null members are empty strings."""

    code: str = ""
    message: str = ""
    target: str = ""


@dataclass(eq=False, kw_only=True)
class ApiError(BotError):
    """A call to EDFS or iTwins that failed.

    ``status`` is the HTTP status (0: none came), ``code`` and ``details`` the platform's error
    body as far as it had one (source: iTwin Platform error handling; envelope
    ``{"error": {code, message, target?, details?}}``), ``operation`` our name of the call.
    The texts are a stranger's words: they are shown as plain text only.
    """

    operation: str
    status: int = 0
    code: str = ""
    message: str = ""
    details: tuple[Detail, ...] = ()


class NotSent(ApiError):
    """DNS, connect or TLS failed: no byte of the request reached the server."""


class Refused(ApiError):
    """The platform said no."""


class TokenRefused(Refused):
    """401: the token is missing, stale or not accepted."""


class ClientUnknown(Refused):
    """401 ``UnknownClient``: the registration of the bot itself is not accepted."""


class Forbidden(Refused):
    """403: signed in, but without ``edfs_listmng``."""


class NotFound(Refused):
    """404 in one of its three meanings, told apart by ``code``."""


class Invalid(Refused):
    """422: the platform does not accept a value we sent."""


@dataclass(eq=False, kw_only=True)
class RateLimited(Refused):
    """429, or our own share used up; ``retry_after`` in seconds, already clamped.

    ``ours``: nothing was sent, because it would have gone over the limit.
    """

    retry_after: float = 30.0
    ours: bool = False


@dataclass(eq=False, kw_only=True)
class Unclear(ApiError):
    """Nobody can say from the answer whether the request was executed.

    ``why`` is one of timeout, cut, status, redirect, body, other_id.
    """

    why: str = ""
