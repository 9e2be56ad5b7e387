"""HTTP shapes, one room per subject: what comes in (`…Body`) and what goes out."""
