"""The settings, read from the environment once, validated, frozen, and never printed.

No other module reads the environment. Each setting may also be given as ``NAME_FILE``, the path
of a file that contains the value.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.gateways.loopback import is_loopback
from bot.gateways.sealing import KeyRing
from bot.gateways.store.redis_url import parse_redis_url

RATE = re.compile(r"\s*([0-9]{1,7})\s*/\s*minute\s*,\s*([0-9]{1,7})\s*/\s*hour\s*", re.ASCII)


class SettingsError(Exception):
    """A setting is wrong. Its text, for a person, names the setting and never the value."""


WHERE: dict[str, str] = {
    "SLACK_BOT_TOKEN": "Slack app page, OAuth & Permissions: Bot User OAuth Token (xoxb-…)",
    "SLACK_SIGNING_SECRET": "Slack app page, Basic Information: Signing Secret",
    "SLACK_APP_TOKEN": "Slack app page, Basic Information: App-Level Tokens (connections:write)",
    "IMS_CLIENT_ID": "Bentley developer portal, My Apps: the Web App's client id",
    "IMS_CLIENT_SECRET": "Bentley developer portal, My Apps: the Web App's secret",
    "PUBLIC_URL": "the https address under which people's browsers reach this bot",
    "EDFS_BOT_KEYS": "make one with: edfs-bot keys new",
    "EDFS_BOT_BIND": "host:port, for example 127.0.0.1:3000",
    "EDFS_BOT_ADMIN_BIND": "host:port, for example 127.0.0.1:9464",
    "EDFS_BOT_RATE": "your plan with Bentley; written as 500/minute, 5000/hour",
    "EDFS_BOT_SCHEDULE_TIMEZONE": "a name of the IANA time zone database, for example UTC",
    "EDFS_BOT_POLICY": "the path of a TOML file; docs/policy.md has one to begin with",
    "REDIS_URL": (
        "the address of a Redis or Valkey, 7.0 or newer; docs/operations.md has the one of "
        "a server, of Sentinels and of a Cluster"
    ),
}


def _address(text: str) -> str:
    """Accept https addresses, and http on loopback; no query, no user."""
    parts = urlsplit(text)
    host = parts.hostname or ""
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not host or not secure or parts.query or parts.fragment or parts.username:
        raise ValueError("must be an https address (http only on this machine)")
    return text.rstrip("/")


def _bind(text: str) -> str:
    if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}", text):
        raise ValueError("must be host:port")
    if int(text.rpartition(":")[2]) > 65_535:
        raise ValueError("has no such port")
    return text


def _redis(text: SecretStr) -> SecretStr:
    parse_redis_url(text.get_secret_value())
    return text


def _keys(text: SecretStr) -> SecretStr:
    KeyRing.parse(text.get_secret_value())
    return text


def _zone(text: str) -> str:
    if text != "UTC" and text not in available_timezones():
        raise ValueError("is no time zone")
    ZoneInfo(text)
    return text


def _rate(text: str) -> str:
    found = RATE.fullmatch(text)
    if not found:
        raise ValueError("must be written as <number>/minute, <number>/hour")
    if 0 in map(int, found.groups()):
        raise ValueError("must allow at least one request")
    return text


def _path_alone(path: Path) -> Path:
    """Refuse the text of a policy, which EDFS_BOT_POLICY_FILE would give."""
    if "\n" in str(path):
        raise ValueError("must be the path of the policy file, not what stands in it")
    return path


def _prefixed(prefix: str) -> AfterValidator:
    def check(text: SecretStr) -> SecretStr:
        if not text.get_secret_value().startswith(prefix):
            raise ValueError(f"must begin with {prefix}")
        return text

    return AfterValidator(check)


Address = Annotated[str, AfterValidator(_address)]
Bind = Annotated[str, AfterValidator(_bind)]
Secret = Annotated[SecretStr, Field(min_length=1)]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        frozen=True, hide_input_in_errors=True, extra="ignore", env_prefix=""
    )

    slack_bot_token: Annotated[SecretStr, _prefixed("xoxb-")]
    slack_signing_secret: Secret | None = None
    slack_app_token: Annotated[SecretStr, _prefixed("xapp-")] | None = None
    slack_api_url: Address = "https://slack.com/api"
    ims_issuer: Address = "https://ims.bentley.com"
    ims_client_id: str = Field(min_length=1)
    ims_client_secret: Secret
    ims_scopes: str = Field(default="itwin-platform", min_length=1)
    itwin_api_url: Address = "https://api.bentley.com"
    redis_url: Annotated[SecretStr, AfterValidator(_redis)] | None = None
    public_url: Address
    edfs_bot_keys: Annotated[SecretStr, AfterValidator(_keys)] | None = None
    edfs_bot_bind: Bind = "127.0.0.1:3000"
    edfs_bot_admin_bind: Bind = "127.0.0.1:9464"
    edfs_bot_https_proxy: SecretStr | None = None
    edfs_bot_edfs_timeout: float = Field(default=20.0, ge=1, le=120)
    edfs_bot_settle: float = Field(default=120.0, ge=0.1, le=3_600)
    edfs_bot_rate: Annotated[str, AfterValidator(_rate)] = "500/minute, 5000/hour"
    edfs_bot_schedule_timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    edfs_bot_policy: Annotated[Path, AfterValidator(_path_alone)] | None = None
    edfs_bot_state_dir: Path = Path("~/.local/state/edfs-bot")
    edfs_bot_support_url: Address | None = None
    ssl_cert_file: Path | None = None

    @classmethod
    def environment_names(cls) -> list[str]:
        return [name.upper() for name in cls.model_fields]

    @property
    def state(self) -> Path:
        return self.edfs_bot_state_dir.expanduser()

    @property
    def certificates(self) -> str | None:
        return str(self.ssl_cert_file) if self.ssl_cert_file else None

    @property
    def proxy(self) -> str | None:
        return self.edfs_bot_https_proxy.get_secret_value() if self.edfs_bot_https_proxy else None

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.ims_scopes.split())

    @property
    def rate(self) -> tuple[int, int]:
        """The requests to EDFS that all replicas may make together, a minute and an hour."""
        found = RATE.fullmatch(self.edfs_bot_rate)
        minute, hour = found.groups() if found else ("500", "5000")
        return int(minute), int(hour)

    @property
    def transport(self) -> Literal["http", "socket"]:
        return "socket" if self.slack_app_token else "http"


@dataclass(frozen=True, slots=True)
class HostPort:
    host: str
    port: int

    @classmethod
    def of(cls, bind: str) -> "HostPort":
        host, _, port = bind.rpartition(":")
        return cls(host.strip("[]"), int(port))


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read and validate the settings. Raises SettingsError for the first one that is wrong."""
    given = dict(os.environ if environment is None else environment)
    values = {name: text for name in Settings.environment_names() if (text := _value(given, name))}
    try:
        settings = Settings.model_validate({name.lower(): text for name, text in values.items()})
    except ValidationError as error:
        raise SettingsError(_first_problem(error)) from None
    if not settings.slack_signing_secret and not settings.slack_app_token:
        raise SettingsError(
            _line("SLACK_SIGNING_SECRET", "is missing (or SLACK_APP_TOKEN for Socket Mode)")
        )
    if settings.redis_url and not settings.edfs_bot_keys:
        raise SettingsError(_line("EDFS_BOT_KEYS", "is missing (REDIS_URL is set)"))
    return settings


def _value(given: Mapping[str, str], name: str) -> str:
    """Return a setting from the environment, or from the file that it names; else empty.

    Raises SettingsError.
    """
    path = given.get(f"{name}_FILE")
    if not path:
        return given.get(name, "").strip()
    if given.get(name):
        raise SettingsError(f"{name} and {name}_FILE are both set: keep one of them")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}_FILE cannot be read ({type(error).__name__})") from None


def _first_problem(error: ValidationError) -> str:
    first: Any = error.errors(include_input=False, include_url=False)[0]
    name = str(first["loc"][0]).upper() if first["loc"] else "a setting"
    missing = first["type"] == "missing"
    why = "is missing" if missing else str(first["msg"]).removeprefix("Value error, ")
    return _line(name, why)


def _line(name: str, why: str) -> str:
    where = WHERE.get(name)
    return f"{name} {why}. Where to get it: {where}." if where else f"{name} {why}."
