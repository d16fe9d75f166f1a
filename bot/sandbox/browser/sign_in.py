"""Signs a person in with the browser: through the bot's pages to IMS and back."""

from bot.sandbox.browser.browser import Browser, BrowserError
from bot.sandbox.ims import ImsStandIn
from bot.sandbox.people import Person

_MAX_PAGES = 12


async def sign_in(browser: Browser, url: str, account: Person) -> str:
    """Follows the pages from `url`, agrees to everything, and returns the last page's text.

    The last page is the first without a form, an error page, or the bot's page after IMS. Raises
    BrowserError where the pages do not end.
    """
    browser.visited.clear()
    await browser.get(url)
    for _ in range(_MAX_PAGES):
        at_ims = browser.host == ImsStandIn.host
        been_at_ims = any(f"//{ImsStandIn.host}" in address for address in browser.visited)
        if not browser.page.forms or browser.status >= 400 or (been_at_ims and not at_ims):
            return browser.text
        login_form = at_ims and "person" in browser.page.forms[0].fields
        await browser.submit({"person": account.name} if login_form else {})
    raise BrowserError(f"still not signed in after {_MAX_PAGES} pages: {browser.text}")
