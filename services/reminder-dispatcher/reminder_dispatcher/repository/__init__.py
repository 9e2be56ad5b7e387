"""Every query of reminder-dispatcher, by subject."""
