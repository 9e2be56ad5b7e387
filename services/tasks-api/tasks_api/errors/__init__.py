"""What tasks-api refuses, one room per subject."""
