"""What GitLab reads of that which is printed and written for it."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pushstep.ci.protocol import CI, Handover
from pushstep.text import visible
from tests.support.formats import NASTY, Section, gitlab_dotenv, gitlab_expands, gitlab_sections
from tests.unit.ci.recorded import NOW_MS, run

NASTY_TEXT = st.lists(st.sampled_from(NASTY) | st.text(max_size=4)).map("".join)
NOW = NOW_MS // 1000
OWN = "registry.example.com/acme/shop/app"
OUTPUTS = {
    "image-id": "sha256:1",
    "digest": "sha256:2",
    "image": f"{OWN}@sha256:2",
    "tags": f"{OWN}:1\n{OWN}:latest",
    "registry": "registry.example.com",
    "result": "success",
    "json": '{"version": 1}',
}
DOTENV = "/builds/Acme/Shop/App/pushstep.env"
LINKS = "/builds/Acme/Shop/App/pushstep-annotations.json"
VARIABLES = {f"PUSHED_{name}" for name in ("RESULT", "IMAGE_ID", "DIGEST", "REGISTRY", "IMAGE", "TAGS")}
NOTHING = dict.fromkeys(OUTPUTS, "") | {"result": "skipped"}


def test_no_masks_and_no_annotations_in_the_log() -> None:
    assert gitlab().masks(["a secret of some length"]) == ""
    assert gitlab().annotation("error", "title", "message") == ""


def test_section() -> None:
    opening, closing = gitlab().section("push_1", "Pushing `app`")

    assert opening == f"\x1b[0Ksection_start:{NOW}:push_1[collapsed=true]\r\x1b[0KPushing `app`"
    assert closing == f"\x1b[0Ksection_end:{NOW}:push_1\r\x1b[0K"


@given(st.text(min_size=1), NASTY_TEXT)
def test_a_section_is_one_section_whatever_its_title(name: str, title: str) -> None:
    start, end = gitlab_sections("\n".join(gitlab().section(name, title)))

    assert start == Section(
        kind="start", time=NOW, name=end.name, options="[collapsed=true]", title=visible(title)
    )
    assert end == Section(kind="end", time=NOW, name=start.name, options="", title="")


def test_dotenv() -> None:
    assert gitlab_dotenv(files(gitlab(), OUTPUTS)[DOTENV]) == {
        "PUSHED_IMAGE_ID": "sha256:1",
        "PUSHED_DIGEST": "sha256:2",
        "PUSHED_IMAGE": f"{OWN}@sha256:2",
        "PUSHED_TAGS": f"{OWN}:1,{OWN}:latest",
        "PUSHED_REGISTRY": "registry.example.com",
        "PUSHED_RESULT": "success",
    }


def test_files_are_replaced() -> None:
    handover = gitlab().files(OUTPUTS, "# GitLab has no summaries")

    assert [(write.append, write.private) for write in handover.files] == [(False, False)] * 2
    assert handover.notices == ()


@pytest.mark.parametrize("outputs", [NOTHING, {"result": "skipped"}])
def test_nothing_pushed_is_told_in_empty_variables_and_without_links(outputs: dict[str, str]) -> None:
    written = files(gitlab(), outputs)

    told = dict.fromkeys(VARIABLES, "") | {"PUSHED_RESULT": "skipped"}
    assert gitlab_dotenv(written[DOTENV]) == told
    assert json.loads(written[LINKS]) == {}


def test_tags_that_do_not_fit_are_left_out_with_a_notice() -> None:
    many = OUTPUTS | {"tags": "\n".join(f"{OWN}:{number}" for number in range(200))}

    handover = gitlab().files(many, None)

    assert gitlab_dotenv(handover.files[0].text).keys() == VARIABLES - {"PUSHED_TAGS"}
    assert handover.notices == (
        "PUSHED_TAGS is left out for later jobs: GitLab takes dotenv reports below 5 KB.",
    )


def test_the_last_byte_that_fits_is_used() -> None:
    short = len(files(gitlab(), OUTPUTS | {"tags": ""})[DOTENV])
    fits, fits_not = (OUTPUTS | {"tags": "x" * (5119 - short + more)} for more in (0, 1))

    assert not gitlab().files(fits, None).notices
    assert gitlab().files(fits_not, None).notices


def test_the_limit_counts_bytes() -> None:
    handover = gitlab().files(OUTPUTS | {"registry": "oci:" + "ä" * 2600}, None)

    assert "PUSHED_REGISTRY" not in gitlab_dotenv(handover.files[0].text)


UNFIT = ["oci:my layout", "oci:$HOME", "oci:%HOME%", "oci:'x'", "oci:x\ry", "oci:x\u2028y", "oci:x\udcff"]


@pytest.mark.parametrize("registry", UNFIT)
def test_a_value_that_dotenv_cannot_hold_is_empty_with_a_notice(registry: str) -> None:
    handover = gitlab().files(OUTPUTS | {"registry": registry}, None)

    assert gitlab_dotenv(handover.files[0].text)["PUSHED_REGISTRY"] == ""
    assert handover.notices == (
        f"PUSHED_REGISTRY is empty for later jobs: a dotenv report cannot hold {visible(registry)}.",
    )


@given(st.dictionaries(st.sampled_from(list(OUTPUTS)), NASTY_TEXT | st.text(max_size=3000)))
def test_dotenv_takes_any_output_without_another_variable_or_meaning(outputs: dict[str, str]) -> None:
    handover = gitlab().files(outputs, None)

    values = gitlab_dotenv(handover.files[0].text)
    assert values.keys() <= VARIABLES
    assert not any(map(gitlab_expands, values.values()))
    for variable, value in values.items():
        given = outputs.get(variable.removeprefix("PUSHED_").lower().replace("_", "-"), "")
        assert value in ("", given) or value.split(",") == [line for line in given.split("\n") if line]


PAGES: dict[str, str | None] = {
    f"{OWN}:1": "https://gitlab.example.com/Acme/Shop/App/container_registry",
    f"{OWN}/web:1": "https://gitlab.example.com/Acme/Shop/App/container_registry",
    f"{OWN}lication:1": "https://registry.example.com/acme/shop/application",
    "registry.example.com/other/app:1": "https://registry.example.com/other/app",
    "ghcr.io/acme/app:1.2": "https://ghcr.io/acme/app",
    "docker.io/acme/app:latest": "https://hub.docker.com/r/acme/app",
    "dtr.example.com:8443/team/app:1": "https://dtr.example.com:8443/team/app",
    "localhost:5000/app:1": None,
    "registry:5000/app:1": None,
    "127.0.0.1:5000/app:1": None,
    "[::1]:5000/app:1": None,
    "oci:layout:1": None,
    "oci:a.b/c:1": None,
    "javascript:alert(1)": None,
    "evil.example/a?b#c:1": None,
    "user:pw@evil.example/a:1": None,
    "": None,
}


@pytest.mark.parametrize(("reference", "url"), PAGES.items())
def test_what_can_be_a_link_is_one(reference: str, url: str | None) -> None:
    links = json.loads(files(gitlab(), {"tags": reference})[LINKS]).get("pushstep", [])

    assert links == ([{"external_link": {"label": reference, "url": url}}] if url else [])


def test_links_without_a_registry_of_its_own() -> None:
    ci = run("gitlab/no-registry")

    links = files(ci, {"tags": f"{OWN}:1"})[LINKS]

    assert json.loads(links)["pushstep"][0]["external_link"]["url"] == f"https://{OWN}"


def test_the_report_of_links_stays_below_80_kb() -> None:
    references = [f"{'h' * 250}.example/{'r' * 255}:{'t' * 125}{number}" for number in range(200)]

    links = files(gitlab(), {"tags": "\n".join(references)})[LINKS]

    assert len(json.loads(links)["pushstep"]) == 50
    assert len(links) < 80_000


def test_no_folder_no_files() -> None:
    assert run("gitlab/branch", CI_PROJECT_DIR="").files(OUTPUTS, None) == Handover()


def test_daemon_hint_gives_the_lines_of_a_service() -> None:
    hint = gitlab().daemon_hint()

    for words in ("services: [docker:27-dind]", "DOCKER_TLS_CERTDIR: /certs", "/var/run/docker.sock"):
        assert words in hint


def test_credentials_hint() -> None:
    assert "CI_REGISTRY_PASSWORD" in gitlab().credentials_hint("registry.example.com")
    assert "PUSHSTEP_PASSWORD" in gitlab().credentials_hint("dtr.example.com")
    assert "protected" in gitlab().credentials_hint("dtr.example.com")


def test_id_token_hint_gives_the_line_to_add() -> None:
    hint = gitlab().id_token_hint("sts.amazonaws.com")

    assert yaml.safe_load(hint.split("`")[1]) == {
        "id_tokens": {"PUSHSTEP_ID_TOKEN": {"aud": "sts.amazonaws.com"}}
    }


def test_credentials_hint_says_when_variables_are_withheld() -> None:
    ci = run("gitlab/fork-merge-request")

    assert ci.credentials_hint("dtr.example.com") == ci.context.withheld


def gitlab() -> CI:
    return run("gitlab/branch")


def files(ci: CI, outputs: dict[str, str]) -> dict[str, str]:
    return {write.path: write.text for write in ci.files(outputs, None).files}
