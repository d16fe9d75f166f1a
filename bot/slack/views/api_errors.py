"""Texts of the errors of EDFS and the iTwin Platform: (title, cause, next step).

Source of statuses and codes: EDFS API ``timer-toggle`` and the reads beside it; the 429 code is
published in two spellings, so the status decides.
"""

from bot.core import errors
from bot.core.errors import ApiError

ApiErrorText = tuple[str, str, str]

_NOT_FOUND: dict[str, ApiErrorText] = {
    "TimerNotFound": (
        "No such timer",
        "Bentley knows no such timer in that iTwin, or your account may not see it.",
        "See what is there with /edfs list.",
    ),
    "TimerListNotFound": (
        "No timers there",
        "Bentley knows no timers of that iTwin, or your account may not see them.",
        "Check the iTwin's name, or ask its administrator for the right edfs_listmng.",
    ),
    "iTwinNotFound": (
        "No such iTwin",
        "Bentley knows no such iTwin, or your account is not a member of it.",
        "See yours with /edfs list.",
    ),
    "ResourceNotFound": (
        "Bentley does not know this request",
        "Either the bot asked wrongly, or the technical preview of the EDFS API was withdrawn.",
        "That is an admin's matter: tell them the trace id.",
    ),
}
_UNCLEAR: dict[str, str] = {
    "timeout": "Bentley did not answer in time.",
    "cut": "The connection to Bentley broke off.",
    "redirect": "Bentley answered with a redirect, which is never followed with your token.",
    "body": "Bentley's answer could not be read.",
    "other_id": "Bentley's answer was about something else than what was asked.",
    "failover": "The bot's store moved to another server, which may have forgotten a request.",
    "crash": "The bot was interrupted while it waited for the answer.",
}


def api_error_text(error: ApiError) -> ApiErrorText:
    """Return (title, cause, next step) of an error of the platform."""
    match error:
        case errors.TokenRefused():
            return (
                "Sign in again",
                "Bentley does not accept your token any more, also after it was renewed.",
                "Sign in again, then repeat the command.",
            )
        case errors.ClientUnknown():
            return (
                "The bot itself is not accepted",
                "Bentley does not know the registration (client id) of this bot.",
                "That is an admin's matter: check IMS_CLIENT_ID on Bentley's developer portal.",
            )
        case errors.Forbidden():
            return (
                "You do not have the right",
                "Your iTwin account lacks the permission edfs_listmng on this iTwin.",
                "Ask an administrator of the iTwin for it.",
            )
        case errors.NotFound(code=code):
            return _NOT_FOUND.get(code, _NOT_FOUND["TimerNotFound"])
        case errors.Invalid():
            return ("Bentley refused a value", "A value that was sent is not accepted.", _CHECK)
        case errors.RateLimited(ours=True):
            return (
                "Too many requests just now",
                "Your share of Bentley's limit is used up for the moment. Nothing was sent.",
                "Ask again then, or press the button: it asks once.",
            )
        case errors.RateLimited():
            return (
                "Too many requests just now",
                "All users of this bot share Bentley's limit, and it is used up. Nothing was done.",
                "Ask again then, or press the button: it asks once.",
            )
        case _:
            return _without_an_answer(error)


_LOOK = "Try again in a minute, or look with /edfs show."
# The toggle may have been carried out, so repeating it now could reverse it.
_WAIT = (
    "Wait: the timer is read again, and the card will say what is true. Do not repeat it before."
)
_CHECK = "Check the id you gave; if you gave none, tell an admin the trace id."


def _of_status(status: int) -> str:
    """Name a status that no document of the platform explains for the request."""
    match status:
        case 408:
            return "Bentley gave up waiting for the request (status 408)."
        case 409:
            return "Bentley reports a conflict with another change (status 409)."
        case _ if status < 500:
            return f"Bentley answered in a way that it does not document (status {status})."
        case _:
            return f"Bentley has trouble of its own (status {status})."


def _without_an_answer(error: ApiError) -> ApiErrorText:
    match error:
        case errors.NotSent():
            return (
                "Bentley cannot be reached",
                "No connection came about, so nothing was sent and nothing was changed.",
                "Try again in a minute.",
            )
        case errors.Unclear(why=why, status=status):
            cause = _UNCLEAR.get(why) or _of_status(status)
            if error.operation == "toggle":
                return ("No clear answer", cause, _WAIT)
            return ("No clear answer", f"{cause} Nothing was changed.", _LOOK)
        case _:
            refused = f"Bentley refused the request (status {error.status})."
            return ("Refused", refused, "If it stays so, tell an admin the trace id.")
