"""An error as facts that an operation keeps, and back again to be worded."""

from bot.core import errors
from bot.core.errors import ApiError, BotError, Detail, RateLimited, Unclear
from bot.core.operations.operation import Failure

_PLAIN: tuple[type[BotError], ...] = (
    errors.Expired,
    errors.AccountChanged,
    errors.DefinitionChanged,
    errors.SealBroken,
    errors.StoreUnreachable,
    errors.ChangesStopped,
)
_API: tuple[type[ApiError], ...] = (
    errors.NotSent,
    errors.Refused,
    errors.TokenRefused,
    errors.ClientUnknown,
    errors.Forbidden,
    errors.NotFound,
    errors.Invalid,
)


def failure_from(error: BotError, now: float) -> Failure:
    kind = type(error).__name__
    match error:
        case ApiError():
            return Failure(
                kind=kind,
                operation=error.operation,
                status=error.status,
                code=error.code,
                message=error.message,
                details=tuple((d.code, d.message, d.target) for d in error.details),
                until=now + error.retry_after if isinstance(error, RateLimited) else 0.0,
                why=_why(error),
            )
        case errors.AuthorizationRevoked(reason=what):
            return Failure(kind=kind, why=what)
        case errors.PersonRefused(reason=reason):
            return Failure(kind=kind, why=reason)
        case errors.IdentityProviderError(what=what, settings=settings):
            return Failure(kind=kind, message=what, why="settings" if settings else "")
        case _:
            return Failure(kind=kind)


def _why(error: ApiError) -> str:
    match error:
        case Unclear(why=why):
            return why
        case RateLimited(ours=True):
            return "ours"
        case _:
            return ""


def error_from(failure: Failure, now: float) -> BotError:
    """Return the error again; the waiting time of a rate limit is what is left of it."""
    by_name = {kind.__name__: kind for kind in (*_PLAIN, *_API)}
    facts = {
        "operation": failure.operation,
        "status": failure.status,
        "code": failure.code,
        "message": failure.message,
        "details": tuple(Detail(*entry) for entry in failure.details),
    }
    match failure.kind:
        case "SignInNeeded":
            return errors.SignInNeeded(ended=True)
        case "IdentityProviderError":
            return errors.IdentityProviderError(failure.message, failure.why == "settings")
        case "AuthorizationRevoked":
            return errors.AuthorizationRevoked(failure.why)
        case "PersonRefused":
            return errors.PersonRefused("unchecked")
        case "RateLimited":
            left = max(0.0, failure.until - now)
            ours = failure.why == "ours"
            return RateLimited(**facts, retry_after=left, ours=ours)  # type: ignore[arg-type]
        case "Unclear":
            return Unclear(**facts, why=failure.why)  # type: ignore[arg-type]
        case kind if kind in {one.__name__ for one in _API}:
            return by_name[kind](**facts)
        case kind:
            return by_name.get(kind, errors.RetriesExhausted)()
