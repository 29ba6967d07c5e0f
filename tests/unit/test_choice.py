"""Registries of a document as destinations (push-step.md 2, 2.1, 5.1, 5.2): names, hosts, prefixes, ECR."""

from dataclasses import replace

import pytest

from pushstep.ci.protocol import Context, OwnRegistry
from pushstep.errors import InputError, Problem
from pushstep.push.choice import Choice, Chosen, choose
from pushstep.push.plan import Destination, Plan, needs_names, plan
from pushstep.registry.credentials.ecr import hosts
from pushstep.registry.credentials.ecr.identity import Chain, Identity, Keys, Role
from pushstep.step.entries import Entries
from pushstep.step.model import Step
from pushstep.step.registries import read
from pushstep.step.scalars import Known
from pushstep.step.variables import Variables

PLAIN = Context(ci="plain")
GITLAB = Context(
    ci="gitlab",
    own_registry=OwnRegistry(host="registry.gl.io", repository="group/proj", username="", password=""),
)
ACCOUNT, REGION = "123456789012", "eu-west-1"
ECR = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pusher"
DOCUMENT = f"""\
registries:
  team: {{domain: dtr.io, username: a, password: b, repository_prefix: team-a/sub}}
  plain: {{domain: r.io}}
  plain2: {{domain: r.io, repository_prefix: x}}
  plain3: {{domain: r.io}}
  hub: {{username: a, password: b, repository_prefix: acme}}
  prod: {{provider: ecr, account: {ACCOUNT}, region: {REGION}, role_arn: '{ROLE}', aws_session_name: ci}}
  caller: {{provider: ecr, region: {REGION}, accessKeyId: AKIA1, secretAccessKey: s, repository_prefix: p}}
  fips: {{provider: ecr, domain: {ACCOUNT}.dkr-ecr-fips.us-east-1.on.aws}}
  public: {{provider: ecr, domain: public.ecr.aws}}
"""


def entries(default: str = "") -> Entries:
    text = DOCUMENT.replace(f"  {default}: {{", f"  {default}: {{default: true, ") if default else DOCUMENT
    found = read(text, name="regs.yml")
    assert not found.problems
    return found.entries(Variables())


def step(**fields: object) -> Step:
    return Step.model_validate(
        {"candidate": "acme/app", "tag": "1", **fields}, context=Known(registries=entries().known)
    )


def laid(wanted: Step, default: str = "", context: Context = PLAIN) -> list[str]:
    known = entries(default)
    found = plan(wanted, context, choice=choose(wanted, known))
    return [f"{place.name}:{tag}" for place in found.destinations for tag in place.tags]


def refused(wanted: Step, default: str = "", context: Context = PLAIN) -> Problem:
    with pytest.raises(InputError) as caught:
        laid(wanted, default, context)
    (problem,) = caught.value.problems
    return problem


def entry_of(wanted: Step, default: str = "", context: Context = PLAIN) -> list[str | None]:
    found = plan(wanted, context, choice=choose(wanted, entries(default)))
    return [place.entry.name if place.entry else None for place in found.destinations]


