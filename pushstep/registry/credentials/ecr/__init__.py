"""Amazon ECR: whose registry a host is, and how an AWS identity becomes a login there.

    identity ─▶ sessions ─▶ tokens ─▶ Credential        the AWS side: keys, roles, the CI's OIDC token
    hosts    ───────┘   └─▶ repositories                the registry side: account, region, partition
    refusals, faults                                    what AWS and botocore say, in plain words

boto3 is imported by the first request, so that nobody else waits for it.
"""
