"""``edfs-bot run``: serves the bot until a signal, and says why it cannot."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator

import typer

from bot.app import open_bot
from bot.core.errors import StoreUnreachable
from bot.gateways.policy_file import PolicyFile
from bot.gateways.policy_toml import PolicyBroken
from bot.gateways.slack.client import SlackRejected, SlackUnavailable
from bot.gateways.store.replication import StoreMisconfigured
from bot.logs import set_up
from bot.settings import HostPort, Settings
from bot.web import serving

RETRY_SECONDS = 5.0
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run_bot(settings: Settings) -> None:
    """Serve until a signal.

    Raises typer.Exit: 2 where the settings or the policy are wrong, 1 where something is away.
    """
    set_up()
    try:
        asyncio.run(_run(settings))
    except PolicyBroken as broken:
        for problem in broken.problems:
            typer.echo(f"{settings.edfs_bot_policy}:{problem}", err=True)
        raise typer.Exit(2) from None
    except StoreMisconfigured as error:
        typer.echo(f"{error}.", err=True)
        raise typer.Exit(2) from None
    except (StoreUnreachable, SlackRejected, OSError) as error:
        typer.echo(f"{type(error).__name__}: {error}. See: edfs-bot doctor", err=True)
        raise typer.Exit(1) from None


async def _run(settings: Settings) -> None:
    stopped = asyncio.Event()
    _listen_for_signals(stopped)
    while not stopped.is_set():
        try:
            await _serve(settings, stopped)
        except SlackUnavailable as away:
            typer.echo(f"Slack does not answer ({away}); trying again.", err=True)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), RETRY_SECONDS)


def _listen_for_signals(stopped: asyncio.Event) -> None:
    """Shut down in order at the first signal; the second one ends the process, also safely."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        stopped.set()
        for name in SIGNALS:
            loop.remove_signal_handler(name)
            signal.signal(name, signal.SIG_DFL)

    for name in SIGNALS:
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(name, stop)


def _reload_at_hangup(policy_file: PolicyFile) -> None:
    """Read the policy again at SIGHUP, which would end the process otherwise."""
    with contextlib.suppress(NotImplementedError, AttributeError):  # Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, policy_file.reload)


async def _serve(settings: Settings, stopped: asyncio.Event) -> None:
    public, admin = HostPort.of(settings.edfs_bot_bind), HostPort.of(settings.edfs_bot_admin_bind)
    async with contextlib.AsyncExitStack() as stack:
        async with unless(stopped):
            bot = await stack.enter_async_context(open_bot(settings, time.time))
            _reload_at_hangup(bot.context.gateways.policy_file)
            await stack.enter_async_context(serving(bot.admin, admin.host, admin.port))
            await stack.enter_async_context(serving(bot.public, public.host, public.port))
        await stopped.wait()


@contextlib.asynccontextmanager
async def unless(stopped: asyncio.Event) -> AsyncIterator[None]:
    """Cancel the body when the bot is to stop: opening its connections may take long."""
    body = asyncio.current_task()
    watch = asyncio.create_task(stopped.wait())

    def cancel(_: object) -> None:
        # A scheduled callback cannot be removed: it may be called after the body has ended.
        if body is not None:
            body.cancel()

    watch.add_done_callback(cancel)
    try:
        yield
    except asyncio.CancelledError:
        if body is None or not stopped.is_set():
            raise
        body.uncancel()
    finally:
        body = None
        watch.cancel()
