"""The tables as SQLAlchemy Core sees them, for statements over many rows."""

from __future__ import annotations

from case_threader import models
from case_threader.models import metadata

__all__ = ["models"]

accounts = metadata.tables["account"]
case_changes = metadata.tables["case_change"]
case_events = metadata.tables["case_event"]
cases = metadata.tables["cases"]
contacts = metadata.tables["contact"]
counter = metadata.tables["counter"]
employees = metadata.tables["employee"]
filings = metadata.tables["filing"]
known_addresses = metadata.tables["known_address"]
known_ids = metadata.tables["known_id"]
mail_accounts = metadata.tables["mail_account"]
messages = metadata.tables["message"]
participants = metadata.tables["participant"]
replies = metadata.tables["reply"]
reply_templates = metadata.tables["reply_template"]
settings = metadata.tables["case_settings"]
signatures = metadata.tables["signature"]
