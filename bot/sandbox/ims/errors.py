"""OAuth error responses (RFC 6749 5.2)."""

from aiohttp import web

# RFC 6749 5.1: nothing that a token endpoint answers may be cached.
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthError(Exception):
    """An error of an OAuth endpoint, raised where it is found."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status

    def response(self) -> web.Response:
        """The JSON response; a 401 carries the challenge that RFC 6749 5.2 asks for."""
        headers = dict(NO_STORE)
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="ims"'
        body = {"error": self.error, "error_description": self.description}
        return web.json_response(body, status=self.status, headers=headers)
