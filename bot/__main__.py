"""The command line: run, sandbox, doctor, policy, writes, audit, keys."""

import asyncio
import contextlib
import io
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TextIO, TypeVar

import typer

from bot.app import open_bot
from bot.cli import admin
from bot.cli.doctor import examine
from bot.cli.policy import policy
from bot.core.errors import StoreUnreachable
from bot.gateways.policy_file import PolicyFile
from bot.gateways.policy_toml import PolicyBroken
from bot.gateways.sealing import KeyRing
from bot.gateways.slack.client import SlackRejected, SlackUnavailable
from bot.logs import set_up
from bot.settings import HostPort, Settings, SettingsError, read_settings
from bot.web import serving

app = typer.Typer(
    name="edfs-bot",
    help="Flip EDFS timers from Slack, as yourself, exactly once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
keys = typer.Typer(help="The keys that seal what is stored.", no_args_is_help=True)
app.add_typer(keys, name="keys")
writes = typer.Typer(
    help="The kill switch: while it is off nothing is flipped, and everything else works.",
    no_args_is_help=True,
)
app.add_typer(writes, name="writes")
audit = typer.Typer(help="The audit trail.", no_args_is_help=True)
app.add_typer(audit, name="audit")
app.add_typer(policy, name="policy")

Answer = TypeVar("Answer")

AGAIN_SECONDS = 5.0
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def _complain(line: str) -> None:
    typer.echo(line, err=True)


def _settings() -> Settings:
    try:
        return read_settings()
    except SettingsError as error:
        _complain(str(error))
        raise typer.Exit(2) from None


@app.command()
def run() -> None:
    """Run the bot; the settings come from the environment."""
    settings = _settings()
    set_up()
    try:
        asyncio.run(_run(settings))
    except PolicyBroken as broken:
        for problem in broken.problems:
            _complain(f"{settings.edfs_bot_policy}:{problem}")
        raise typer.Exit(2) from None
    except (StoreUnreachable, SlackRejected, OSError) as error:
        _complain(f"{type(error).__name__}: {error}. See: edfs-bot doctor")
        raise typer.Exit(1) from None


async def _run(settings: Settings) -> None:
    stopped = asyncio.Event()
    _listen_for_signals(stopped)
    while not stopped.is_set():
        try:
            await _serve(settings, stopped)
        except SlackUnavailable as away:
            _complain(f"Slack does not answer ({away}); trying again.")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), AGAIN_SECONDS)


