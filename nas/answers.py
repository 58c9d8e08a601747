"""What a device's answer to a Disconnect or CoA means, for the desk and for people.

An Error-Cause says whether to try again, to give the session up, or to have somebody mend the
set-up (RFC 5176 s3.5, COA-11). Silence has many causes that look alike from here (COA-14).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.grant import OrderResult
from nas.dialect import Dialect


class Next(enum.Enum):
    """What to do after an answer."""

    DONE = "done"  # the device did it
    GONE = "gone"  # it has no such session: the stale-session path
    RETRY = "retry"  # the same order may succeed later
    MEND = "mend"  # it never will until somebody changes something


SESSION_CONTEXT_NOT_FOUND = 503


@dataclass(frozen=True, slots=True)
class ErrorCause:
    """One value of Error-Cause: its dictionary name, what follows from it, what it means."""

    name: str
    next: Next
    meaning: str


ERROR_CAUSES: Mapping[int, ErrorCause] = MappingProxyType(
    {
        201: ErrorCause(
            "Residual-Context-Removed",
            Next.DONE,
            "the session was gone but for remains, now removed",
        ),
        202: ErrorCause("Invalid-EAP-Packet", Next.MEND, "an EAP packet was malformed"),
        401: ErrorCause(
            "Unsupported-Attribute", Next.MEND, "it does not know an attribute of the request"
        ),
        402: ErrorCause(
            "Missing-Attribute", Next.MEND, "it needs an attribute that the request did not have"
        ),
        403: ErrorCause(
            "NAS-Identification-Mismatch",
            Next.MEND,
            "NAS-IP-Address or NAS-Identifier in the request is not what it calls itself",
        ),
        404: ErrorCause("Invalid-Request", Next.MEND, "it found the request malformed"),
        405: ErrorCause("Unsupported-Service", Next.MEND, "it does not offer the Service-Type"),
        406: ErrorCause("Unsupported-Extension", Next.MEND, "it does not know this request at all"),
        407: ErrorCause(
            "Invalid-Attribute-Value", Next.MEND, "it refuses the value of an attribute"
        ),
        501: ErrorCause(
            "Administratively-Prohibited", Next.MEND, "its configuration forbids the request"
        ),
        502: ErrorCause(
            "Proxy-Request-Not-Routable", Next.MEND, "a proxy does not know the way to the device"
        ),
        503: ErrorCause("Session-Context-Not-Found", Next.GONE, "it has no such session"),
        504: ErrorCause(
            "Session-Context-Not-Removable", Next.RETRY, "it could not remove the session just now"
        ),
        505: ErrorCause("Proxy-Processing-Error", Next.RETRY, "a proxy on the way failed"),
        506: ErrorCause("Resources-Unavailable", Next.RETRY, "it is short of resources"),
        507: ErrorCause(
            "Request-Initiated", Next.RETRY, "it will first ask with an Access-Request of its own"
        ),
        508: ErrorCause(
            "Multiple-Session-Selection-Unsupported",
            Next.MEND,
            "several sessions match, and it handles one at a time",
        ),
        601: ErrorCause("Response-Too-Big", Next.MEND, "its answer would not fit into a packet"),
    }
)


_DIALECT_ADVICE = "Try another dialect: `tollhouse nas set NAME --dialect standard`."
_REAL_ADVICE = "Some devices say this for a session they do not have; try a real one."
_ADVICE: Mapping[int, str] = MappingProxyType(
    {
        401: _DIALECT_ADVICE,
        402: _DIALECT_ADVICE,
        403: "Real orders carry the names the NAS reports about itself and should pass.",
        404: _REAL_ADVICE,
        406: "Switch on Disconnect and CoA on the NAS.",
        501: "Permit Disconnect and CoA from this server on the NAS.",
        504: _REAL_ADVICE,
    }
)


def cause_text(error_cause: int) -> str:
    """`Session-Context-Not-Found (503)`; a number we have no name for; or that there was none."""
    if not error_cause:
        return "no Error-Cause"
    known = ERROR_CAUSES.get(error_cause)
    return f"{known.name} ({error_cause})" if known else f"Error-Cause {error_cause}"


def next_step(result: OrderResult, error_cause: int) -> Next:
    """What to do after an order came to `result`; an unnamed refusal is for somebody to mend."""
    if result is OrderResult.ACK:
        return Next.DONE
    if result is OrderResult.OBSOLETE:
        return Next.GONE
    if result is OrderResult.SILENCE:
        return Next.RETRY
    known = ERROR_CAUSES.get(error_cause)
    return known.next if known else Next.MEND


def explain_answer(result: OrderResult, error_cause: int, dialect: Dialect) -> str:
    """What `nas test` says: the order named a session that does not exist.

    So Session-Context-Not-Found is the good answer: address, port, secret and permission are
    right, and the device looked for the session.
    """
    if result is OrderResult.SILENCE:
        return _silence(dialect)
    if result is OrderResult.ACK:
        return (
            "ACK: the NAS hears us and the secret is right, but it agreed to end a session that"
            " does not exist; an ACK of this NAS proves nothing, watch for its Stops."
        )
    cause = cause_text(error_cause)
    if error_cause == SESSION_CONTEXT_NOT_FOUND:
        return (
            f"NAK, {cause}: as it should be. Address, port and secret are right and the NAS takes"
            " orders; it has no such session because this test invented one."
        )
    if not error_cause:
        return (
            "NAK without Error-Cause: address, port and secret are right and the NAS takes"
            " orders; it does not say why it refused, most likely because the session is invented."
        )
    known = ERROR_CAUSES.get(error_cause)
    meaning = known.meaning if known else "a reason that no RFC names; look into its manual"
    advice = _ADVICE.get(error_cause, "Real orders will fare alike.")
    return f"NAK, {cause}: address, port and secret are right, but {meaning}. {advice}"


def _silence(dialect: Dialect) -> str:
    return (
        "No answer. One of these: the NAS does not listen for orders"
        f" ({dialect.coa_setup}); another port (its default is {dialect.default_coa_port});"
        " another secret; this server's address is not the one the NAS knows as its RADIUS server;"
        " a firewall on the way; or the clocks are more than 300 s apart."
    )
