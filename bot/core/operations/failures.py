"""Maps errors to the failures that records store, and back to errors for the views to word."""

from collections.abc import Mapping

from bot.core import errors
from bot.core.errors import ApiError, BotError, Detail, RateLimited, Unclear
from bot.core.operations.operation import Failure, FailureKind

# The errors that a record may have to store.
StorableError = (
    ApiError
    | errors.SignInNeeded
    | errors.AccountChanged
    | errors.IdentityProviderError
    | errors.SealBroken
    | errors.StoreUnreachable
    | errors.PersonRefused
    | errors.PolicyRefused
    | errors.AuthorizationRevoked
    | errors.ChangesStopped
    | errors.CannotUndo
    | errors.DefinitionChanged
    | errors.TimerGone
    | errors.Expired
)

KINDS: Mapping[type[BotError], FailureKind] = {
    errors.NotSent: FailureKind.NOT_SENT,
    errors.Refused: FailureKind.REFUSED,
    errors.TokenRefused: FailureKind.TOKEN_REFUSED,
    errors.ClientUnknown: FailureKind.CLIENT_UNKNOWN,
    errors.Forbidden: FailureKind.FORBIDDEN,
    errors.NotFound: FailureKind.NOT_FOUND,
    errors.Invalid: FailureKind.INVALID,
    errors.RateLimited: FailureKind.RATE_LIMITED,
    errors.Unclear: FailureKind.UNCLEAR,
    errors.SignInNeeded: FailureKind.SIGN_IN_NEEDED,
    errors.AccountChanged: FailureKind.ACCOUNT_CHANGED,
    errors.IdentityProviderError: FailureKind.IDENTITY_PROVIDER,
    errors.SealBroken: FailureKind.SEAL_BROKEN,
    errors.StoreUnreachable: FailureKind.STORE_UNREACHABLE,
    errors.PersonRefused: FailureKind.PERSON_REFUSED,
    errors.PolicyRefused: FailureKind.POLICY_REFUSED,
    errors.AuthorizationRevoked: FailureKind.AUTHORIZATION_REVOKED,
    errors.ChangesStopped: FailureKind.CHANGES_STOPPED,
    errors.CannotUndo: FailureKind.CANNOT_UNDO,
    errors.DefinitionChanged: FailureKind.DEFINITION_CHANGED,
    errors.TimerGone: FailureKind.TIMER_GONE,
    errors.Expired: FailureKind.EXPIRED,
}


def failure_from(error: StorableError, now: float) -> Failure:
    """Return the error as facts; a waiting time becomes the time at which it is over."""
    kind = KINDS[type(error)]
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
        case errors.PolicyRefused(reason=reason, rule=rule):
            return Failure(kind=kind, code=rule, why=reason)
        case errors.IdentityProviderError(what=what, settings=settings):
            return Failure(kind=kind, message=what, why="settings" if settings else "")
        case errors.AuthorizationRevoked() | errors.PersonRefused() | errors.CannotUndo():
            return Failure(kind=kind, why=error.reason)
        case errors.TimerGone(wanted=wanted):
            return Failure(kind=kind, message=wanted)
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
    """Return the error of a failure; the waiting time of a rate limit is what is left of it.

    A failure that stands for a state that was found has no error; it becomes RetriesExhausted.
    """
    kind = _ERRORS.get(failure.kind, errors.RetriesExhausted)
    if issubclass(kind, ApiError):
        return _api_error(kind, failure, now)
    match failure.kind:
        case FailureKind.SIGN_IN_NEEDED:
            return errors.SignInNeeded(ended=True)
        case FailureKind.IDENTITY_PROVIDER:
            return errors.IdentityProviderError(failure.message, failure.why == "settings")
        case FailureKind.PERSON_REFUSED:
            return errors.PersonRefused("unchecked")
        case FailureKind.POLICY_REFUSED:
            return errors.PolicyRefused(failure.why, failure.code)  # type: ignore[arg-type]
        case FailureKind.AUTHORIZATION_REVOKED:
            return errors.AuthorizationRevoked(failure.why)
        case FailureKind.CANNOT_UNDO:
            return errors.CannotUndo(failure.why)  # type: ignore[arg-type]
        case FailureKind.TIMER_GONE:
            return errors.TimerGone(failure.message)
        case _:
            return kind()


_ERRORS: Mapping[FailureKind, type[BotError]] = {kind: error for error, kind in KINDS.items()}


def _api_error(kind: type[ApiError], failure: Failure, now: float) -> ApiError:
    facts = {
        "operation": failure.operation,
        "status": failure.status,
        "code": failure.code,
        "message": failure.message,
        "details": tuple(Detail(*entry) for entry in failure.details),
    }
    if issubclass(kind, RateLimited):
        left = max(0.0, failure.until - now)
        return kind(**facts, retry_after=left, ours=failure.why == "ours")  # type: ignore[arg-type]
    if issubclass(kind, Unclear):
        return kind(**facts, why=failure.why)  # type: ignore[arg-type]
    return kind(**facts)  # type: ignore[arg-type]
