"""An error as facts that an operation keeps, and back again to be worded."""

from bot.core import errors
from bot.core.errors import ApiError, BotError, Detail, RateLimited, Unclear
from bot.core.operations.operation import Trouble

_PLAIN: tuple[type[BotError], ...] = (
    errors.Expired,
    errors.OtherAccount,
    errors.DefinitionChanged,
    errors.SealBroken,
    errors.StoreUnreachable,
    errors.WritesOff,
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


def trouble_of(error: BotError, now: float) -> Trouble:
    kind = type(error).__name__
    match error:
        case ApiError():
            return Trouble(
                kind=kind,
                operation=error.operation,
                status=error.status,
                code=error.code,
                message=error.message,
                details=tuple((d.code, d.message, d.target) for d in error.details),
                until=now + error.retry_after if isinstance(error, RateLimited) else 0.0,
                why=_why(error),
            )
        case errors.Withdrawn(what=what):
            return Trouble(kind=kind, why=what)
        case errors.PersonRefused(reason=reason):
            return Trouble(kind=kind, why=reason)
        case errors.IdentityProviderTrouble(what=what, settings=settings):
            return Trouble(kind=kind, message=what, why="settings" if settings else "")
        case _:
            return Trouble(kind=kind)


def _why(error: ApiError) -> str:
    match error:
        case Unclear(why=why):
            return why
        case RateLimited(ours=True):
            return "ours"
        case _:
            return ""


def error_of(trouble: Trouble, now: float) -> BotError:
    """Return the error again; the waiting time of a rate limit is what is left of it."""
    by_name = {kind.__name__: kind for kind in (*_PLAIN, *_API)}
    facts = {
        "operation": trouble.operation,
        "status": trouble.status,
        "code": trouble.code,
        "message": trouble.message,
        "details": tuple(Detail(*entry) for entry in trouble.details),
    }
    match trouble.kind:
        case "SignInNeeded":
            return errors.SignInNeeded(ended=True)
        case "IdentityProviderTrouble":
            return errors.IdentityProviderTrouble(trouble.message, trouble.why == "settings")
        case "Withdrawn":
            return errors.Withdrawn(trouble.why)
        case "PersonRefused":
            return errors.PersonRefused("unchecked")
        case "RateLimited":
            left = max(0.0, trouble.until - now)
            ours = trouble.why == "ours"
            return RateLimited(**facts, retry_after=left, ours=ours)  # type: ignore[arg-type]
        case "Unclear":
            return Unclear(**facts, why=trouble.why)  # type: ignore[arg-type]
        case kind if kind in {one.__name__ for one in _API}:
            return by_name[kind](**facts)
        case kind:
            return by_name.get(kind, errors.GaveUp)()
