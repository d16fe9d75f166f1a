"""Parses HTML into its visible text, forms and links."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

_HIDDEN = frozenset({"script", "style", "head", "title", "template"})
_LINES = frozenset(
    {"p", "div", "h1", "h2", "h3", "li", "br", "form", "section", "main", "header", "footer"}
    | {"tr", "dt", "dd", "ul", "ol", "table", "button", "label"}
)


@dataclass(slots=True)
class Button:
    label: str = ""
    name: str = ""
    value: str = ""


@dataclass(slots=True)
class Form:
    action: str = ""
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """`links` maps a link's text to its address."""

    text: str = ""
    title: str = ""
    forms: list[Form] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.text: list[str] = []
        self._hidden: list[str] = []
        self._button: Button | None = None
        self._link: tuple[str, list[str]] | None = None
        self._select = ""
        self._text_area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _HIDDEN:
            self._hidden.append(tag)
        if tag in _LINES:
            self.text.append("\n")
        match tag:
            case "form":
                method = given.get("method", "get").casefold()
                self.page.forms.append(Form(given.get("action", ""), method))
            case "a" if "href" in given:
                self._link = (given["href"], [])
            case "select":
                self._select = given.get("name", "")
            case "textarea":
                self._text_area = given.get("name", "")
                self._fill(self._text_area, "")
            case "input" | "button" | "option":
                self._control(tag, given)
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and self._hidden[-1] == tag:
            self._hidden.pop()
        if tag in _LINES:
            self.text.append("\n")
        match tag:
            case "button":
                self._button = None
            case "a" if self._link is not None:
                address, text = self._link
                self.page.links["".join(text).strip()] = address
                self._link = None
            case "select":
                self._select = ""
            case "textarea":
                self._text_area = ""
            case _:
                pass

    def handle_data(self, data: str) -> None:
        if self._hidden:
            if self._hidden[-1] == "title":
                self.page.title += data
            return
        if self._text_area:
            self._fill(self._text_area, self._form.fields[self._text_area] + data)
            return
        if self._button is not None:
            self._button.label += data
        if self._link is not None:
            self._link[1].append(data)
        self.text.append(data)

    @property
    def _form(self) -> Form:
        """The open form; controls outside of any form go into one that is discarded."""
        return self.page.forms[-1] if self.page.forms else Form()

    def _control(self, tag: str, given: Mapping[str, str]) -> None:
        kind = given.get("type", "submit" if tag == "button" else "text").casefold()
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "option":
            if self._select and ("selected" in given or self._select not in self._form.fields):
                self._fill(self._select, value)
        elif kind in {"submit", "image"}:
            button = Button(value if tag == "input" else "", name, value)
            self._form.buttons.append(button)
            self._button = button if tag == "button" else None
        elif kind in {"checkbox", "radio"}:
            if "checked" in given:
                self._fill(name, value or "on")
        elif kind not in {"button", "reset", "file"}:
            self._fill(name, value)

    def _fill(self, name: str, value: str) -> None:
        if name:
            self._form.fields[name] = value


def read_page(html: str) -> Page:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = ("".join(reader.text)).split("\n")
    shown = [" ".join(line.split()) for line in lines]
    reader.page.text = "\n".join(line for line in shown if line)
    for form in reader.page.forms:
        for button in form.buttons:
            button.label = " ".join(button.label.split())
    return reader.page
