"""Webhooks: other systems are told over HTTP what this service says, signed as Standard Webhooks has it.

| to … | look at |
|---|---|
| know which URLs want to hear what | `book` |
| take events out of the log for them | `taking_up` |
| sign a message, and know when to try again | `signing`, `schedule` |
| send, and keep a log of it | `sending`, `deliveries` |
| answer an administrator | `endpoints`, `schemas` |
"""
