"""`make bench`: the whole pipeline and its parts, measured beside a bare reference loop of the same run."""
