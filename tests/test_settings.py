"""The settings: valid values, and errors that name the setting and never a value."""

from pathlib import Path

import pytest

from bot.gateways.sealing import KeyRing
from bot.settings import HostPort, Settings, SettingsError, read_settings

CANARY = "canary-0123456789"
GOOD = {
    "SLACK_BOT_TOKEN": f"xoxb-{CANARY}",
    "SLACK_SIGNING_SECRET": CANARY,
    "IMS_CLIENT_ID": "client",
    "IMS_CLIENT_SECRET": CANARY,
    "PUBLIC_URL": "https://bot.example.com/",
}


def test_the_required_settings_suffice() -> None:
    settings = read_settings(GOOD)
    assert settings.public_url == "https://bot.example.com"
    assert settings.scopes == ("itwin-platform",)
    assert settings.transport == "http"
    assert CANARY not in repr(settings)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN is missing. Where to get it: Slack app page"),
        ({"SLACK_BOT_TOKEN": CANARY}, "SLACK_BOT_TOKEN must begin with xoxb-"),
        ({"SLACK_APP_TOKEN": CANARY}, "SLACK_APP_TOKEN must begin with xapp-"),
        ({"SLACK_SIGNING_SECRET": ""}, "SLACK_SIGNING_SECRET is missing (or SLACK_APP_TOKEN"),
        ({"IMS_CLIENT_ID": ""}, "IMS_CLIENT_ID is missing"),
        ({"PUBLIC_URL": f"http://{CANARY}.example.com"}, "PUBLIC_URL must be an https address"),
        ({"PUBLIC_URL": f"https://u:{CANARY}@x.example.com"}, "PUBLIC_URL must be an https"),
        ({"IMS_ISSUER": f"https://x.example.com/?{CANARY}"}, "IMS_ISSUER must be an https"),
        ({"REDIS_URL": f"mysql://{CANARY}"}, "REDIS_URL must begin with redis://"),
        ({"REDIS_URL": f"redis://{CANARY}"}, "EDFS_BOT_KEYS is missing (REDIS_URL is set)"),
        ({"EDFS_BOT_KEYS": CANARY}, "EDFS_BOT_KEYS "),
        ({"EDFS_BOT_BIND": CANARY}, "EDFS_BOT_BIND must be host:port"),
        ({"EDFS_BOT_BIND": "127.0.0.1:99999"}, "EDFS_BOT_BIND has no such port"),
        ({"EDFS_BOT_SETTLE": CANARY}, "EDFS_BOT_SETTLE "),
        ({"EDFS_BOT_EDFS_TIMEOUT": "0"}, "EDFS_BOT_EDFS_TIMEOUT "),
        ({"EDFS_BOT_RATE": CANARY}, "EDFS_BOT_RATE must be written as <number>/minute, <number>"),
        ({"EDFS_BOT_RATE": "500/minute"}, "EDFS_BOT_RATE must be written as"),
        ({"EDFS_BOT_RATE": "-5/minute, 5/hour"}, "EDFS_BOT_RATE must be written as"),
        ({"EDFS_BOT_RATE": "0/minute, 5/hour"}, "EDFS_BOT_RATE must allow at least one"),
        ({"EDFS_BOT_SCHEDULE_TIMEZONE": CANARY}, "EDFS_BOT_SCHEDULE_TIMEZONE is no time zone"),
        ({"EDFS_BOT_POLICY": f"[defaults]\n# {CANARY}"}, "EDFS_BOT_POLICY must be the path of the"),
        ({"IMS_CLIENT_SECRET_FILE": "/nowhere"}, "IMS_CLIENT_SECRET and IMS_CLIENT_SECRET_FILE"),
    ],
)
def test_an_error_names_the_setting_and_never_its_value(change: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({**GOOD, **change})
    line = str(refused.value)
    assert line.startswith(says)
    assert "\n" not in line
    assert CANARY not in line


def test_a_rate_is_parsed_to_two_numbers() -> None:
    assert read_settings(GOOD).rate == (500, 5_000)
    assert read_settings({**GOOD, "EDFS_BOT_RATE": "20/minute, 200/hour"}).rate == (20, 200)
    assert read_settings({**GOOD, "EDFS_BOT_RATE": " 7 / minute,90/hour "}).rate == (7, 90)


def test_a_setting_may_be_given_as_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{CANARY}\n")
    given = {**GOOD, "IMS_CLIENT_SECRET_FILE": str(secret)}
    del given["IMS_CLIENT_SECRET"]
    assert read_settings(given).ims_client_secret.get_secret_value() == CANARY
    with pytest.raises(SettingsError, match="IMS_CLIENT_SECRET_FILE cannot be read"):
        read_settings({**given, "IMS_CLIENT_SECRET_FILE": str(tmp_path / "nowhere")})


def test_a_policy_is_an_optional_path() -> None:
    assert read_settings(GOOD).edfs_bot_policy is None
    named = read_settings({**GOOD, "EDFS_BOT_POLICY": "/etc/edfs-bot/policy.toml"})
    assert named.edfs_bot_policy == Path("/etc/edfs-bot/policy.toml")


def test_socket_mode_needs_no_signing_secret() -> None:
    given = {**GOOD, "SLACK_APP_TOKEN": "xapp-1"}
    del given["SLACK_SIGNING_SECRET"]
    assert read_settings(given).transport == "socket"


def test_a_redis_url_needs_keys() -> None:
    keys = KeyRing.new_key()
    settings = read_settings({**GOOD, "REDIS_URL": "redis://r:6379", "EDFS_BOT_KEYS": keys})
    assert settings.redis_url is not None
    assert keys not in repr(settings)


def test_addresses_to_bind() -> None:
    assert HostPort.of("127.0.0.1:3000") == HostPort("127.0.0.1", 3000)
    assert HostPort.of("[::1]:3000") == HostPort("::1", 3000)
    assert "REDIS_URL" in Settings.environment_names()
