"""Imports point one way, pure rooms touch nothing of the world, and `--help` waits for no library."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pushstep"

LINE = """
    __init__ values errors text amounts oci fields redact registry.reference registry.client.addresses
    registry.client.proxies registry.credentials.ecr.hosts inputs javascript_child
    conditions javascript step ci registry.credentials registry.error_texts registry.messages registry.quirks result
    interrupts world log files folder push.choice push.plan push.retry push.remainder push.lines report surroundings
    image.model registry.client image push source masking afterwards
    handover sequence run validate cli __main__
""".split()  # noqa: SIM905 - a list of words reads best as words
"""The rooms, top to bottom: each may import from its own and from those before it."""

PURE = """
    values errors text amounts oci fields redact registry.reference registry.credentials.credential registry.error_texts registry.messages registry.quirks inputs
    registry.client.challenge registry.client.urls registry.client.addresses registry.client.answer
    registry.client.proxies
    registry.client.failures
    registry.credentials.ecr.hosts registry.credentials.ecr.identity registry.credentials.ecr.lease
    registry.credentials.ecr.creation registry.credentials.ecr.policies registry.credentials.ecr.chain
    registry.credentials.ecr.refusals registry.credentials.ecr.pushes
    conditions step ci.protocol ci.facts
    ci.github ci.github_facts ci.gitlab ci.gitlab_facts ci.plain ci.summary image.endpoint
    image.unfit image.choose image.gather
    result push.choice push.plan push.retry push.remainder push.lines report
""".split()  # noqa: SIM905 - likewise
WORLD = {"os", "sys", "time", "socket", "logging", "subprocess", "pathlib", "signal", "threading", "shutil"}
SLOW = {"boto3", "docker", "lark", "quickjs", "pydantic", "rich"}

MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.startswith("pushstep"):
                # `from pushstep import x` may import a module or a name of the package itself
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module


def room(module: str) -> int:
    fitting = [name for name in LINE if module == name or module.startswith(f"{name}.")]
    assert fitting, f"{module} stands in no room: give it its place in LINE"
    return LINE.index(max(fitting, key=len))


def ours(names: Iterator[str]) -> Iterator[str]:
    for name in names:
        inside = name.removeprefix("pushstep.")
        if inside == name:
            continue
        while inside and inside not in MODULES:
            inside = inside.rpartition(".")[0]
        yield inside or "__init__"


def is_pure(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in PURE)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_import_steps_back(module: str) -> None:
    back = [other for other in ours(imported(MODULES[module])) if other not in {"registry", "push"}]
    assert [other for other in back if room(other) > room(module or "__init__")] == []


@pytest.mark.parametrize("module", sorted(filter(is_pure, MODULES)))
def test_a_pure_module_imports_nothing_of_the_world(module: str) -> None:
    heads = {name.partition(".")[0] for name in imported(MODULES[module])}
    assert heads & WORLD == set()
    assert [
        other for other in ours(imported(MODULES[module])) if not is_pure(other) and other != "__init__"
    ] == []


def test_every_pure_room_exists() -> None:
    assert [name for name in PURE if name not in MODULES] == []


@pytest.mark.parametrize("name", ["os.environ", "sys.argv", "sys.stdout", "sys.stderr", "sys.stdin"])
def test_the_process_is_named_in_one_place(name: str) -> None:
    places = {module for module, path in MODULES.items() if name in path.read_text()}
    # the child that runs regular expressions is a process of its own, and nobody imports it
    assert places - {"javascript_child"} == {"__main__"}


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_what_only_prints_waits_for_no_library(option: str) -> None:
    code = f"import sys; sys.argv[1:] = [{option!r}]; from pushstep.__main__ import main; main()"
    code += "\nprint(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert set(done.stdout.splitlines()[-1].split()) & SLOW == set()


def test_the_credentials_of_a_cloud_wait_for_its_library_until_they_are_asked_for() -> None:
    modules = [f"pushstep.{name}" for name in sorted(MODULES) if name.startswith("registry.credentials")]
    code = f"import sys, {', '.join(modules)}\nprint(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert set(done.stdout.split()) & {"boto3", "botocore", "requests"} == set()


RUNS = {
    "a step that is skipped": (
        ["push", "--candidate=a", "--when=branch: {only: [x]}"],
        {"docker", "boto3", "lark"},
    ),
    "a document that is checked": (["validate", "docs/examples/documents/pipeline.yml"], {"docker", "boto3"}),
    "the schema": (["schema"], {"docker", "boto3", "lark", "quickjs"}),
}


@pytest.mark.parametrize(("arguments", "slow"), RUNS.values(), ids=RUNS)
def test_what_pushes_nothing_does_without_the_libraries_of_a_push(
    arguments: list[str], slow: set[str]
) -> None:
    code = f"import sys; sys.argv[1:] = {arguments!r}; from pushstep.__main__ import main; main()"
    code += "\nprint(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert set(done.stdout.splitlines()[-1].split()) & slow == set()
