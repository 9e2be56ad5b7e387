"""Names of attachments, safe to show and to save under: no path, no control characters, no turned writing direction."""

from __future__ import annotations

import re

from mail_ingest.parsing.text_gate import clean_name

_LONGEST = 180
_FORBIDDEN = re.compile(r'[<>:"|?*\\/]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)

EXTENSIONS = {
    "application/ics": "ics", "application/json": "json", "application/msword": "doc", "application/pdf": "pdf",
    "application/pgp-keys": "asc", "application/pgp-signature": "asc", "application/pkcs7-mime": "p7m",
    "application/pkcs7-signature": "p7s", "application/rtf": "rtf", "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx", "application/x-pkcs7-mime": "p7m",
    "application/x-pkcs7-signature": "p7s", "application/x-zip-compressed": "zip", "application/xml": "xml",
    "application/zip": "zip",
    "audio/mpeg": "mp3", "audio/wav": "wav", "image/bmp": "bmp", "image/gif": "gif", "image/heic": "heic", "image/jpeg": "jpg",
    "image/jpg": "jpg", "image/pjpeg": "jpg", "image/png": "png", "image/svg+xml": "svg", "image/tiff": "tif", "image/webp": "webp",
    "message/delivery-status": "txt", "message/disposition-notification": "txt", "message/feedback-report": "txt",
    "message/global": "eml", "message/rfc822": "eml", "text/calendar": "ics", "text/csv": "csv", "text/html": "html",
    "text/plain": "txt", "text/rfc822-headers": "txt", "text/rtf": "rtf", "text/vcard": "vcf", "text/x-vcalendar": "vcs",
    "text/x-vcard": "vcf", "text/xml": "xml", "video/mp4": "mp4", "video/quicktime": "mov",
}  # fmt: skip


def safe_file_name(written: str) -> str:
    """The last step of a path, cleaned; empty when nothing of a name is left."""
    text = clean_name(written).replace("\\", "/")
    text = _FORBIDDEN.sub("_", text.rstrip("/").rpartition("/")[2]).strip(" .")
    if not text:
        return ""
    if _RESERVED.match(text):
        text = f"_{text}"
    return _shortened(text)


def name_by_type(content_type: str, n: int) -> str:
    """A name for what has none: `attachment-2.pdf`."""
    kind = "image" if content_type.startswith("image/") else "attachment"
    return f"{kind}-{n}.{EXTENSIONS.get(content_type, 'bin')}"


def _shortened(name: str) -> str:
    """At most 180 characters, the extension kept."""
    if len(name) <= _LONGEST:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 12:
        return name[:_LONGEST].rstrip(" .")
    return f"{stem[: _LONGEST - len(extension) - 1].rstrip(' .')}.{extension}"
