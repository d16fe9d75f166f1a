"""The policy as the file has it now; while the file is broken, as it last was when it was right.

Whoever edits the file in place is seen half-way through. So a file is taken only when nothing
about it changed while it was read, an empty one is no policy (``policy_file``), and the one safe
way to change it is to put a finished file in its place.
"""

from pathlib import Path

import structlog

from bot.core.policy.rules import Policy
from bot.gateways.policy_toml import PolicyBroken, Problem, parse_policy

log = structlog.get_logger("policy")

# When it was written and when touched at all (its permissions), how long it is, and which file it
# is; None where there is none.
_Mark = tuple[int, int, int, int] | None


class PolicyFile:
    """The policy of one file. Without a path nothing is asked of anybody, for good."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._policy = Policy()
        self._mark: _Mark = None
        # What was wrong when it was last complained of: it is said once.
        self._complaint = ""

    @property
    def current(self) -> Policy:
        """The policy as the file has it at this moment: each replica looks before it judges."""
        self.refresh()
        return self._policy

    def load(self) -> None:
        """Read the file at the start. Raises PolicyBroken, or OSError where it cannot be read."""
        if self._path is not None:
            mark = _mark(self._path)
            self._policy = read_policy(self._path)
            self._mark = mark

    def refresh(self) -> bool:
        """Look whether the file is another than before, and read it then.

        Cheap enough to be asked every second. Returns whether there is a new policy.
        """
        if self._path is None or _mark(self._path) == self._mark:
            return False
        return self._read(self._path)

    def reload(self) -> bool:
        """Read the file whether it changed or not, and say again what is wrong with it."""
        self._complaint = ""
        return self._path is not None and self._read(self._path)

    def _read(self, path: Path) -> bool:
        mark = _mark(path)
        read: Policy | PolicyBroken | OSError
        try:
            read = read_policy(path)
        except (PolicyBroken, OSError) as error:
            read = error
        if _mark(path) != mark:
            return False  # it is being written: the next look will find it done
        self._mark = mark
        if not isinstance(read, Policy):
            self._complain(read)
            return False
        self._complaint = ""
        changed = read != self._policy
        self._policy = read
        if changed:
            log.info("policy.changed", rules=len(read.rules))
        return changed

    def _complain(self, error: PolicyBroken | OSError) -> None:
        """Log it in one event, without anything that the file says but its keys."""
        complaint = str(error)
        if complaint == self._complaint:
            return
        self._complaint = complaint
        if isinstance(error, PolicyBroken):
            first, count = error.problems[0], len(error.problems)
            log.error("policy.broken", line=first.line, key=first.key, problems=count, kept=True)
        else:
            log.error("policy.unreadable", error=type(error).__name__, kept=True)


def read_policy(path: Path) -> Policy:
    """Read one policy file. Raises PolicyBroken, or OSError where it cannot be read."""
    content = path.read_bytes()
    try:
        # Some editors begin a file with a byte order mark.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise PolicyBroken((Problem(line, "", "must be written in UTF-8"),)) from None
    return parse_policy(text)


def _mark(path: Path) -> _Mark:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
