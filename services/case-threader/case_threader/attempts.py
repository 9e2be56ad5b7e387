"""When a reply that could not be handed over is tried again: the same for every mail of ours."""

from kit.mail_attempts import GIVE_UP_AFTER, MOST_UNKNOWN, next_attempt

__all__ = ["GIVE_UP_AFTER", "MOST_UNKNOWN", "next_attempt"]
