"""What this service is made of beside what every service has."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from kit.application import Parts, given_parts
from kit.workers import WorkerPool
from tasks_api.desk import Desk
from tasks_api.passwords import Passwords
from tasks_api.settings import Settings
from tasks_api.signing_in import SignIn
from tasks_api.signing_keys import SigningKeys


@dataclass
class TasksParts(Parts):
    settings: Settings
    keys: SigningKeys
    passwords: Passwords
    sign_in: SignIn
    desk: Desk
    workers: WorkerPool


The = Annotated[TasksParts, Depends(given_parts)]
"""The parts, as the first parameter of an endpoint."""
