"""The small application that workflows and pipelines of the end-to-end tests build."""

import uuid


def app() -> dict[str, str]:
    """Give its files: they differ from run to run, so that no registry has the image already."""
    return {
        "Dockerfile": "FROM alpine:3\nWORKDIR /app\nCOPY run-tests content ./\n",
        "run-tests": "#!/bin/sh\necho tested\n",
        "content": uuid.uuid4().hex,
    }
