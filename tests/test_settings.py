"""Settings: complete, documented, and careful with secrets."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.fakes import EchoReplies
from webhook.app import create_app
from webhook.channels.settings import PREFIX, MissingSettingError
from webhook.settings import Settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_example_names_every_setting_and_no_other() -> None:
    named = re.findall(rf"^# {PREFIX}(\w+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_shows_the_defaults() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    given = dict(line[2:].split("=", 1) for line in lines if line.startswith(f"# {PREFIX}"))
    shown = {name.removeprefix(PREFIX).lower(): value for name, value in given.items() if value}
    assert Settings(_env_file=None, **shown) == Settings(_env_file=None)


def test_an_env_file_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("BINHDAN_PORT=8001\nBINHDAN_HOST=0.0.0.0\nOTHER=1\n")
    monkeypatch.setenv("BINHDAN_PORT", "8002")
    settings = Settings()
    assert (settings.port, settings.host) == (8002, "0.0.0.0")


def test_databases_live_in_the_data_dir_unless_told_otherwise() -> None:
    settings = Settings(_env_file=None, data_dir=Path("/srv/binhdan"))
    assert settings.database_url == "sqlite:////srv/binhdan/binhdan.db"
    assert settings.queue_database_url == "sqlite:////srv/binhdan/queue.db"
    elsewhere = Settings(_env_file=None, database_url="postgresql+psycopg://db/binhdan")
    assert elsewhere.database_url == "postgresql+psycopg://db/binhdan"


def test_a_cookie_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path / "var")
    key = settings.cookie_key()
    assert len(key) >= 48
    assert settings.cookie_key() == key
    assert stat.S_IMODE((tmp_path / "var" / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
    assert Settings(_env_file=None, secret_key="own").cookie_key() == "own"


def test_telegram_without_its_secret_does_not_start(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, telegram_token="1:a")
    with pytest.raises(MissingSettingError, match="BINHDAN_TELEGRAM_SECRET"):
        create_app(settings, EchoReplies(), readiness=lambda: True)
    with pytest.raises(MissingSettingError, match="BINHDAN_TELEGRAM_TOKEN"):
        Settings(_env_file=None).require_telegram_token()


def test_secrets_are_not_printed(tmp_path: Path) -> None:
    secrets = {"telegram_token": "1:abc-token", "telegram_secret": "s3cret", "model_key": "k3y"}
    printed = repr(Settings(_env_file=None, **secrets))
    assert not [secret for secret in secrets.values() if secret in printed]
    with pytest.raises(ValidationError) as error:
        Settings(_env_file=None, telegram_secret="not allowed!")
    assert "not allowed!" not in str(error.value)
