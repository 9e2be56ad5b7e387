"""What a service says is committed with what it did (`announce`) and carried to the broker afterwards (`Relay`)."""

from kit.announcing import announce

__all__ = ["announce"]
