"""Serves the files of the page, which are read once, with strict security headers."""

from importlib.resources import files

from aiohttp import web

_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
# Scripts and styles only from the page's own files, no request to another host, no framing.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class PageFiles:
    """The files of the folder `page`, by name."""

    def __init__(self) -> None:
        folder = files("bot.sandbox") / "page"
        self._files = {
            file.name: (file.read_bytes(), kind)
            for file in folder.iterdir()
            for ending, kind in _TYPES.items()
            if file.name.endswith(ending)
        }

    def answer(self, name: str) -> web.Response:
        if name not in self._files:
            raise web.HTTPNotFound
        body, kind = self._files[name]
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=HEADERS)

    async def serve(self, request: web.Request) -> web.Response:
        return self.answer(request.match_info["name"])


def wants_page(request: web.Request) -> bool:
    """Whether the client is a browser: those name text/html in Accept, curl and programs do not."""
    return "text/html" in request.headers.get("Accept", "")
