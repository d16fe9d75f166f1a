"""The way of a person from the Sign in button through the bot's pages and IMS and back."""

from bot.sandbox.browser.browser import Browser, BrowserError
from bot.sandbox.ims import ImsStandIn
from bot.sandbox.people import Person

_MOST_PAGES = 12


async def sign_in(browser: Browser, url: str, account: Person) -> str:
    """Agrees to everything on the way; the text of the page it ends on.

    It ends on the first page without a form, on an error, or back at the bot after IMS.
    """
    browser.visited.clear()
    await browser.get(url)
    for _ in range(_MOST_PAGES):
        at_ims = browser.host == ImsStandIn.host
        been_at_ims = any(f"//{ImsStandIn.host}" in address for address in browser.visited)
        if not browser.page.forms or browser.status >= 400 or (been_at_ims and not at_ims):
            return browser.text
        asked_who = at_ims and "person" in browser.page.forms[0].fields
        await browser.submit({"person": account.name} if asked_who else {})
    raise BrowserError(f"still not signed in after {_MOST_PAGES} pages: {browser.text}")
