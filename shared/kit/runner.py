"""Hears a service's subscription: fetch, one transaction, acknowledge."""

from kit.subscription import Handler, Subscription

__all__ = ["Handler", "Subscription"]
