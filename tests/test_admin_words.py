"""Every word of the administrators' pages is there, and none is left over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import webhook
from bot import figures
from bot.curated import store as curated
from bot.inbox.items import Kind
from bot.inbox.store import State
from bot.model import Channel, Status
from webhook.admin.fields import FORMS, SOURCE, Field, Group, Part, Rows, Widget
from webhook.admin.roles import Role
from webhook.admin.words import WORDS

HERE = Path(str(webhook.__file__)).parent
TREE = yaml.safe_load((HERE / "admin" / "messages.yaml").read_text(encoding="utf-8"))
CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("admin", "templates/admin")
    for path in (HERE / folder).glob("*.*")
    if path.suffix in (".py", ".html")
)
CALLED = set(re.findall(r"""\b(?:WORDS\.say|WORDS\.node|t|words)\(\s*"([\w.]+)"\s*[,)]""", CODE))


def fields(parts: tuple[Part, ...]) -> Iterator[Part]:
    for part in parts:
        yield part
        if isinstance(part, Rows | Group):
            yield from fields(part.fields)


@pytest.mark.parametrize("key", sorted(CALLED))
def test_a_key_that_is_called_exists(key: str) -> None:
    assert WORDS.node(key)


@pytest.mark.parametrize("group", sorted(set(TREE) - {"name", "skip", "menu"}))
def test_a_group_that_exists_is_used(group: str) -> None:
    assert re.search(rf"""["']{group}["'.]""", CODE) or group in ("yes", "no")


@pytest.mark.parametrize("kind", FORMS)
def test_every_field_of_a_form_has_a_label_and_its_options_words(kind: str) -> None:
    for part in fields(FORMS[kind]):
        if not isinstance(part, Group):
            assert WORDS.say(f"fields.{part.name}.label")
        if isinstance(part, Field) and part.options and part.name not in ("regions", "facets"):
            assert set(WORDS.node(f"options.{part.name}")) == set(part.options), part.name
    for field in SOURCE:
        if field.name != "id":
            assert WORDS.say(f"fields.source_{field.name}.label")
        if field.widget is Widget.CHOICE:
            assert set(WORDS.node(f"options.{field.name}")) == set(field.options)


@pytest.mark.parametrize("role", Role)
def test_every_role_is_named_and_explained(role: Role) -> None:
    assert WORDS.say(f"roles.{role}")
    assert WORDS.say(f"role_help.{role}")


def test_every_deed_that_is_logged_has_words() -> None:
    written = r"""(?:log\.write\(|log\.write_with\(\s*db,|(?<!: )\bby,)\s*(?:[\w.]+,\s*)?"(\w+)\""""
    logged = set(re.findall(written, CODE))
    assert "channel_off" in logged
    assert logged <= set(TREE["audit"]["actions"])


def test_every_reason_to_refuse_has_words() -> None:
    for reason in re.findall(r"""AccountError\("(\w+)"\)""", CODE):
        assert WORDS.say(f"account.{reason}")
    store = (HERE.parent / "knowledge" / "proposals.py").read_text(encoding="utf-8")
    for reason in re.findall(r"""ProposalError\("(\w+)"\)""", CODE + store):
        if reason != "unknown_proposal":
            assert WORDS.say(f"write.{reason}")


@pytest.mark.parametrize("status", Status)
def test_every_status_is_named(status: Status) -> None:
    assert WORDS.say(f"statuses.{status}")


def test_every_kind_of_figure_and_every_channel_is_named() -> None:
    assert set(WORDS.node("figures.parts")) == set(figures.Part)
    assert set(WORDS.node("channel_names")) == set(Channel)


def test_every_error_that_a_monitoring_centre_meets_has_a_sentence() -> None:
    routes = (HERE / "ioc" / "routes.py").read_text(encoding="utf-8")
    codes = set(re.findall(r"""ApiError\(\d+, "(\w+)\"""", routes)) | {"no_key", "wrong_key"}
    assert codes == set(WORDS.node("ioc.errors"))


def test_every_reason_and_standing_of_a_curated_answer_has_words() -> None:
    store = (HERE.parent / "bot" / "curated" / "store.py").read_text(encoding="utf-8")
    for reason in re.findall(r"""CuratedError\("(\w+)"\)""", store):
        if reason != "unknown":
            assert WORDS.say(f"curated.problems.{reason}")
    for standing in (*curated.State, "ended", "moved", "not_yet"):
        assert WORDS.say(f"curated.states.{standing}")
    for name in curated.Wording.model_fields:
        assert WORDS.say(f"curated.labels.{name}")
        assert WORDS.say(f"curated.help.{name}")


def test_every_kind_state_and_channel_of_the_inbox_has_words() -> None:
    for group, names in (
        ("kinds", Kind),
        ("states", State),
        ("channels", Channel),
        ("none", State),
    ):
        assert set(WORDS.node(f"inbox.{group}")) == {str(name) for name in names}
