"""What the settings promise before the first request."""

import datetime
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils import formats, translation

from lms.settings import environment

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = {
    "SECRET_KEY": "k8Jw-2nVq_7Rz4Xc9Lm1Tb6Yh3Gd5Fs0PaQeUiOyWtErAvBxCzDlMkNj",
    "ALLOWED_HOSTS": "taphuan.example.vn",
    "DATABASE_URL": "sqlite:///var/never-opened.sqlite3",
}


def run(
    *command: str, settings_module: str | None, **variables: str
) -> subprocess.CompletedProcess:
    """Run manage.py with an environment of these variables and the path to programs only."""
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONWARNINGS": "error::DeprecationWarning:lms",
        **variables,
    }
    if settings_module:
        env["DJANGO_SETTINGS_MODULE"] = settings_module
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_production_check_deploy_has_no_message():
    result = run(
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
        settings_module="lms.settings.production",
        **PRODUCTION,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "System check identified no issues (0 silenced).\n"


@pytest.mark.parametrize("name", sorted(PRODUCTION))
def test_production_does_not_start_without(name: str):
    variables = {key: value for key, value in PRODUCTION.items() if key != name}
    result = run("check", settings_module="lms.settings.production", **variables)
    assert result.returncode == 1
    assert f"Set the {name} environment variable" in result.stderr


def test_production_does_not_start_with_a_malformed_boolean():
    result = run(
        "check", settings_module="lms.settings.production", TRUSTED_PROXY="ture", **PRODUCTION
    )
    assert result.returncode == 1
    assert "TRUSTED_PROXY must be true or false, not 'ture'" in result.stderr


def test_manage_without_environment_uses_the_demo():
    code = "from django.conf import settings; print(settings.DATABASES['default']['NAME'])"
    result = run("shell", "--no-imports", "-c", code, settings_module=None)
    assert (result.returncode, result.stdout) == (0, f"{ROOT}/var/demo.sqlite3\n")


def test_the_demo_does_not_read_the_production_database():
    code = "from django.conf import settings; print(settings.DATABASES['default']['NAME'])"
    result = run(
        "shell", "--no-imports", "-c", code, settings_module=None, DATABASE_URL="postgres:///real"
    )
    assert (result.returncode, result.stdout) == (0, f"{ROOT}/var/demo.sqlite3\n")


@pytest.mark.parametrize(
    ("text", "value"),
    (("true", True), ("True", True), ("1", True), ("false", False), ("0", False), ("", None)),
)
def test_flag_reads(monkeypatch, text: str, value: bool | None):
    monkeypatch.setenv("PORTAL_FLAG", text)
    for default in (True, False):
        expected = default if value is None else value
        assert environment.flag("PORTAL_FLAG", default=default) is expected


@pytest.mark.parametrize("text", ("yes", "on", "ture", "2"))
def test_flag_refuses(monkeypatch, text: str):
    monkeypatch.setenv("PORTAL_FLAG", text)
    with pytest.raises(ImproperlyConfigured, match="PORTAL_FLAG"):
        environment.flag("PORTAL_FLAG", default=False)


def test_database_of_sqlite_has_our_options():
    config = environment.database("sqlite:///var/some.sqlite3")
    assert config["NAME"] == str(ROOT / "var/some.sqlite3")
    assert config["OPTIONS"] == {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }


def test_database_refuses_what_was_never_tested():
    with pytest.raises(ImproperlyConfigured, match="sqlite or postgres"):
        environment.database("mysql://root@127.0.0.1/portal")


@pytest.mark.django_db
@pytest.mark.skipif("sqlite3" not in settings.DATABASES["default"]["ENGINE"], reason="SQLite only")
@pytest.mark.parametrize(
    ("pragma", "value"),
    (("journal_mode", "wal"), ("synchronous", 1), ("busy_timeout", 20_000), ("foreign_keys", 1)),
)
def test_sqlite_connection_has(pragma: str, value: str | int):
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
        assert cursor.fetchone() == (value,)


@pytest.mark.parametrize("language", ("vi", "en"))
def test_dates_are_read_day_first_then_iso(language: str):
    with translation.override(language):
        formats_of_dates = formats.get_format("DATE_INPUT_FORMATS")
        assert formats_of_dates[:2] == ["%d/%m/%Y", "%Y-%m-%d"]
        assert formats.date_format(datetime.date(2024, 3, 5), "SHORT_DATE_FORMAT") == "05/03/2024"
        assert formats.get_format("FIRST_DAY_OF_WEEK") == 1


@pytest.mark.parametrize(("language", "text"), (("vi", "1.234,5"), ("en", "1,234.5")))
def test_numbers_are_grouped_on_demand(language: str, text: str):
    with translation.override(language):
        assert formats.number_format(1234.5, 1, force_grouping=True) == text
        assert formats.number_format(2025) == "2025"
