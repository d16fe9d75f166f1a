"""What the bot answers to a probe of its readiness."""

import httpx

from bot.app import Bot


async def readiness(bot: Bot) -> str:
    """Return "ready", or why it is not."""
    transport = httpx.ASGITransport(app=bot.admin)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot.localhost") as client:
        answer = await client.get("/readyz")
    assert (answer.status_code == 200) is (answer.text == "ready"), answer.text
    return answer.text
