# One image for the four services: GONIEC_SERVICE names the package that runs.
FROM python:3.13-slim AS packages
WORKDIR /build
RUN python3 -m venv /opt/goniec
COPY requirements.lock .
RUN /opt/goniec/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes -r requirements.lock
COPY shared shared
COPY services services
RUN /opt/goniec/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-deps --no-build-isolation \
    ./shared ./services/tasks-api ./services/mail-ingest ./services/case-threader ./services/reminder-dispatcher

FROM python:3.13-slim
RUN groupadd --gid 10001 goniec \
    && useradd --uid 10001 --gid goniec --no-create-home --home-dir /var/lib/goniec goniec \
    && install -d -o goniec -g goniec /var/lib/goniec
COPY --from=packages /opt/goniec /opt/goniec
COPY LICENSE NOTICE /usr/share/doc/goniec/
COPY services/mail-ingest/LICENSE /usr/share/doc/goniec/LICENSE.GPL-3.0-only
COPY examples /opt/goniec/examples
ENV PATH=/opt/goniec/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    GONIEC_DATA=/var/lib/goniec GONIEC_HOST=0.0.0.0 GONIEC_SERVICE=tasks_api GONIEC_EXAMPLES=/opt/goniec/examples
USER goniec
WORKDIR /var/lib/goniec
VOLUME /var/lib/goniec
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python3", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['GONIEC_PORT'] + '/health/ready', timeout=4)"]
CMD ["sh", "-c", "exec python3 -m \"$GONIEC_SERVICE\""]
