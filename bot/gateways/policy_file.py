"""Reloads the policy file when it changes; an invalid file leaves the last valid policy in force.

An editor that writes in place may be caught half-way. So a file is used only when nothing about
it changed while it was read, and an empty one is invalid (``policy_toml``). The safe way to change
the policy is to replace the file by a complete one.
"""

from pathlib import Path

import structlog

from bot.core.policy.rules import Policy
from bot.gateways.policy_toml import PolicyBroken, Problem, parse_policy

log = structlog.get_logger("policy")

# Times of the last write and of the last change of its metadata, size and inode; None without a
# file.
_Fingerprint = tuple[int, int, int, int] | None


class PolicyFile:
    """The policy of one file; without a path it is the empty policy and never changes."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._policy = Policy()
        self._fingerprint: _Fingerprint = None
        self._logged_error = ""  # the same error is logged once

    @property
    def current(self) -> Policy:
        """The current policy; the file is checked first, so that all replicas judge alike."""
        self.refresh()
        return self._policy

    def load(self) -> None:
        """Read the file at startup. Raises PolicyBroken, or OSError where it cannot be read."""
        if self._path is not None:
            fingerprint = _fingerprint(self._path)
            self._policy = read_policy(self._path)
            self._fingerprint = fingerprint

    def refresh(self) -> bool:
        """Read the file if it has changed. Returns whether there is a new policy.

        One ``stat``: cheap enough to be called every second.
        """
        if self._path is None or _fingerprint(self._path) == self._fingerprint:
            return False
        return self._read(self._path)

    def reload(self) -> bool:
        """Read the file even if it has not changed, and log its error again."""
        self._logged_error = ""
        return self._path is not None and self._read(self._path)

    def _read(self, path: Path) -> bool:
        fingerprint = _fingerprint(path)
        read: Policy | PolicyBroken | OSError
        try:
            read = read_policy(path)
        except (PolicyBroken, OSError) as error:
            read = error
        if _fingerprint(path) != fingerprint:
            return False  # it is being written: a later refresh will read it
        self._fingerprint = fingerprint
        if not isinstance(read, Policy):
            self._log_error(read)
            return False
        self._logged_error = ""
        changed = read != self._policy
        self._policy = read
        if changed:
            log.info("policy.changed", rules=len(read.rules))
        return changed

    def _log_error(self, error: PolicyBroken | OSError) -> None:
        """Log the error as one event, with nothing of the file's content but its keys."""
        text = str(error)
        if text == self._logged_error:
            return
        self._logged_error = text
        if isinstance(error, PolicyBroken):
            first, count = error.problems[0], len(error.problems)
            log.error("policy.broken", line=first.line, key=first.key, problems=count, kept=True)
        else:
            log.error("policy.unreadable", error=type(error).__name__, kept=True)


def read_policy(path: Path) -> Policy:
    """Read and parse one policy file. Raises PolicyBroken, or OSError where it cannot be read."""
    content = path.read_bytes()
    try:
        # Some editors start a file with a byte order mark.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise PolicyBroken((Problem(line, "", "must be written in UTF-8"),)) from None
    return parse_policy(text)


def _fingerprint(path: Path) -> _Fingerprint:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
