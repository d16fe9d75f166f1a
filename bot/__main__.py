"""The command line, `edfs-bot`. The docstrings of the commands are their help texts."""

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
from bot.gateways.store.replication import StoreMisconfigured
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

Result = TypeVar("Result")

RETRY_SECONDS = 5.0
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def _print_error(line: str) -> None:
    typer.echo(line, err=True)


def _settings() -> Settings:
    try:
        return read_settings()
    except SettingsError as error:
        _print_error(str(error))
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
            _print_error(f"{settings.edfs_bot_policy}:{problem}")
        raise typer.Exit(2) from None
    except StoreMisconfigured as error:
        _print_error(f"{error}.")
        raise typer.Exit(2) from None
    except (StoreUnreachable, SlackRejected, OSError) as error:
        _print_error(f"{type(error).__name__}: {error}. See: edfs-bot doctor")
        raise typer.Exit(1) from None


async def _run(settings: Settings) -> None:
    stopped = asyncio.Event()
    _listen_for_signals(stopped)
    while not stopped.is_set():
        try:
            await _serve(settings, stopped)
        except SlackUnavailable as away:
            _print_error(f"Slack does not answer ({away}); trying again.")
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


@app.command()
def doctor() -> None:
    """Check settings, store, Slack, sign-in and EDFS; each line says what to do."""
    settings = _settings()
    set_up("CRITICAL")
    checks = asyncio.run(examine(settings))
    for check in checks:
        _print_error(str(check))
    raise typer.Exit(0 if all(check.ok for check in checks) else 1)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="The port of the page and the API.")] = 8790,
    headless: Annotated[bool, typer.Option(help="Take no lines from the terminal.")] = False,
) -> None:
    """Play with the bot in a small world of stand-ins; nothing outside is touched."""
    try:
        # The production image does not contain the sandbox.
        from bot.sandbox.start import play  # noqa: PLC0415
    except ModuleNotFoundError:
        _print_error("This installation has no sandbox: use a checkout of the project.")
        raise typer.Exit(2) from None
    set_up("WARNING")
    try:
        asyncio.run(play(port, headless=headless))
    except (OSError, SettingsError) as error:
        _print_error(f"The sandbox cannot start: {error}")
        raise typer.Exit(1) from None


def _run_with_settings(command: Callable[[Settings], Coroutine[Any, Any, Result]]) -> Result:
    settings = _settings()
    set_up("CRITICAL")
    try:
        return asyncio.run(command(settings))
    except StoreUnreachable as error:
        _print_error(f"The store cannot be reached ({error}). See: edfs-bot doctor")
        raise typer.Exit(1) from None


def _print(lines: list[str]) -> None:
    for line in lines:
        typer.echo(line)


@writes.command("off")
def writes_off() -> None:
    """From now on, nothing is flipped, by any replica."""
    _print(_run_with_settings(lambda settings: admin.turn_changes(settings, time.time(), on=False)))


@writes.command("on")
def writes_on() -> None:
    """Flip again when asked."""
    _print(_run_with_settings(lambda settings: admin.turn_changes(settings, time.time(), on=True)))


@writes.command("state")
def writes_state() -> None:
    """Say whether changes are on."""
    _print(_run_with_settings(admin.writes))


@audit.command("verify")
@audit.command("check", hidden=True)
def audit_verify() -> None:
    """Follow the chain: nothing was changed, moved, put in or left out."""
    intact, lines = _run_with_settings(admin.check_audit)
    _print(lines)
    raise typer.Exit(0 if intact else 1)


@audit.command("show")
def audit_show(
    count: Annotated[int, typer.Option(min=1, help="How many of the newest.")] = 50,
) -> None:
    """Print the newest entries, oldest first."""
    _print(_run_with_settings(lambda settings: admin.audit_lines(settings, count)))


def _standard_output() -> contextlib.nullcontext[TextIO]:
    """Return standard output with the encoding and line ends that a file gets."""
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
        _print_error(f"{error}.")
        raise typer.Exit(2) from None
    try:
        with admin.finished(output) if output else _standard_output() as file:
            report = _run_with_settings(
                lambda settings: admin.export_audit(settings, span, form, file.write)
            )
    except OSError as error:
        if output is None:
            raise  # the reader of a pipe has closed it
        _print_error(f"{output} cannot be written ({error.strerror}). Name a file elsewhere.")
        raise typer.Exit(1) from None
    _print_error(report.in_words)
    raise typer.Exit(1 if report.unread else 0)


@app.command()
def undelivered() -> None:
    """List what Slack never took: time, channel, what it was, and Slack's reason."""
    _print(_run_with_settings(admin.undelivered))


@keys.command("new")
def new_key() -> None:
    """Print a new key for EDFS_BOT_KEYS; put it in front of those you have."""
    typer.echo(KeyRing.new_key())


def main() -> None:
    app()


if __name__ == "__main__":
    main()
