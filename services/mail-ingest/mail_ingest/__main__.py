"""Starts mail-ingest: `python -m mail_ingest`."""

from kit.serving import run_service
from mail_ingest.app import make_app
from mail_ingest.settings import Settings

if __name__ == "__main__":
    run_service(Settings, make_app)
