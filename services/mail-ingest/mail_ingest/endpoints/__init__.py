"""HTTP comes in here: parse, call one use case, shape the answer. One room per subject."""
