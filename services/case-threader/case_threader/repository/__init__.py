"""Every query of this service, by subject."""
