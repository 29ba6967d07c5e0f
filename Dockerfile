# Works with BuildKit and with the builder before it. A change of the code makes one new layer, the last.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS packages
WORKDIR /opt/pushstep
# Wheels only: no code of a package runs before the program itself does. pip stays outside.
COPY requirements.txt /tmp/
RUN python3 -m venv --without-pip . \
    && python3 -m venv /tmp/pip \
    && /tmp/pip/bin/pip --python bin/python install --no-cache-dir --no-compile --disable-pip-version-check \
        --require-hashes --only-binary :all: --requirement /tmp/requirements.txt
# Out goes what no run reads: the services of AWS we do not talk to, and what serves development.
RUN find lib/python3*/site-packages/botocore/data -mindepth 1 -maxdepth 1 -type d \
        ! -name ecr ! -name ecr-public ! -name sts -exec rm -r {} + \
    && rm -r lib/python3*/site-packages/boto3/data lib/python3*/site-packages/boto3/examples \
    && find lib -type d \( -name tests -o -name __pycache__ \) -prune -exec rm -r {} + \
    && find lib -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.[ch]' -o -name 'examples-1.json*' \) -delete \
    && find bin -type f -delete
# -I: a job may set PYTHONPATH for its own code, and a docker.py or yaml.py in a checkout must not become ours.
RUN for packages in lib/python3*/site-packages; do echo /app >"$packages/pushstep.pth"; done \
    && printf '#!/opt/pushstep/bin/python -I\nimport sys\nfrom pushstep.__main__ import main\nsys.exit(main())\n' >bin/pushstep \
    && chmod 755 bin/pushstep \
    && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/pushstep/lib \
    && bin/python -I -c 'import boto3, docker, isal.igzip, lark, pydantic, quickjs, requests, truststore, yaml, backports.zstd; [boto3.client(name, "us-east-1") for name in ("ecr", "ecr-public", "sts")]'

FROM ${BASE} AS code
WORKDIR /app
COPY entrypoint.py ./
COPY pushstep ./pushstep
RUN chmod -R a+rX . && python3 -m compileall -q --invalidation-mode unchecked-hash /app

# No USER: GitHub requires root. Any other user works as well, with any home, path or working directory.
FROM ${BASE} AS pushstep
COPY --from=packages /opt/pushstep /opt/pushstep
COPY --from=packages /opt/pushstep/bin/pushstep /usr/local/bin/pushstep
COPY --from=code /app /app
ARG SOURCE=
ARG VERSION=
ARG REVISION=
LABEL org.opencontainers.image.title="pushstep" \
    org.opencontainers.image.description="Pushes an image that is already built, and says exactly what was pushed" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.source="${SOURCE}" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
ENTRYPOINT ["/opt/pushstep/bin/python", "-I", "/app/entrypoint.py"]
CMD []
