# syncd as a container: it keeps its data in /var/lib/syncd and reads /etc/syncd/config.toml. docs/running.md has more.
# The image is named by its digest, and all that pip installs by its hash: what is built is what was looked at. A newer
# one comes with: docker buildx imagetools inspect python:3.13-slim
FROM python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b AS base

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore

FROM base AS build
WORKDIR /usr/src/syncd
COPY requirements-build.lock ./
RUN pip install --require-hashes --requirement requirements-build.lock
COPY . ./
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

FROM base
ENV SYNCD_CONFIG=/etc/syncd/config.toml \
    SYNCD_DATA_DIR=/var/lib/syncd

RUN useradd --system --uid 10001 --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin syncd \
    && install --directory --owner=syncd --group=syncd --mode=0700 /var/lib/syncd

# What it depends on changes seldom, so that it has a layer of its own.
COPY requirements-fleet.lock /usr/src/syncd/
RUN pip install --require-hashes --requirement /usr/src/syncd/requirements-fleet.lock
COPY --from=build /wheels /wheels
RUN pip install --no-deps --no-index /wheels/*.whl && rm -r /wheels

WORKDIR /
USER syncd
VOLUME /var/lib/syncd
STOPSIGNAL SIGTERM
# It is well while the daemon answers.
HEALTHCHECK --interval=1m --timeout=15s --start-period=1m --retries=3 CMD syncd status --json > /dev/null
ENTRYPOINT ["syncd"]
CMD ["run"]
