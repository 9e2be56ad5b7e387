"""Every query of this service, one room per subject."""
