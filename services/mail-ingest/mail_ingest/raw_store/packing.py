"""Raw mail is kept compressed (zstd, RFC 8878); mail shrinks to a third."""

from __future__ import annotations

import asyncio
import hashlib

import zstandard

from mail_ingest.raw_store import RawMailDamaged

LEVEL = 3
SLOW_FROM = 512 * 1024  # bytes; larger ones are packed in a thread

_packer = zstandard.ZstdCompressor(level=LEVEL)
_unpacker = zstandard.ZstdDecompressor()


async def packed(raw: bytes) -> bytes:
    if len(raw) < SLOW_FROM:
        return _packer.compress(raw)
    return await asyncio.to_thread(zstandard.ZstdCompressor(level=LEVEL).compress, raw)


async def unpacked(content: bytes, *, sha256: str, size: int) -> bytes:
    """The bytes that were packed; RawMailDamaged when they are not those of `sha256`."""
    if size < SLOW_FROM:
        return _checked(content, sha256, size, _unpacker)
    return await asyncio.to_thread(_checked, content, sha256, size, zstandard.ZstdDecompressor())


def _checked(content: bytes, sha256: str, size: int, unpacker: zstandard.ZstdDecompressor) -> bytes:
    try:
        raw = unpacker.decompress(content, max_output_size=max(size, 1))
    except zstandard.ZstdError as error:
        raise RawMailDamaged(f"The raw mail {sha256} cannot be unpacked: {error}.") from error
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise RawMailDamaged(f"What lies under {sha256} are other bytes.")
    return raw
