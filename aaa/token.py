"""The Class we issue: names the session, and proves that we issued it (CLS-01, CLS-03).

28 printable octets: a mark, the session id, and a MAC cut to 80 bits under a key that only this
installation has. Devices echo it in accounting, which makes it the best key there is; one that was
altered, or is somebody else's, is ignored, never an error (F-31).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable

from aaa._sums import hmac_sha256

_MARK = b"th1."
_MAC_OCTETS = 10
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_LENGTH = len(_MARK) + 24  # 18 octets in base 64


def issue(session_id: int, key: bytes) -> bytes:
    """The Class value of a session."""
    name = session_id.to_bytes(8, "big")
    return _MARK + binascii.b2a_base64(name + _mac(name, key), newline=False).translate(_URL_SAFE)


def session_of(classes: Iterable[bytes], key: bytes) -> int | None:
    """The session named by the first genuine token among the Class attributes, if any."""
    for value in classes:
        token = value.rstrip(b"\0")
        if len(token) != _LENGTH or not token.startswith(_MARK):
            continue
        try:
            octets = base64.b64decode(token[len(_MARK) :], altchars=b"-_", validate=True)
        except binascii.Error:
            continue
        if hmac.compare_digest(octets[8:], _mac(octets[:8], key)):
            return int.from_bytes(octets[:8], "big")
    return None


def _mac(name: bytes, key: bytes) -> bytes:
    return hmac_sha256(key, name)[:_MAC_OCTETS]
