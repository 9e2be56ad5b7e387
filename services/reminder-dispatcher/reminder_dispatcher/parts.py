"""What this service is made of beside what every service has."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from kit.application import Parts, given_parts
from kit.bell import Bell
from reminder_dispatcher.composing import Language
from reminder_dispatcher.digests import Digests
from reminder_dispatcher.dispatch import Dispatcher
from reminder_dispatcher.sender_names import SenderNames
from reminder_dispatcher.settings import Settings
from reminder_dispatcher.trials import Trials
from reminder_dispatcher.waiting import WaitingMatters


@dataclass
class ReminderParts(Parts):
    settings: Settings
    dispatcher: Dispatcher
    digests: Digests
    bell: Bell
    waiting: WaitingMatters
    trials: Trials
    sender_names: SenderNames
    language: Language
    sms_kind: str


The = Annotated[ReminderParts, Depends(given_parts)]
"""The parts, as the first parameter of an endpoint."""
