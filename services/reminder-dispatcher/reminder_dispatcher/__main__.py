"""Starts the process."""

from kit.serving import run_service
from reminder_dispatcher.app import make_app
from reminder_dispatcher.settings import Settings

if __name__ == "__main__":
    run_service(Settings, make_app)
