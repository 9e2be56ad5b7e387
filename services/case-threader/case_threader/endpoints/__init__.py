"""HTTP comes in: parse, call one use case, shape the answer. One room per subject."""
