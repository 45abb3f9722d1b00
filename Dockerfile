# syncd as a container: it keeps its data in /var/lib/syncd and reads /etc/syncd/config.toml. docs/running.md has more.
FROM python:3.13-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore \
    SYNCD_CONFIG=/etc/syncd/config.toml \
    SYNCD_DATA_DIR=/var/lib/syncd

RUN useradd --system --uid 10001 --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin syncd \
    && install --directory --owner=syncd --group=syncd --mode=0700 /var/lib/syncd

WORKDIR /usr/src/syncd
# What it depends on changes seldom, so that it has a layer of its own.
COPY requirements.lock ./
RUN pip install --require-hashes --requirement requirements.lock
COPY . ./
RUN pip install --no-deps .

WORKDIR /
USER syncd
VOLUME /var/lib/syncd
STOPSIGNAL SIGTERM
# It is well while the daemon answers.
HEALTHCHECK --interval=1m --timeout=15s --start-period=1m --retries=3 CMD syncd status --json > /dev/null
ENTRYPOINT ["syncd"]
CMD ["run"]
