"""HTTP comes in: one room per subject."""
