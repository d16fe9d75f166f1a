"""The Lua scripts of the store, one file each; the head of a file names its KEYS and ARGV.

A script runs in the server as one step. A line ``--- @include "name"`` stands for the text of
that file: it lets several scripts share a fragment.
"""

import re
from importlib.resources import files

_INCLUDE = re.compile(r'^--- @include "(\w+)"$', re.MULTILINE)


def load_script(name: str) -> str:
    """Return the text of ``<name>.lua`` with its includes in place.

    The files are package data, so the text is found wherever the package was installed from.
    """
    text = files(__name__).joinpath(f"{name}.lua").read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda include: load_script(include[1]), text)
