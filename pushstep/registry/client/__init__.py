"""The distribution protocol, as one registry host and its repositories.

    repository   the verbs ──▶ manifests, blobs, upload: what each of them asks, and when again (patience)
         │
    registry     one host: greeting, gate (how many at once), tokens (who we are) ──▶ token_service
         │
    routes       to the registry itself, or to whom it names, with what of ours
         │
    exchange     one request and its answer, or why there is none (faults, failures)
         │
    connection   one that is watched and kept
         │
    line         to the host or through a proxy (proxies, tunnel), where it may lead (addresses)
         │
    network      sockets, clocks, waits, and an end to all

Sources: OCI distribution specification 1.1; distribution docs/content/spec/auth (tokens, OAuth2); RFC 9110.
"""
