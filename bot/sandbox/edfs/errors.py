"""Error responses of the platform, with the published codes and targets (edfs-openapi.yaml)."""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

Detail = tuple[str, str, str | None]


class PlatformError(Exception):
    """An error of an operation or of the gateway, raised where it is found."""

    def __init__(
        self, status: int, code: str, message: str, details: Iterable[Detail] = ()
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message
        self.details = tuple(details)

    def response(self) -> web.Response:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = [_detail(*detail) for detail in self.details]
        return web.json_response({"error": error}, status=self.status)


def _detail(code: str, message: str, target: str | None) -> dict[str, str]:
    described = {"code": code, "message": message}
    return described if target is None else {**described, "target": target}


def operation_not_found() -> PlatformError:
    """The gateway matched no operation: wrong path or wrong Accept."""
    detail = ("OperationNotFound", "Requested operation is not available.", None)
    return PlatformError(404, "ResourceNotFound", "Requested resource is not available.", [detail])


def header_not_found() -> PlatformError:
    return PlatformError(401, "HeaderNotFound", "Header Authorization was not found.")


def wrong_scheme() -> PlatformError:
    return PlatformError(401, "InvalidAuthorizationScheme", "Only Bearer tokens are accepted.")


def token_refused() -> PlatformError:
    return PlatformError(401, "Unauthorized", "The user is unauthorized: token refused.")


def unknown_client() -> PlatformError:
    detail = ("UnknownClient", "The client is not registered on the portal.", None)
    return PlatformError(401, "Unauthorized", "The client is refused.", [detail])


def not_allowed() -> PlatformError:
    return PlatformError(403, "InsufficientPermissions", "The user has insufficient permissions.")


def timer_not_found() -> PlatformError:
    return PlatformError(404, "TimerNotFound", "Requested timer is not available.")


def timer_list_not_found() -> PlatformError:
    return PlatformError(404, "TimerListNotFound", "Requested timer list is not available.")


def itwin_not_found() -> PlatformError:
    return PlatformError(404, "iTwinNotFound", "Requested iTwin is not available.")


def itwin_not_found_access() -> PlatformError:
    """As `itwin_not_found`, in the spelling of the Access Control API."""
    return PlatformError(404, "ItwinNotFound", "Requested iTwin is not available.")


def bad_value(target: str, message: str = "The value is not valid.") -> Detail:
    return ("InvalidValue", message, target)


def invalid(code: str, details: Iterable[Detail]) -> PlatformError:
    return PlatformError(422, code, "The request is invalid.", details)


# The published bodies of an armed status, where it depends on the operation.
_INVALID = {
    "timers": ("InvalidTimerListRequest", ("iTwinId",)),
    "itwins": ("InvalidiTwinsRequest", ("$top",)),
    "favorites": ("InvalidiTwinsRequest", ("$top",)),
    "recents": ("InvalidiTwinsRequest", ("$top",)),
    "itwin": ("InvalidiTwinsRequest", ("id",)),
    "permissions": ("InvalidAccessControlRequest", ("id",)),
}
_ABSENT = {
    "timers": timer_list_not_found,
    "itwins": operation_not_found,
    "favorites": operation_not_found,
    "recents": operation_not_found,
    "itwin": itwin_not_found,
    "permissions": itwin_not_found_access,
    "me": operation_not_found,
    "create": operation_not_found,
}
_NAMED = {
    "HeaderNotFound": header_not_found,
    "InvalidAuthorizationScheme": wrong_scheme,
    "UnknownClient": unknown_client,
    "ResourceNotFound": operation_not_found,
    "TimerListNotFound": timer_list_not_found,
    "TimerNotFound": timer_not_found,
}


def documented(operation: str | None, status: int, code: str | None) -> PlatformError:
    """The published error of an operation for a status; `code` selects another one."""
    error = _usual(operation or "", status)
    if code in _NAMED and _NAMED[code]().status == status:
        return _NAMED[code]()
    if code is not None:
        return PlatformError(status, code, error.message, error.details)
    return error


def _usual(operation: str, status: int) -> PlatformError:
    match status:
        case 401:
            return token_refused()
        case 403:
            return not_allowed()
        case 404:
            return _ABSENT.get(operation, timer_not_found)()
        case 422:
            code, targets = _INVALID.get(operation, ("InvalidTimerRequest", ("iTwinId", "timerId")))
            return invalid(code, [bad_value(target) for target in targets])
        case 429:
            return PlatformError(429, "TooManyRequests", "More requests than the rate allows.")
        case _:
            return PlatformError(status, "InternalError", "Something went wrong upstream.")
