"""Why a login is turned away, in the one documented order.

The order of the members is the order of the checks: the first that applies is the answer. The
subscriber sees one neutral text (S10); the operator sees the code, the text and what to do.
"""

from __future__ import annotations

import enum


class Refusal(enum.Enum):
    """code, operator text, what to do about it, MS-CHAP error number (MSC-03)."""

    MALFORMED_CREDENTIAL = (
        "malformed-credential",
        "the request carries no usable credential, or two kinds of one",
        "check the authentication method on the router",
        691,
    )
    UNKNOWN = (
        "unknown-subscriber",
        "no subscriber has this login",
        "add it with `tollhouse subscriber add`, or look for a typing error",
        691,
    )
    METHOD = (
        "method-impossible",
        "the way this password is stored cannot serve the method the router used",
        "use PAP on the router, or set the password again with `--credential clear`",
        691,
    )
    WRONG_CREDENTIAL = (
        "wrong-credential",
        "the password is wrong",
        "check the password; if every login of this router fails, check its shared secret",
        691,
    )
    WRONG_DEVICE = (
        "wrong-nas",
        "this login may not come from this NAS",
        "allow the NAS with `tollhouse subscriber set LOGIN --nas NAME`",
        649,
    )
    WRONG_MAC = (
        "wrong-mac",
        "the Calling-Station-Id is not the MAC of this subscriber",
        "accept the new one with `tollhouse subscriber set LOGIN --mac MAC|learn|none`",
        649,
    )
    OUTSIDE_HOURS = (
        "outside-hours",
        "the plan does not allow logins at this hour",
        "wait for the hours of the plan, or change the plan",
        646,
    )
    SUSPENDED = (
        "suspended",
        "the subscriber is suspended",
        "resume with `tollhouse subscriber resume LOGIN`",
        647,
    )
    EXPIRED = (
        "expired",
        "the validity of the subscription has ended",
        "renew with `tollhouse subscriber renew LOGIN`, or `... set LOGIN --valid-until WHEN`",
        648,
    )
    NO_CREDIT = (
        "no-credit",
        "no spendable money is left, credit limit included",
        "top up with `tollhouse balance top-up LOGIN AMOUNT`",
        649,
    )
    TOO_MANY_SESSIONS = (
        "too-many-sessions",
        "all simultaneous sessions of the plan are in use",
        "see `tollhouse session list --login LOGIN`; disconnect one or change the plan",
        649,
    )

    def __init__(self, code: str, text: str, advice: str, mschap_error: int) -> None:
        self.code = code
        self.text = text
        self.advice = advice
        self.mschap_error = mschap_error


# What the subscriber reads, whatever the reason was (S10, BLR-08).
NEUTRAL_MESSAGE = "Login refused. Please contact your provider."
