"""The command line, `edfs-bot`. The docstrings of the commands are their help texts.

A command imports what it needs when it is called: the parts of a whole bot take seconds to load.
"""

import asyncio
import contextlib
import io
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO, TypeVar

import typer

from bot.cli.policy import policy
from bot.core.audit import ExportFormat

if TYPE_CHECKING:
    from bot.settings import Settings

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


def _print_error(line: str) -> None:
    typer.echo(line, err=True)


def _settings() -> "Settings":
    from bot.settings import SettingsError, read_settings

    try:
        return read_settings()
    except SettingsError as error:
        _print_error(str(error))
        raise typer.Exit(2) from None


@app.command()
def run() -> None:
    """Run the bot; the settings come from the environment."""
    settings = _settings()
    from bot.cli.run import run_bot

    run_bot(settings)


@app.command()
def doctor() -> None:
    """Check settings, store, Slack, sign-in and EDFS; each line says what to do."""
    settings = _settings()
    from bot.cli.doctor import examine
    from bot.logs import set_up

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
    from bot.logs import set_up
    from bot.settings import SettingsError

    try:
        # The production image does not contain the sandbox.
        from bot.sandbox.start import play
    except ModuleNotFoundError:
        _print_error("This installation has no sandbox: use a checkout of the project.")
        raise typer.Exit(2) from None
    set_up("WARNING")
    try:
        asyncio.run(play(port, headless=headless))
    except (OSError, SettingsError) as error:
        _print_error(f"The sandbox cannot start: {error}")
        raise typer.Exit(1) from None


def _run_with_settings(command: "Callable[[Settings], Coroutine[Any, Any, Result]]") -> Result:
    from bot.core.errors import StoreUnreachable
    from bot.logs import set_up

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
    from bot.cli import admin

    _print(_run_with_settings(lambda settings: admin.turn_changes(settings, time.time(), on=False)))


@writes.command("on")
def writes_on() -> None:
    """Flip again when asked."""
    from bot.cli import admin

    _print(_run_with_settings(lambda settings: admin.turn_changes(settings, time.time(), on=True)))


@writes.command("state")
def writes_state() -> None:
    """Say whether changes are on."""
    from bot.cli import admin

    _print(_run_with_settings(admin.writes))


@audit.command("verify")
@audit.command("check", hidden=True)
def audit_verify() -> None:
    """Follow the chain: nothing was changed, moved, put in or left out."""
    from bot.cli import admin

    intact, lines = _run_with_settings(admin.check_audit)
    _print(lines)
    raise typer.Exit(0 if intact else 1)


@audit.command("show")
def audit_show(
    count: Annotated[int, typer.Option(min=1, help="How many of the newest.")] = 50,
) -> None:
    """Print the newest entries, oldest first."""
    from bot.cli import admin

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
    form: Annotated[ExportFormat, typer.Option("--format", help="One record a line.")] = "jsonl",
    output: Annotated[Path | None, typer.Option(help="A file; without it: here.")] = None,
) -> None:
    """Write the entries of some time, the oldest first, for whoever keeps or searches them."""
    from bot.cli import admin

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
    from bot.cli import admin

    _print(_run_with_settings(admin.undelivered))


@keys.command("new")
def new_key() -> None:
    """Print a new key for EDFS_BOT_KEYS; put it in front of those you have."""
    from bot.gateways.sealing import KeyRing

    typer.echo(KeyRing.new_key())


def main() -> None:
    app()


if __name__ == "__main__":
    main()
