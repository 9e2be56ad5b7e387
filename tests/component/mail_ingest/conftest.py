"""The ladder for mail-ingest: IMAP server → service → client."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # scripted_imap, builders
