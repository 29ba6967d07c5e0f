"""Which hosts are ECR's and what they say: the shapes that its other clients take, and near misses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.registry.credentials.ecr import hosts
from pushstep.registry.credentials.ecr.hosts import Registry
from pushstep.registry.reference import NameFormatError

A = "123456789012"

HOSTS = {
    # host: region, partition, FIPS, dual stack
    f"{A}.dkr.ecr.eu-west-1.amazonaws.com": ("eu-west-1", "aws", False, False),
    f"{A}.dkr.ecr.il-central-1.amazonaws.com": ("il-central-1", "aws", False, False),
    f"{A}.dkr.ecr.ap-southeast-11.amazonaws.com": ("ap-southeast-11", "aws", False, False),
    f"{A}.dkr.ecr-fips.us-east-1.amazonaws.com": ("us-east-1", "aws", True, False),
    f"{A}.dkr-ecr.us-west-2.on.aws": ("us-west-2", "aws", False, True),
    f"{A}.dkr-ecr-fips.us-west-2.on.aws": ("us-west-2", "aws", True, True),
    f"{A}.dkr.ecr.cn-north-1.amazonaws.com.cn": ("cn-north-1", "aws-cn", False, False),
    f"{A}.dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn": ("cn-northwest-1", "aws-cn", False, True),
    f"{A}.dkr.ecr.us-gov-west-1.amazonaws.com": ("us-gov-west-1", "aws-us-gov", False, False),
    f"{A}.dkr.ecr-fips.us-gov-east-1.amazonaws.com": ("us-gov-east-1", "aws-us-gov", True, False),
    f"{A}.dkr-ecr-fips.us-gov-west-1.on.aws": ("us-gov-west-1", "aws-us-gov", True, True),
    f"{A}.dkr.ecr.eusc-de-east-1.amazonaws.eu": ("eusc-de-east-1", "aws-eusc", False, False),
    f"{A}.dkr-ecr.eusc-de-east-1.on.amazonwebservices.eu": ("eusc-de-east-1", "aws-eusc", False, True),
    f"{A}.dkr.ecr.us-iso-east-1.c2s.ic.gov": ("us-iso-east-1", "aws-iso", False, False),
    f"{A}.dkr.ecr.us-isob-east-1.sc2s.sgov.gov": ("us-isob-east-1", "aws-iso-b", False, False),
    f"{A}.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk": ("eu-isoe-west-1", "aws-iso-e", False, False),
    f"{A}.dkr.ecr.us-isof-south-1.csp.hci.ic.gov": ("us-isof-south-1", "aws-iso-f", False, False),
}


@pytest.mark.parametrize(("host", "what"), HOSTS.items(), ids=HOSTS)
def test_a_host_of_an_account(host: str, what: tuple[str, str, bool, bool]) -> None:
    region, partition, fips, dual_stack = what

    found = hosts.parse(host)

    assert found == Registry(host=host, account=A, region=region, fips=fips, dual_stack=dual_stack)
    assert found.partition == partition


@pytest.mark.parametrize("host", [host for host, (*_, fips, dual) in HOSTS.items() if not fips and not dual])
def test_an_account_in_a_region_has_that_host(host: str) -> None:
    assert hosts.private(A, HOSTS[host][0]) == hosts.parse(host)


@pytest.mark.parametrize(("host", "dual_stack"), [("public.ecr.aws", False), ("ecr-public.aws.com", True)])
def test_a_public_host(host: str, dual_stack: bool) -> None:
    found = hosts.parse(host)

    assert found == Registry(host=host, region="us-east-1", public=True, dual_stack=dual_stack)
    assert found.arn("app") == "arn:aws:ecr-public::*:repository/app"


OTHERS = [
    *("docker.io", "ghcr.io", "localhost:5000", "amazonaws.com", "ecr.eu-west-1.amazonaws.com"),
    *(f"{A}.dkr.ecr.eu-west-1.amazonaws.com.example.com", f"{A}.dkr.ecr.eu-west-1.localhost:4566"),
    *(f"{A}.dkr.ecr.eu-west-1.amazonaws.com:5000", f"x{A}.dkr.ecr.example.com", "public.ecr.aws.example.com"),
    f"{A}.dkr_ecr.eu-west-1.amazonaws.com",
]


@pytest.mark.parametrize("host", OTHERS)
def test_any_other_host_is_not_ours(host: str) -> None:
    assert hosts.parse(host) is None


WRONG = {
    # host: what stands in the hint
    "12345.dkr.ecr.eu-west-1.amazonaws.com": "12 digits",
    "my-account.dkr.ecr.eu-west-1.amazonaws.com": "12 digits",
    f"{A}.dkr.ecr.europe.amazonaws.com": "eu-west-1",
    f"{A}.dkr.ecr..amazonaws.com": "eu-west-1",
    f"{A}.dkr.ecr.cn-north-1.amazonaws.com": f"{A}.dkr.ecr.cn-north-1.amazonaws.com.cn",
    f"{A}.dkr.ecr.eu-west-1.amazonaws.com.cn": f"{A}.dkr.ecr.eu-west-1.amazonaws.com'",
    f"{A}.dkr.ecr.eusc-de-east-1.amazonaws.com": f"{A}.dkr.ecr.eusc-de-east-1.amazonaws.eu",
    f"{A}.dkr.ecr.eu-west-1.on.aws": f"{A}.dkr.ecr.eu-west-1.amazonaws.com",
    f"{A}.dkr-ecr.eu-west-1.amazonaws.com": f"{A}.dkr-ecr.eu-west-1.on.aws",
    f"{A}.dkr-ecr.us-iso-east-1.c2s.ic.gov": f"{A}.dkr.ecr.us-iso-east-1.c2s.ic.gov",
}


@pytest.mark.parametrize(("host", "hint"), WRONG.items(), ids=WRONG)
def test_a_host_of_aws_that_cannot_be_right(host: str, hint: str) -> None:
    with pytest.raises(NameFormatError) as caught:
        hosts.parse(host)

    assert hint in caught.value.hint


@given(st.from_regex(r"\A[0-9a-z.-]{0,14}\.dkr[.-]ecr(-fips)?\.[a-z0-9.-]{0,30}\Z"))
def test_whatever_it_is_there_is_one_answer(host: str) -> None:
    try:
        found = hosts.parse(host)
    except NameFormatError as error:
        assert error.hint
    else:
        assert found is None or found.host == host


PRIVATE = hosts.private(A, "eu-west-1")


@pytest.mark.parametrize(
    "given", [{}, {"region": "eu-west-1"}, {"account": A}, {"account": A, "region": "eu-west-1"}]
)
def test_what_is_given_beside_the_host_agrees_with_it(given: dict[str, str]) -> None:
    assert hosts.agreed(PRIVATE, **given) is PRIVATE


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"region": "eu-west-2"}, f"{PRIVATE.host} is of region eu-west-1, but region says eu-west-2"),
        ({"account": "1" * 12}, f"{PRIVATE.host} is of account {A}, but account says 111111111111"),
    ],
)
def test_what_is_given_beside_the_host_contradicts_it(given: dict[str, str], message: str) -> None:
    with pytest.raises(NameFormatError) as caught:
        hosts.agreed(PRIVATE, **given)

    assert (str(caught.value), caught.value.code) == (message, "conflict")


def test_a_public_host_takes_a_region_that_is_meant_for_others() -> None:
    public = Registry(host="public.ecr.aws", region="us-east-1", public=True)

    assert hosts.agreed(public, region="eu-west-1", account=A) is public


def test_arns_are_of_the_registrys_partition() -> None:
    assert PRIVATE.arn("team/app") == f"arn:aws:ecr:eu-west-1:{A}:repository/team/app"
    assert hosts.private(A, "cn-north-1").arn("app") == f"arn:aws-cn:ecr:cn-north-1:{A}:repository/app"
