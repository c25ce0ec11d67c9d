# One image for the web process (the default command) and for workers (command: billing worker).
# It is not built in CI, where no Docker engine runs; CI runs docker/install.sh, which does the installing, in a clean
# folder, and there the commands and the health check below.

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY LICENSE pyproject.toml requirements.lock ./
COPY docker/install.sh docker/
COPY billing_service billing_service/
COPY connectors connectors/
RUN sh docker/install.sh /opt/billing

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /data billing
COPY --from=build /opt/billing /opt/billing
ENV PATH=/opt/billing/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    BILLING_DATA_DIR=/data \
    BILLING_HOST=0.0.0.0 \
    BILLING_PORT=8000
USER 10001
WORKDIR /data
# Holds the SQLite database; unused when BILLING_DATABASE_URL names a PostgreSQL. Once before the first start, and after
# every upgrade: billing migrate.
VOLUME /data
EXPOSE 8000
# A worker serves no HTTP: start it with --no-healthcheck.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD python -c "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['BILLING_PORT'] + '/livez', timeout=4)"
CMD ["billing", "serve"]
