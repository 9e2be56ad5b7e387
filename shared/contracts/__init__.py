"""What the services promise each other: one file per speaker. An event is a fact with all a listener needs to act.

Fields may be added with a default; any other change is a new version beside the old one (docs/events.md).
"""
