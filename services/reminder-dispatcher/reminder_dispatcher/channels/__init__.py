"""Ways to reach somebody: one role, one file per kind."""