def _listen_for_signals(stopped: asyncio.Event) -> None:
    """End in good order at the first signal; the second one ends the process, which is as safe."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        stopped.set()
        for name in SIGNALS:
            loop.remove_signal_handler(name)
            signal.signal(name, signal.SIG_DFL)

    for name in SIGNALS:
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(name, stop)


def _reload_at_hangup(rules: PolicyFile) -> None:
    """Read the policy again at SIGHUP, which would end the process otherwise."""
    with contextlib.suppress(NotImplementedError, AttributeError):  # Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, rules.reload)


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
    """Break off what is inside when the bot is to stop: opening may wait long for somebody."""
    inside = asyncio.current_task()
    watch = asyncio.create_task(stopped.wait())

    def break_off(_: object) -> None:
        # A callback that is on its way already cannot be removed any more: it may come late.
        if inside is not None:
            inside.cancel()

    watch.add_done_callback(break_off)
    try:
        yield
    except asyncio.CancelledError:
        if inside is None or not stopped.is_set():
            raise
        inside.uncancel()
    finally:
        inside = None
        watch.cancel()


@app.command()
def doctor() -> None:
    """Check settings, store, Slack, sign-in and EDFS; each line says what to do."""
    settings = _settings()
    set_up("CRITICAL")
    findings = asyncio.run(examine(settings))
    for resolver in findings:
        _complain(str(resolver))
    raise typer.Exit(0 if all(resolver.well for resolver in findings) else 1)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="The port of the page and the API.")] = 8790,
    headless: Annotated[bool, typer.Option(help="Take no lines from the terminal.")] = False,
) -> None:
    """Play with the bot in a small world of stand-ins; nothing outside is touched."""
    try:
        # The image for production has no sandbox in it.
        from bot.sandbox.start import play  # noqa: PLC0415
    except ModuleNotFoundError:
        _complain("This installation has no sandbox: use a checkout of the project.")
        raise typer.Exit(2) from None
    set_up("WARNING")
    try:
        asyncio.run(play(port, headless=headless))
    except (OSError, SettingsError) as error:
        _complain(f"The sandbox cannot start: {error}")
        raise typer.Exit(1) from None


def _ask(question: Callable[[Settings], Coroutine[Any, Any, Answer]]) -> Answer:
    settings = _settings()
    set_up("CRITICAL")
    try:
        return asyncio.run(question(settings))
    except StoreUnreachable as error:
        _complain(f"The store cannot be reached ({error}). See: edfs-bot doctor")
        raise typer.Exit(1) from None


def _print(lines: list[str]) -> None:
    for said in lines:
        typer.echo(said)


@writes.command("off")
def writes_off() -> None:
    """From now on, nothing is flipped, by any replica."""
    _print(_ask(lambda settings: admin.turn_changes(settings, time.time(), on=False)))


@writes.command("on")
def writes_on() -> None:
    """Flip again when asked."""
    _print(_ask(lambda settings: admin.turn_changes(settings, time.time(), on=True)))


@writes.command("state")
def writes_state() -> None:
    """Say whether changes are on."""
    _print(_ask(admin.writes))


@audit.command("verify")
@audit.command("check", hidden=True)
def audit_verify() -> None:
    """Follow the chain: nothing was changed, moved, put in or left out."""
    well, lines = _ask(admin.check_audit)
    _print(lines)
    raise typer.Exit(0 if well else 1)


@audit.command("show")
def audit_show(
    count: Annotated[int, typer.Option(min=1, help="How many of the newest.")] = 50,
) -> None:
    """Print the newest entries, oldest first."""
    _print(_ask(lambda settings: admin.audit_lines(settings, count)))


def _standard_output() -> contextlib.nullcontext[TextIO]:
    """Write as it is written to a file, whatever the terminal's own encoding and line ends."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    return contextlib.nullcontext(sys.stdout)


@audit.command("export")
def audit_export(
    since: Annotated[str, typer.Option(help="A date, a time (UTC), or a span before now: 7d.")],
    until: Annotated[str, typer.Option(help="The same; it is not included itself.")] = "",
    form: Annotated[admin.Form, typer.Option("--format", help="One record a line.")] = "jsonl",
    output: Annotated[Path | None, typer.Option(help="A file; without it: here.")] = None,
) -> None:
    """Write the entries of some time, the oldest first, for whoever keeps or searches them."""
    try:
        span = admin.span_of(since, until, time.time())
    except ValueError as error:
        _complain(f"{error}.")
        raise typer.Exit(2) from None
    try:
        with admin.finished(output) if output else _standard_output() as file:
            said = _ask(lambda settings: admin.export_audit(settings, span, form, file.write))
    except OSError as error:
        if output is None:
            raise  # whoever read this has left
        _complain(f"{output} cannot be written ({error.strerror}). Name a file elsewhere.")
        raise typer.Exit(1) from None
    _complain(said.in_words)
    raise typer.Exit(1 if said.unread else 0)


@app.command()
def undelivered() -> None:
    """List what Slack never took: time, channel, what it was, and Slack's reason."""
    _print(_ask(admin.undelivered))


@keys.command("new")
def new_key() -> None:
    """Print a new key for EDFS_BOT_KEYS; put it in front of those you have."""
    typer.echo(KeyRing.new_key())


def main() -> None:
    app()


if __name__ == "__main__":
    main()
