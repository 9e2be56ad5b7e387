"""Understanding foreign mail: bytes in, values out. Pure (no database, no HTTP, no clock) and run in worker processes.

`jobs` is the only door for the rest of the service. Nothing here trusts what it reads: every scan is linear in the size of
the mail, every limit has a reason code (`limits`), and text passes one gate (`text_gate`) before it leaves.
"""