# fields of the step → where it goes, and whose entry that is
WHERE: dict[str, tuple[dict[str, object], list[str], list[str | None]]] = {
    "a logical name": ({"registry": ["plain"]}, ["r.io/acme/app:1"], ["plain"]),
    "its prefix comes before the name": ({"registry": ["team"]}, ["dtr.io/team-a/sub/acme/app:1"], ["team"]),
    "and before image_name": (
        {"registry": ["team"], "image_name": "x"},
        ["dtr.io/team-a/sub/x:1"],
        ["team"],
    ),
    "though that begins with it": (
        {"registry": ["team"], "image_name": "team-a/sub/x"},
        ["dtr.io/team-a/sub/team-a/sub/x:1"],
        ["team"],
    ),
    "the host in image_name is dropped before": (
        {"registry": ["team"], "image_name": "DTR.io/x"},
        ["dtr.io/team-a/sub/x:1"],
        ["team"],
    ),
    "a host has its login and no prefix": ({"registry": ["dtr.io"]}, ["dtr.io/acme/app:1"], ["team"]),
    "a host that is nobody's": ({"registry": ["x.io"]}, ["x.io/acme/app:1"], [None]),
    "Docker Hub, whose prefix is a namespace": (
        {"candidate": "app", "registry": ["hub"]},
        ["docker.io/acme/app:1"],
        ["hub"],
    ),
    "several, in their order": (
        {"registry": ["team", "x.io", "oci:out", "plain"]},
        ["dtr.io/team-a/sub/acme/app:1", "x.io/acme/app:1", "oci:out:1", "r.io/acme/app:1"],
        ["team", None, None, "plain"],
    ),
    "two names of one place": ({"registry": ["plain", "plain3"]}, ["r.io/acme/app:1"], ["plain"]),
    "two names of one registry": (
        {"registry": ["plain", "plain2"]},
        ["r.io/acme/app:1", "r.io/x/acme/app:1"],
        ["plain", "plain2"],
    ),
    "no registry: the host in the name is one": (
        {"candidate": "dtr.io/acme/app"},
        ["dtr.io/acme/app:1"],
        ["team"],
    ),
    "no registry: Docker Hub is one": ({}, ["docker.io/acme/app:1"], ["hub"]),
    "full references have no prefix": (
        {"tag": None, "tags": ["dtr.io/a/b:2", "acme/b:3", "x.io/b:4"]},
        ["dtr.io/a/b:2", "docker.io/acme/b:3", "x.io/b:4"],
        ["team", "hub", None],
    ),
    "ECR": ({"registry": ["prod"]}, [f"{ECR}/acme/app:1"], ["prod"]),
    "ECR by its host": ({"registry": [ECR]}, [f"{ECR}/acme/app:1"], ["prod"]),
    "ECR in another region": (
        {"registry": ["prod"], "region": "us-east-1"},
        [f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/acme/app:1"],
        ["prod"],
    ),
    "ECR with FIPS": (
        {"registry": ["fips"]},
        [f"{ACCOUNT}.dkr-ecr-fips.us-east-1.on.aws/acme/app:1"],
        ["fips"],
    ),
    "ECR Public": ({"registry": ["public"]}, ["public.ecr.aws/acme/app:1"], ["public"]),
    "ECR beside others": (
        {"registry": ["plain", "prod", "team"]},
        ["r.io/acme/app:1", f"{ECR}/acme/app:1", "dtr.io/team-a/sub/acme/app:1"],
        ["plain", "prod", "team"],
    ),
    "provider ecr leaves hosts out": (
        {"registry": ["x.io", "prod", "oci:out"], "provider": "ecr"},
        [f"{ECR}/acme/app:1"],
        ["prod"],
    ),
}


@pytest.mark.parametrize(("fields", "expected", "names"), WHERE.values(), ids=WHERE)
def test_section_5_1_where_it_goes(
    fields: dict[str, object], expected: list[str], names: list[str | None]
) -> None:
    wanted = step(**fields)

    assert laid(wanted) == expected
    assert entry_of(wanted) == names


# the default entry, fields, → where it goes on nothing, on GitLab
DEFAULTS: dict[str, tuple[str, dict[str, object], str, str]] = {
    "none": ("", {"candidate": "acme/app"}, "docker.io/acme/app:1", "registry.gl.io/group/proj/acme/app:1"),
    "the marked one": ("plain", {}, "r.io/acme/app:1", "r.io/acme/app:1"),
    "with its prefix": ("team", {}, "dtr.io/team-a/sub/acme/app:1", "dtr.io/team-a/sub/acme/app:1"),
    "whatever the candidate's host is": (
        "team",
        {"candidate": "x.io/acme/app"},
        "dtr.io/team-a/sub/acme/app:1",
        "dtr.io/team-a/sub/acme/app:1",
    ),
    "a registry that is named comes first": (
        "team",
        {"registry": ["plain"]},
        "r.io/acme/app:1",
        "r.io/acme/app:1",
    ),
    "so do full references": ("team", {"tag": None, "tags": ["x.io/a:1"]}, "x.io/a:1", "x.io/a:1"),
    "one of ECR": ("prod", {}, f"{ECR}/acme/app:1", f"{ECR}/acme/app:1"),
    "one of ECR for who wants ECR": (
        "prod",
        {"provider": "ecr", "registry": ["x.io"]},
        f"{ECR}/acme/app:1",
        f"{ECR}/acme/app:1",
    ),
}


@pytest.mark.parametrize(("default", "fields", "plain", "gitlab"), DEFAULTS.values(), ids=DEFAULTS)
def test_section_5_2_the_default_registry(
    default: str, fields: dict[str, object], plain: str, gitlab: str
) -> None:
    wanted = step(**fields)

    assert laid(wanted, default) == [plain]
    assert laid(wanted, default, GITLAB) == [gitlab]


def ecr(wanted: Step, default: str = "") -> Chosen:
    (chosen,) = choose(wanted, entries(default)).chosen
    assert chosen.ecr
    return chosen


def test_section_2_as_whom_aws_is_asked() -> None:
    """The step's keys, role and region come before those of the entry, and the keys go together."""
    role = Role(arn=ROLE, session_name="ci")
    keys = {"accessKeyId": "AKIA2", "secretAccessKey": "s2", "sessionToken": "t2"}
    own = Keys(access_key_id="AKIA2", secret_access_key="s2", session_token="t2")
    theirs = Keys(access_key_id="AKIA1", secret_access_key="s")
    other = ROLE.replace("pusher", "other")

    def who(**fields: object) -> Identity:
        chosen = ecr(step(**fields))
        assert chosen.ecr
        return chosen.ecr.identity

    assert who(registry=["prod"]) == Identity(base=Chain(), role=role)
    assert who(registry=["caller"]) == Identity(base=theirs)
    assert who(registry=["caller"], **keys) == Identity(base=own)
    assert who(registry=["prod"], **keys) == Identity(base=own, role=role)
    assert who(registry=["prod"], role_arn=other, aws_duration_seconds="900") == Identity(
        base=Chain(), role=replace(role, arn=other, seconds=900)
    )
    assert who(provider="ecr", **keys) == Identity(base=own)
    assert who(provider="ecr", role_arn=ROLE) == Identity(base=Chain(), role=Role(arn=ROLE))


def test_section_5_what_aws_has_to_be_asked() -> None:
    assert ecr(step(registry=["prod"])).registry == ECR
    for wanted, region in (
        (step(registry=["caller"]), REGION),
        (step(provider="ecr", region="us-east-1"), "us-east-1"),
        (step(provider="ecr"), ""),
    ):
        found = ecr(wanted)
        assert found.ecr
        assert (found.registry, found.ecr.registry, found.ecr.region) == ("", None, region)
        assert not choose(wanted, entries()).is_located
    assert ecr(step(registry=["caller"])).prefix == "p"


def test_section_5_once_aws_has_told() -> None:
    wanted = step(registry=["caller", "prod"], image_name=f"{ECR}/app")
    choice = choose(wanted, entries())
    registry = hosts.private(ACCOUNT, REGION)
    first = choice.chosen[0]
    assert first.ecr
    told = replace(first, registry=registry.host, ecr=replace(first.ecr, registry=registry))

    found = plan(wanted, PLAIN, choice=replace(choice, chosen=(told, choice.chosen[1])))

    assert [place.name for place in found.destinations] == [f"{ECR}/p/app", f"{ECR}/app"]
    assert [place.ecr and place.ecr.registry for place in found.destinations] == [registry, registry]


def test_section_5_3_credentials_of_the_step_come_before_those_of_an_entry_of_ecr() -> None:
    given = {"username": "AWS", "password": "x"}

    by_host = plan(wanted := step(registry=[ECR], credentials=given), PLAIN, choice=choose(wanted, entries()))
    assert by_host.destinations[0].ecr is None
    assert by_host.destinations[0].entry
    # by its logical name they are ignored, which the remarks tell
    assert ecr(step(registry=["prod"], credentials=given)).ecr


REFUSED: dict[str, tuple[Step, str, tuple[str, str, str, str]]] = {
    "a host of several": (
        step(registry=["r.io"]),
        "",
        (
            "conflict",
            "registry",
            "r.io is the domain of several registries: plain, plain2, plain3",
            "logical",
        ),
    ),
    "a host of several in a full reference": (
        step(tag=None, tags=["r.io/a/b:1"]),
        "",
        ("conflict", "registry", "r.io is the domain of several registries", "Give the logical name"),
    ),
    "a host of several, which the candidate's name has": (
        step(candidate="r.io/acme/app"),
        "",
        ("conflict", "registry", "r.io is the domain of several registries", "Give the logical name"),
    ),
    "docker given for ECR": (
        step(registry=["prod"], provider="docker"),
        "",
        ("conflict", "registry", "provider docker is given for prod, which is ecr", "Leave provider out"),
    ),
    "ECR given for docker": (
        step(registry=["team"], provider="ecr"),
        "",
        ("conflict", "registry", "provider ecr is given for team, which is docker", "Leave provider out"),
    ),
    "docker given beside a default of ECR": (
        step(provider="docker"),
        "prod",
        ("conflict", "registry", "provider docker is given for prod", "Leave provider out"),
    ),
    "half of the keys": (
        step(registry=["prod"], accessKeyId="a"),
        "",
        ("missing", "registry", "the AWS keys have no secretAccessKey", "together"),
    ),
    "another region than the domain's": (
        step(registry=["fips"], region=REGION),
        "",
        ("conflict", "registry", "is of region us-east-1, but region says eu-west-1", "Leave region out"),
    ),
    "another host in image_name": (
        step(registry=["team"], image_name="x.io/a"),
        "",
        ("reference", "image_name", "names another registry than dtr.io", "said by team in the registries"),
    ),
    "another host in image_name, of ECR": (
        step(registry=["prod"], image_name=f"{ECR.replace(REGION, 'us-east-1')}/app"),
        "",
        ("reference", "image_name", f"names another registry than {ECR}", "said by prod in the registries"),
    ),
    "no alias at ECR Public": (
        step(candidate="app", registry=["public"]),
        "",
        ("reference", "candidate", "has no alias", "Give image_name"),
    ),
    "a prefix that makes the name too long": (
        step(candidate="a" * 250, registry=["team"]),
        "",
        ("reference", "candidate", "is no repository name", "255"),
    ),
}


@pytest.mark.parametrize(("wanted", "default", "expected"), REFUSED.values(), ids=REFUSED)
def test_section_5_1_what_makes_no_sense(
    wanted: Step, default: str, expected: tuple[str, str, str, str]
) -> None:
    problem = refused(wanted, default)

    code, path, message, hint = expected
    assert (problem.code, problem.path) == (code, path)
    assert message in problem.message
    assert hint in problem.hint


def test_section_5_the_host_of_image_name_where_the_step_alone_says_ecr() -> None:
    wanted = step(provider="ecr", region=REGION, image_name="x.io/app")
    registry = hosts.private(ACCOUNT, REGION)
    (chosen,) = choose(wanted, Entries()).chosen
    assert chosen.ecr
    told = replace(chosen, registry=registry.host, ecr=replace(chosen.ecr, registry=registry))

    with pytest.raises(InputError) as caught:
        plan(wanted, PLAIN, choice=Choice(chosen=(told,)))
    assert "said by provider and region." in caught.value.problems[0].hint


# --- whose login reads the candidate -------------------------------------------------------------------


def reading(**fields: object) -> Chosen:
    wanted = step(**fields)
    assert wanted.candidate.host
    return choose(wanted, entries()).reading(wanted.candidate.host)


def test_section_2_registry_context_is_a_logical_name() -> None:
    assert choose(step(registry_context="team"), entries()).source == entries().named("team")
    assert choose(step(registry_context="r.io"), entries()).source is None
    assert choose(step(candidate="docker-archive:a.tar", registry_context="team"), entries()).source is None
    named = reading(candidate="docker://r.io/a/b", registry_context="plain2")
    assert named == Chosen(registry="r.io", entry=entries().named("plain2"))


def test_section_2_without_it_the_candidates_host_tells() -> None:
    assert reading(candidate="docker://dtr.io/a/b") == Chosen(
        registry="dtr.io", entry=entries().named("team")
    )
    assert reading(candidate="docker://x.io/a/b") == Chosen(registry="x.io")
    with pytest.raises(InputError) as caught:
        reading(candidate="docker://r.io/a/b")
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("conflict", "candidate")
    assert "registry_context" in problem.hint


def test_section_2_a_candidate_in_ecr() -> None:
    for context in ("prod", "caller", None):
        found = reading(candidate=f"docker://{ECR}/a/b", registry_context=context)
        assert found.registry == ECR
        assert found.ecr
        assert found.ecr.registry == hosts.private(ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("context", "candidate"),
    [
        ("team", "docker://r.io/a/b"),
        ("prod", f"docker://{ECR.replace(REGION, 'us-east-1')}/a/b"),
        ("caller", f"docker://{ECR.replace(REGION, 'us-east-1')}/a/b"),
        ("caller", "docker://r.io/a/b"),
    ],
)
def test_section_2_credentials_are_for_no_other_registry(context: str, candidate: str) -> None:
    with pytest.raises(InputError) as caught:
        choose(step(candidate=candidate, registry_context=context), entries())

    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("conflict", "registry_context")
    assert "is not the candidate's registry" in problem.message


# --- what the plan keeps -------------------------------------------------------------------------------


def test_a_candidate_that_only_aws_can_place_still_needs_a_name() -> None:
    assert needs_names(step(candidate="0123456789ab", registry=["oci:out"], provider="ecr"))
    assert not needs_names(step(candidate="0123456789ab", registry=["oci:out"]))


def test_a_destination_knows_its_entry() -> None:
    wanted = step(registry=["team"])

    assert plan(wanted, PLAIN, choice=choose(wanted, entries())) == Plan(
        destinations=(
            Destination(
                registry="dtr.io",
                repository="team-a/sub/acme/app",
                tags=("1",),
                entry=entries().named("team"),
            ),
        )
    )
