"""The `binhdan` command as an administrator types it."""

from __future__ import annotations

import json
import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.draft import Known
from knowledge.load import SHIPPED
from tests.conftest import VAR, Command
from webhook.__main__ import main


@pytest.fixture(scope="module")
def data_dir(shipped: Known, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty data_dir, but for the encoder and the vectors that earlier runs left."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "encoder").symlink_to(VAR / "encoder")
    shutil.copytree(VAR / "index", folder / "index")
    return folder


@pytest.fixture
def command(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Command
) -> Iterator[Command]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BINHDAN_DATA_DIR", str(data_dir))
    level = logging.getLogger().level
    yield typed
    logging.getLogger().setLevel(level)


@pytest.fixture(scope="module")
def _published(data_dir: Path) -> None:
    """The shipped content as Edition 1 of `data_dir`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BINHDAN_DATA_DIR", str(data_dir))
        patch.setattr(sys, "argv", ["binhdan", "kb", "publish"])
        with pytest.raises(SystemExit) as ended:
            main()
    assert not ended.value.code


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A copy of the shipped content, to break."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "content"))


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


# --- before anything is published --------------------------------------------------------------


def test_help_lists_the_commands(command: Command) -> None:
    ran = command("--help")
    assert ran.code == 0
    for name in ("serve", "ask", "chat", "evaluate", "kb", "telegram"):
        assert name in ran.out


@pytest.mark.parametrize("group", [(), ("kb",), ("telegram",)])
def test_a_group_alone_shows_its_help(command: Command, group: tuple[str, ...]) -> None:
    ran = command(*group)
    assert "Usage" in ran.out + ran.errors


def test_asking_before_anything_is_published_says_what_to_do(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "encoder").symlink_to(VAR / "encoder")
    monkeypatch.setenv("BINHDAN_DATA_DIR", str(tmp_path / "empty"))
    ran = command("ask", "khai sinh")
    assert ran.code == 1
    assert "binhdan kb publish" in ran.errors
    assert "Traceback" not in ran.errors


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "many"), ("LOG_LEVEL", "LOUD"), ("PUBLIC_URL", "here"), ("REPLY_THREADS", "0")],
)
def test_a_wrong_setting_is_named(
    command: Command, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"BINHDAN_{name}", value)
    ran = command("kb", "publish")
    assert ran.code == 1
    assert f"BINHDAN_{name}:" in ran.errors
    assert "Traceback" not in ran.errors


@pytest.mark.parametrize("verb", ["poll", "register"])
def test_a_missing_secret_is_named(command: Command, verb: str) -> None:
    ran = command("telegram", verb)
    assert ran.code == 1
    assert "BINHDAN_TELEGRAM_TOKEN is missing" in ran.errors
    assert "Traceback" not in ran.errors


# --- kb ----------------------------------------------------------------------------------------


def test_the_shipped_content_is_valid(command: Command) -> None:
    ran = command("kb", "check")
    assert ran.code == 0
    assert "Valid:" in ran.out


def test_checking_names_file_line_and_field_of_every_problem(
    command: Command, content: Path
) -> None:
    fee = content / "procedures" / "khai-sinh.yaml"
    line = fee.read_text(encoding="utf-8").split("\n").index("      amount: 8000") + 1
    spoil(fee, "      amount: 8000", "      amount: 9000")
    spoil(content / "guides" / "lua-dao.yaml", "topic: scam", "topic: fraud")
    spoil(content / "procedures" / "ket-hon.yaml", "title:", "titel:")
    ran = command("kb", "check", "--content", str(content))
    assert ran.code == 1
    assert f"{fee}:{line}: facts.fee.1.amount: " in ran.errors
    assert f"{content}/guides/lua-dao.yaml:5: topic: " in ran.errors
    assert f"{content}/procedures/ket-hon.yaml:3: titel: " in ran.errors
    assert "Traceback" not in ran.errors


def test_broken_content_is_not_published(command: Command, content: Path, data_dir: Path) -> None:
    (content / "procedures" / "khai-sinh.yaml").write_text("a: [", encoding="utf-8")
    ran = command("kb", "publish", "--content", str(content))
    assert ran.code == 1
    assert "khai-sinh.yaml:" in ran.errors


@pytest.mark.usefixtures("_published")
def test_publishing_the_same_again_changes_nothing(command: Command) -> None:
    ran = command("kb", "publish", "--note", "again")
    assert ran.code == 0
    assert "Nothing has changed: edition 1 stays." in ran.out


# --- ask ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_published")
def test_asking_prints_the_answer(command: Command) -> None:
    ran = command("ask", "lệ phí đăng ký khai sinh")
    assert ran.code == 0
    assert "Lệ phí: Đăng ký khai sinh" in ran.out
    assert "8.000 đồng" in ran.out
    assert "1. Giấy tờ" in ran.out


@pytest.mark.usefixtures("_published")
def test_asking_for_json_prints_json_alone(command: Command) -> None:
    answer = json.loads(command("ask", "--json", "le phi dang ky khai sinh").out)
    assert (answer["status"], answer["entry_id"], answer["facet"]) == (
        "answered_facet",
        "khai-sinh",
        "fee",
    )
    assert answer["edition"] == 1
    assert answer["sources"]


# --- evaluate -----------------------------------------------------------------------------------

QUESTIONS = """
questions:
  - {id: q1, text: đăng ký khai sinh cần giấy tờ gì, about: [khai-sinh], authenticity: real_citizen}
  - {id: q2, text: làm hộ chiếu ở đâu, about: [ho-chieu]}
  - {id: q3, text: làm hộ chiếu ở đâu, about: [khai-tu]}
  - {id: q4, text: thời tiết hôm nay, about: []}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "questions.yaml"
    path.write_text(QUESTIONS, encoding="utf-8")
    return path


@pytest.mark.usefixtures("_published")
@pytest.mark.parametrize("options", [(), ("--bare",)])
def test_evaluating_counts_what_is_found_first(
    command: Command, file: Path, options: tuple[str, ...]
) -> None:
    report = json.loads(command("evaluate", str(file), "--json", *options).out)
    assert (report["asked"], report["without_entry"], report["bare"]) == (3, 1, bool(options))
    figures = {tally["group"]: tally for tally in report["tallies"]}
    assert figures["all"]["first"] == pytest.approx(2 / 3)
    assert figures["real people"]["mrr"] == 1
    assert [miss["id"] for miss in report["misses"]] == ["q3"]


@pytest.mark.usefixtures("_published")
def test_evaluating_prints_a_table_and_the_misses(command: Command, file: Path) -> None:
    ran = command("evaluate", str(file))
    assert ran.code == 0
    assert "among three" in ran.out
    assert "q3 khai-tu → ho-chieu" in ran.out
    assert "q3" not in command("evaluate", str(file), "--no-misses").out


@pytest.mark.usefixtures("_published")
def test_evaluating_questions_about_nothing_published_says_so(
    command: Command, tmp_path: Path
) -> None:
    path = tmp_path / "other.yaml"
    path.write_text("questions: [{id: a, text: b, about: [nothing]}]", encoding="utf-8")
    ran = command("evaluate", str(path))
    assert ran.code == 1
    assert "None of the questions" in ran.errors


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("questions: [", "bad.yaml"),
        ("- a", "expected a mapping with `questions:`"),
        ("questions: [{text: no id}]", "questions.0.id"),
        (None, "bad.yaml"),
    ],
)
def test_a_bad_file_of_questions_is_named(
    command: Command, tmp_path: Path, text: str | None, complaint: str
) -> None:
    path = tmp_path / "bad.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    ran = command("evaluate", str(path))
    assert ran.code == 1
    assert complaint in ran.errors
    assert "Traceback" not in ran.errors
