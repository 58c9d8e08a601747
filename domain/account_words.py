"""The words that a subscriber's row holds: may it log in, how is its secret kept, and which MAC.

They stand apart because the compiled rows (`_account.pyx`) hold them, and `domain.account`, from
where everybody takes them, brings both together. Their values are what the database keeps.
"""

from __future__ import annotations

import enum


class Status(enum.StrEnum):
    """May this subscriber log in?"""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class CredentialKind(enum.StrEnum):
    """How a subscriber's secret is kept, and so which methods it can serve (MSC-07, MSC-08)."""

    CLEAR = "clear"  # sealed, can be opened again: PAP, CHAP, MS-CHAP
    NT = "nt"  # sealed NT hash: PAP and MS-CHAP
    HASH = "hash"  # scrypt, one way: PAP only
    CRYPT = "crypt"  # a crypt(3) hash brought from elsewhere: PAP only
    NONE = "none"  # no password: the MAC is the login


class MacMode(enum.StrEnum):
    """What a subscriber's Calling-Station-Id must be."""

    ANY = "any"
    LEARN = "learn"  # the next successful login fixes it
    FIXED = "fixed"
