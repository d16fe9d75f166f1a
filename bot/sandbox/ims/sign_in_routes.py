"""The routes for a person's browser: authorization, login, consent and end-session."""

import secrets
from typing import Protocol

from aiohttp import web

from bot.sandbox.ims.errors import OAuthError
from bot.sandbox.ims.pages import consent_page, error_page, login_page
from bot.sandbox.ims.requests import AuthorizationRequest, check_request, read_request
from bot.sandbox.ims.state import ImsState, Session
from bot.sandbox.people import PEOPLE, Person, UnknownNameError, person_named

_COOKIE = "ims_session"


class Server(Protocol):
    """What these routes need of the stand-in: its state, its URL and the registered client."""

    state: ImsState
    client_id: str
    client_name: str
    redirect_uris: set[str]
    allowed_scopes: frozenset[str]

    @property
    def url(self) -> str: ...


class SignInRoutes:
    """The handlers of these routes."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @property
    def _state(self) -> ImsState:
        return self._server.state

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """Shows the next page of a sign-in, or redirects with a code.

        A wrong client or redirect_uri gets an error page, never a redirect (RFC 6749 4.1.2.1).
        """
        authorization = read_request(request.query)
        if request.query.get("client_id") != self._server.client_id:
            return error_page("Unknown application", "This client_id is not registered.")
        if authorization.redirect_uri not in self._server.redirect_uris:
            return error_page("Unknown address", "This redirect_uri is not registered.")
        try:
            check_request(request.query, self._server.allowed_scopes)
            return self._next_step(request, authorization)
        except OAuthError as error:
            return authorization.error_response(self._server.url, error)

    async def login(self, request: web.Request) -> web.StreamResponse:
        """Starts a session for the chosen account."""
        form = await request.post()
        number = str(form.get("request", ""))
        authorization = self._state.pending.get(number)
        try:
            person = person_named(str(form.get("person", "")))
        except UnknownNameError as error:
            return error_page("Unknown account", str(error))
        if authorization is None:
            return error_page("Too late", "This sign-in is over. Start it again.")
        cookie = secrets.token_urlsafe(24)
        session = Session(person, self._state.clock.now())
        self._state.sessions[cookie] = session
        response = self._consent_or_code(number, authorization, session)
        # Lax, so that the session is there when an application sends the person here again.
        response.set_cookie(_COOKIE, cookie, httponly=True, samesite="Lax", path="/")
        return response

    async def consent(self, request: web.Request) -> web.StreamResponse:
        """Redirects to the client with a code, or with `access_denied`."""
        form = await request.post()
        authorization = self._state.pending.pop(str(form.get("request", "")), None)
        session = self._session(request)
        if authorization is None or session is None:
            return error_page("Too late", "This sign-in is over. Start it again.")
        if form.get("decision") != "approve":
            denied = OAuthError("access_denied", "the person said no")
            return authorization.error_response(self._server.url, denied)
        self._state.consents.add(_consent_key(session.person, authorization))
        return self._redirect_with_code(authorization, session)

    async def end_session(self, request: web.Request) -> web.StreamResponse:
        """Signs the person's browser out of IMS."""
        self._state.sessions.pop(request.cookies.get(_COOKIE, ""), None)
        response = web.Response(text="You are signed out.")
        response.del_cookie(_COOKIE, path="/")
        return response

    def _next_step(self, request: web.Request, authorization: AuthorizationRequest) -> web.Response:
        """Honors `prompt` (OpenID Connect Core 3.1.2.1): with "none", no page may be shown."""
        session = self._session(request)
        silent = "none" in authorization.prompts
        if session is None or "login" in authorization.prompts:
            if silent:
                raise OAuthError("login_required", "nobody is signed in")
            people = [person for person in PEOPLE if not person.is_bot]
            number = self._keep(authorization)
            hint, back_to = authorization.login_hint, authorization.back_to
            return login_page(number, self._server.client_name, people, hint, back_to)
        if silent and _consent_key(session.person, authorization) not in self._state.consents:
            raise OAuthError("consent_required", "the person has not agreed yet")
        return self._consent_or_code(self._keep(authorization), authorization, session)

    def _consent_or_code(
        self, number: str, authorization: AuthorizationRequest, session: Session
    ) -> web.Response:
        agreed = _consent_key(session.person, authorization) in self._state.consents
        if agreed and "consent" not in authorization.prompts:
            self._state.pending.pop(number, None)
            return self._redirect_with_code(authorization, session)
        return consent_page(
            number,
            self._server.client_name,
            session.person,
            authorization.scopes,
            authorization.back_to,
        )

    def _redirect_with_code(
        self, authorization: AuthorizationRequest, session: Session
    ) -> web.Response:
        grants = self._state.grants
        grant = grants.create(
            session.person, authorization.scopes, authorization.nonce, session.since
        )
        code = grants.code_for(grant, authorization.redirect_uri, authorization.challenge)
        return authorization.response(self._server.url, {"code": code})

    def _keep(self, authorization: AuthorizationRequest) -> str:
        """Stores the request while the person is at a page; returns its number for the form."""
        number = secrets.token_urlsafe(18)
        self._state.pending[number] = authorization
        return number

    def _session(self, request: web.Request) -> Session | None:
        return self._state.sessions.get(request.cookies.get(_COOKIE, ""))


def _consent_key(person: Person, authorization: AuthorizationRequest) -> tuple[str, frozenset[str]]:
    return person.subject, frozenset(authorization.scopes)
