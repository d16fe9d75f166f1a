FROM python:3.13-slim AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/edfs-bot
COPY requirements.lock /tmp/requirements.lock
RUN /opt/edfs-bot/bin/python -m pip install --require-hashes --only-binary=:all: \
    -r /tmp/requirements.lock

FROM python:3.13-slim AS runtime
RUN groupadd --gid 10001 edfs-bot \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /state \
       --shell /usr/sbin/nologin edfs-bot \
    && install --directory --owner=10001 --group=10001 --mode=0700 /state
COPY --from=builder /opt/edfs-bot /opt/edfs-bot
COPY bot /app/bot
# .dockerignore keeps the sandbox out; the build ends here if it should ever fail to.
RUN test ! -e /app/bot/sandbox
ENV PATH=/opt/edfs-bot/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    EDFS_BOT_STATE_DIR=/state \
    EDFS_BOT_BIND=0.0.0.0:3000
WORKDIR /app
USER 10001:10001
VOLUME /state
EXPOSE 3000
# The question stays inside the container: no proxy of the environment is asked.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from urllib.request import ProxyHandler, build_opener; build_opener(ProxyHandler({})).open('http://127.0.0.1:3000/healthz', timeout=3)"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
