"""The front desk: where a person signs in, is asked for consent, and is sent back."""

import secrets
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from bot.sandbox.clock import Clock
from bot.sandbox.ims.grants import Grant, Grants, OAuthError
from bot.sandbox.ims.pages import consent_page, error_page, login_page
from bot.sandbox.ims.requests import AuthorizationRequest, check_request, read_request
from bot.sandbox.people import PEOPLE, Person, UnknownNameError, person_named

_COOKIE = "ims_session"


class Registration(Protocol):
    """What the desk must know of the client and of the house."""

    clock: Clock
    client_id: str
    client_name: str
    redirect_uris: set[str]
    allowed_scopes: frozenset[str]
    grants: Grants

    @property
    def url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Session:
    person: Person
    since: float


class Desk:
    def __init__(self, house: Registration) -> None:
        self._house = house
        self.reset()

    def reset(self) -> None:
        self._waiting: dict[str, AuthorizationRequest] = {}
        self._sessions: dict[str, Session] = {}
        self._consents: set[tuple[str, frozenset[str]]] = set()
        self._families = 0

    def grant(
        self, person: Person, scopes: tuple[str, ...], nonce: str | None = None, since: float = 0
    ) -> Grant:
        self._families += 1
        signed_in_at = since or self._house.clock.now()
        return Grant(f"family-{self._families}", person, scopes, nonce, signed_in_at)

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """A wrong client or address is told to the person, never redirected (RFC 6749 4.1.2.1)."""
        wish = read_request(request.query)
        if request.query.get("client_id") != self._house.client_id:
            return error_page("Unknown application", "This client_id is not registered.")
        if wish.redirect_uri not in self._house.redirect_uris:
            return error_page("Unknown address", "This redirect_uri is not registered.")
        try:
            check_request(request.query, self._house.allowed_scopes)
            return self._next_step(request, wish)
        except OAuthError as error:
            return wish.refusal(self._house.url, error)

    async def login(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        number = str(form.get("request", ""))
        wish = self._waiting.get(number)
        try:
            person = person_named(str(form.get("person", "")))
        except UnknownNameError as error:
            return error_page("Unknown account", str(error))
        if wish is None:
            return error_page("Too late", "This sign-in is over. Start it again.")
        cookie = secrets.token_urlsafe(24)
        self._sessions[cookie] = Session(person, self._house.clock.now())
        answer = self._consent_or_code(number, wish, self._sessions[cookie])
        # Lax, so that the session is there when an application sends the person here again.
        answer.set_cookie(_COOKIE, cookie, httponly=True, samesite="Lax", path="/")
        return answer

    async def consent(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        wish = self._waiting.pop(str(form.get("request", "")), None)
        session = self._session(request)
        if wish is None or session is None:
            return error_page("Too late", "This sign-in is over. Start it again.")
        if form.get("decision") != "approve":
            denied = OAuthError("access_denied", "the person said no")
            return wish.refusal(self._house.url, denied)
        self._consents.add(_consent_key(session.person, wish))
        return self._with_code(wish, session)

    async def leave(self, request: web.Request) -> web.StreamResponse:
        """End-session: the person's browser is signed out of IMS."""
        self._sessions.pop(request.cookies.get(_COOKIE, ""), None)
        answer = web.Response(text="You are signed out.")
        answer.del_cookie(_COOKIE, path="/")
        return answer

    def _next_step(self, request: web.Request, wish: AuthorizationRequest) -> web.Response:
        session = self._session(request)
        silent = "none" in wish.prompts
        if session is None or "login" in wish.prompts:
            if silent:
                raise OAuthError("login_required", "nobody is signed in")
            people = [person for person in PEOPLE if not person.is_bot]
            number = self._wait(wish)
            client = self._house.client_name
            return login_page(number, client, people, wish.login_hint, wish.back_to)
        agreed = _consent_key(session.person, wish) in self._consents
        if silent and not agreed:
            raise OAuthError("consent_required", "the person has not agreed yet")
        return self._consent_or_code(self._wait(wish), wish, session)

    def _consent_or_code(
        self, number: str, wish: AuthorizationRequest, session: Session
    ) -> web.Response:
        agreed = _consent_key(session.person, wish) in self._consents
        if agreed and "consent" not in wish.prompts:
            self._waiting.pop(number, None)
            return self._with_code(wish, session)
        return consent_page(
            number, self._house.client_name, session.person, wish.scopes, wish.back_to
        )

    def _with_code(self, wish: AuthorizationRequest, session: Session) -> web.Response:
        grant = self.grant(session.person, wish.scopes, wish.nonce, session.since)
        code = self._house.grants.code_for(grant, wish.redirect_uri, wish.challenge)
        return wish.answer(self._house.url, {"code": code})

    def _wait(self, wish: AuthorizationRequest) -> str:
        number = secrets.token_urlsafe(18)
        self._waiting[number] = wish
        return number

    def _session(self, request: web.Request) -> Session | None:
        return self._sessions.get(request.cookies.get(_COOKIE, ""))


def _consent_key(person: Person, wish: AuthorizationRequest) -> tuple[str, frozenset[str]]:
    return person.subject, frozenset(wish.scopes)
