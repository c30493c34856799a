"""What `deploy/` says is true of the program: names, commands, addresses, and no secret in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Metric
from pydantic import SecretStr
from starlette.testclient import TestClient

from tests.conftest import Command
from tests.fakes import EchoReplies
from tests.fakes.telegram import SECRET, TOKEN
from webhook.app import create_app
from webhook.channels.configured import adapters
from webhook.channels.settings import PREFIX
from webhook.gateway import RemoteReplies, build_gateway
from webhook.metrics import Metrics
from webhook.settings import Settings

DEPLOY = Path(__file__).parents[1] / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SECRETS = {
    PREFIX + name.upper()
    for name, field in Settings.model_fields.items()
    if SecretStr in getattr(field.annotation, "__args__", ())
}
IMAGE = "binhdan"


def manifests() -> Iterator[dict[str, Any]]:
    for path in sorted((DEPLOY / "kubernetes").rglob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def pods() -> dict[str, dict[str, Any]]:
    """The specs of all pods, by the name of what makes them."""
    found = {}
    for manifest in manifests():
        spec = manifest.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            found[manifest["metadata"]["name"]] = spec["template"]["spec"]
    return found


def containers() -> Iterator[dict[str, Any]]:
    for pod in pods().values():
        yield from pod["containers"]


def ours() -> list[list[str]]:
    """The arguments of all containers of our image, in Kubernetes and in compose."""
    found = [container["args"] for container in containers() if container["image"] == IMAGE]
    for service in COMPOSE["services"].values():
        if IMAGE in service.get("image", "") and "command" in service:
            found.append(service["command"])
    return found


def gateway_settings(folder: Path) -> Settings:
    return Settings(
        _env_file=None,
        data_dir=folder,
        telegram_token=TOKEN,
        telegram_secret=SECRET,
        core_url="http://127.0.0.1:9",
        core_key="k" * 32,
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(DEPLOY).as_posix())
def test_every_setting_named_exists(path: Path) -> None:
    named = re.findall(rf"\b{PREFIX}([A-Z_]*[A-Z])\b", path.read_text(encoding="utf-8"))
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_every_command_exists(typed: Command) -> None:
    assert len(ours()) >= 4
    for arguments in ours():
        # Options before --help are read too: one that does not exist is an error.
        assert typed(*arguments, "--help").code == 0, arguments


def test_every_probe_asks_a_path_that_exists(tmp_path: Path) -> None:
    core = create_app(
        Settings(_env_file=None, data_dir=tmp_path), EchoReplies(), readiness=lambda: True
    )
    gateway = build_gateway(gateway_settings(tmp_path))
    probed = {
        container[probe]["httpGet"]["path"]
        for container in containers()
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        if probe in container
    }
    assert probed == {"/healthz", "/readyz"}
    for app in (core, gateway):
        for path in probed:
            assert TestClient(app).get(path).status_code == 200


def test_what_serves_is_probed_and_has_room() -> None:
    for container in containers():
        assert set(container["resources"]) == {"requests", "limits"}
        if container.get("args") == ["serve"]:
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)


def test_the_webhook_of_each_channel_is_routed_to_its_gateway(tmp_path: Path) -> None:
    ingress = next(m for m in manifests() if m["kind"] == "Ingress")
    rules = ingress["spec"]["rules"][0]["http"]["paths"]
    routed = {rule["path"]: rule["backend"]["service"]["name"] for rule in rules}
    caddy = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    for adapter in adapters(gateway_settings(tmp_path), Metrics()):
        prefix = "/" + adapter.path.split("/")[1]
        platform = adapter.channel.value.split("_")[0]
        assert routed[prefix] == f"gateway-{platform}"
        assert re.search(rf"{prefix}/\*[^}}]*gateway-{platform}:8000", caddy)


def test_the_world_does_not_reach_metrics_and_internal_paths() -> None:
    ingress = next(m for m in manifests() if m["kind"] == "Ingress")
    rules = ingress["spec"]["rules"][0]["http"]["paths"]
    backends = {rule["path"]: rule["backend"]["service"]["name"] for rule in rules}
    assert backends["/metrics"] == backends["/internal"] == "nowhere"
    nowhere = next(
        m for m in manifests() if m["kind"] == "Service" and m["metadata"]["name"] == "nowhere"
    )
    assert "selector" not in nowhere["spec"]


@pytest.mark.parametrize("name", pods())
def test_nothing_runs_as_root_or_writes_beside_its_volumes(name: str) -> None:
    pod = pods()[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] is True
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("name", ["Dockerfile", "imports.Dockerfile"])
def test_the_image_does_not_run_as_root(name: str) -> None:
    users = re.findall(r"^USER (\S+)", (DEPLOY / "image" / name).read_text(), re.MULTILINE)
    assert users[-1] == "10001:10001"


def test_the_dockerfile_copies_what_exists_and_is_not_kept_out() -> None:
    text = (DEPLOY / "image" / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    let_in = (DEPLOY.parent / ".dockerignore").read_text(encoding="utf-8").split()
    for source in " ".join(copied).split():
        assert list(DEPLOY.parent.glob(source)), source
        assert any(source.startswith(line[1:]) for line in let_in if line[0] == "!"), source


def test_no_secret_stands_in_a_file() -> None:
    for container in containers():
        for variable in container.get("env", []):
            if variable["name"] in SECRETS | {"BINHDAN_DATABASE_URL"}:
                assert "secretKeyRef" in variable["valueFrom"], variable["name"]
    assert not [m for m in manifests() if m["kind"] in ("Secret", "ConfigMap")]
    for service in COMPOSE["services"].values():
        for name, value in service.get("environment", {}).items():
            if name in SECRETS or "PASSWORD" in name:
                assert value.startswith("${"), name
    example = (DEPLOY / "env.example").read_text(encoding="utf-8")
    given = dict(line.split("=", 1) for line in example.splitlines() if re.match(r"[A-Z]", line))
    assert SECRETS & set(given)
    assert not [name for name in given if name in SECRETS or "PASSWORD" in name if given[name]]


def test_compose_is_told_of_nothing_that_the_example_does_not_name() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    required = set(re.findall(r"\$\{(\w+)(?::\?|\}|:-\})", text))
    example = (DEPLOY / "env.example").read_text(encoding="utf-8")
    assert required <= set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_alerts_watch_metrics_that_exist(tmp_path: Path) -> None:
    metrics = Metrics()
    RemoteReplies(gateway_settings(tmp_path), metrics)
    known = {name for family in metrics.registry.collect() for name in _series(family)}
    rules = yaml.safe_load((DEPLOY / "alerts.yaml").read_text(encoding="utf-8"))["groups"][0]
    watched = {name for rule in rules["rules"] for name in re.findall(r"binhdan_\w+", rule["expr"])}
    assert len(watched) >= 6
    assert watched <= known


def test_the_runbook_explains_every_metric_watched_and_names_only_real_alerts() -> None:
    runbook = (DEPLOY.parent / "docs" / "runbook.md").read_text(encoding="utf-8")
    rules = yaml.safe_load((DEPLOY / "alerts.yaml").read_text(encoding="utf-8"))["groups"][0]
    for rule in rules["rules"]:
        for name in re.findall(r"(?:binhdan|process)_\w+", rule["expr"]):
            assert re.sub("_bucket$", "", name) in runbook, name
    named = re.findall(r"`(Binhdan\w+)`", runbook)
    assert named
    assert set(named) <= {rule["alert"] for rule in rules["rules"]}


def _series(family: Metric) -> list[str]:
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
    return [family.name + ending for ending in endings.get(family.type, ("",))]
