"""The histories that two servers are compared by: what goes wrong in the field, played once each.

A history drives a scripted NAS and comes back when the NAS has nothing more to send. It says in
its first line what happens; what a server should have in the end needs no saying, because it is
what the NAS metered. Sizes are small: each is about what is right, not about how fast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.chaos.nas import Nas, Session
from tests.chaos.player import pause
from tests.chaos.records import INTERIM, START, STOP

SESSIONS_N = 20
PAIRS_N = 50
MB = 1_000_000
QUOTA_OCTETS = 100 * MB
GIB = 1 << 30


class Sale(NamedTuple):
    """What a login may do."""

    quota_octets: int | None = None
    sessions_n: int = 0  # 0: as many as it likes


NO_LIMITS = Sale()


@dataclass(frozen=True)
class History:
    """One story, with what has to be sold before it can be told."""

    name: str
    play: Callable[[Nas], None]
    sale: Sale = NO_LIMITS
    logins_n: int = SESSIONS_N
    nas: dict[str, bool] = field(default_factory=dict)  # of the NAS: gigawords, echo_class
    names_come_back: bool = False

    @property
    def text(self) -> str:
        """What happens, in a line."""
        return " ".join((self.play.__doc__ or "").split()).rstrip(".")

    @property
    def logins(self) -> list[str]:
        """Who takes part."""
        return [f"user-{n}" for n in range(self.logins_n)]


def _begin(nas: Nas, count: int = SESSIONS_N, *, prefix: str = "s") -> list[Session]:
    """Log everybody in and start."""
    found = []
    for n in range(count):
        session = nas.login(f"user-{n}", f"{prefix}-{n}", n)
        assert session is not None, "a login was refused that nothing speaks against"
        nas.report(session, START)
        found.append(session)
    return found


# -------------------------------------------------------------------- (a) repeats and disorder


def repeats(nas: Nas) -> None:
    """Every record comes three times, each under a new identifier with a higher Acct-Delay-Time."""
    sessions = _begin(nas)
    for kind in (INTERIM, INTERIM, INTERIM, STOP):
        for session in sessions:
            session.use(5 * MB)
            letter = nas.report(session, kind)
            for late_s in (3, 6):
                nas.deliver(letter, late_s=late_s)


def old_interim_then_silence(nas: Nas) -> None:
    """An interim arrives again after a newer one was acknowledged; then the line is cut."""
    for session in _begin(nas):
        letters = []
        for _ in range(5):
            session.use(5 * MB)
            letters.append(nas.report(session, INTERIM))
        nas.deliver(letters[1], late_s=9)


def old_interim_then_stop(nas: Nas) -> None:
    """An interim arrives again after a newer one was acknowledged; a Stop comes at the end."""
    for session in _begin(nas):
        letters = []
        for _ in range(5):
            session.use(5 * MB)
            letters.append(nas.report(session, INTERIM))
        nas.deliver(letters[1], late_s=9)
        session.use(5 * MB)
        nas.report(session, STOP)


def after_the_stop(nas: Nas) -> None:
    """After the Stop come an interim that was overtaken, the Start once more and a second Stop."""
    for session in _begin(nas):
        start = nas.write(session, START)
        session.use(5 * MB)
        overtaken = nas.write(session, INTERIM)
        session.use(5 * MB)
        stop = nas.report(session, STOP)
        for letter in (overtaken, start, stop):
            nas.deliver(letter, late_s=5)


def interim_before_start(nas: Nas) -> None:
    """The first interim overtakes the Start."""
    for n in range(SESSIONS_N):
        session = nas.login(f"user-{n}", f"s-{n}", n)
        assert session is not None
        start = nas.write(session, START)
        session.use(5 * MB)
        nas.report(session, INTERIM)
        nas.deliver(start, late_s=2)
        session.use(5 * MB)
        nas.report(session, STOP)


# -------------------------------------------------------------------- (c) prepaid


def _exhaust(nas: Nas, sessions: list[Session]) -> None:
    """Everybody uses what the box lets through, a tenth of the quota at a time, then stops."""
    live = list(sessions)
    while live:
        for session in list(live):
            assert session.limit_octets is not None, "no limit was told"
            room = max(session.limit_octets - session.octets, 0)
            session.use(min(QUOTA_OCTETS // 10, room))
            over = session.octets >= session.limit_octets or session.cut
            nas.report(session, STOP if over else INTERIM)
            nas.hear_orders(0.01)
            if over:
                live.remove(session)


def one_session(nas: Nas) -> None:
    """One session of an account uses up its quota on a box that stops at the limit it was told."""
    _exhaust(nas, _begin(nas, 5))


def two_sessions(nas: Nas) -> None:
    """Two sessions of one account at once, on a box that stops each at the limit it was told."""
    for n in range(5):
        found = [nas.login(f"user-{n}", f"s-{n}-{side}", 2 * n + side) for side in range(2)]
        sessions = [session for session in found if session is not None]
        for session in sessions:
            nas.report(session, START)
        _exhaust(nas, sessions)


def second_login_before_start(nas: Nas) -> None:
    """One session is allowed; the second login comes after the first Accept, before its Start."""
    _race(nas, at_once=False)


def two_logins_at_once(nas: Nas) -> None:
    """One session is allowed; two logins arrive back to back, before either is answered."""
    _race(nas, at_once=True)


def _race(nas: Nas, *, at_once: bool) -> None:
    for n in range(PAIRS_N):
        wanted = [(f"user-{n}", f"s-{n}-{side}", 2 * n + side) for side in range(2)]
        if at_once:
            found = nas.log_in_at_once(wanted)
        else:
            found = [nas.login(*one) for one in wanted]
        sessions = [session for session in found if session is not None]
        for session in sessions:
            nas.report(session, START)
        for session in sessions:
            assert session.limit_octets is not None
            session.use(session.limit_octets)
            nas.report(session, STOP)


def box_without_limits(nas: Nas) -> None:
    """The box enforces no octet limit but obeys a Disconnect; it reports every 15 % of the quota,
    and the subscriber would use three times the quota."""
    for session in _begin(nas, 5):
        while not session.cut and session.octets < 3 * QUOTA_OCTETS:
            session.use(QUOTA_OCTETS * 15 // 100)
            nas.report(session, INTERIM)
            nas.hear_orders()
        nas.report(session, STOP)


# -------------------------------------------------------------------- (d) counters


def wrap(nas: Nas) -> None:
    """The box counts 32 bits and sends no Gigawords; each session uses 11 GiB."""
    for session in _begin(nas, 5):
        for n in range(11):
            session.use(GIB)
            nas.report(session, STOP if n == 10 else INTERIM)


def counters_begin_anew(nas: Nas) -> None:
    """In mid-session the octet counters begin at zero, while the session time goes on."""
    sessions = _begin(nas, 5)
    for n in range(7):
        pause(1.0)  # a server may ask its own clock whether that is a new count or an old record
        for session in sessions:
            if n == 3:
                session.reset()
            session.use(20 * MB, 1)
            nas.report(session, INTERIM)
    for session in sessions:
        session.use(20 * MB, 1)
        nas.report(session, STOP)


# -------------------------------------------------------------------- (e) reboots


def reboot(nas: Nas) -> None:
    """The NAS reboots without Accounting-On or Stops; everybody logs in again; one session each
    is allowed."""
    for session in _begin(nas):
        session.use(5 * MB)
        nas.report(session, INTERIM)
    _second_life(nas, "t")


def reboot_same_ids(nas: Nas) -> None:
    """The same, and the NAS gives out the same Acct-Session-Ids again; it echoes Class."""
    for session in _begin(nas):
        session.use(50 * MB)
        nas.report(session, INTERIM)
    _second_life(nas, "s")


def reboot_same_ids_no_class(nas: Nas) -> None:
    """The same on a NAS that does not echo Class."""
    reboot_same_ids(nas)


def _second_life(nas: Nas, prefix: str) -> None:
    pause(2.0)  # a reboot takes time; FreeRADIUS' Class is new in each second
    for n in range(SESSIONS_N):
        session = nas.login(f"user-{n}", f"{prefix}-{n}", n, key=f"{prefix}-{n}#2")
        if session is None:
            continue
        nas.report(session, START)
        for kind in (INTERIM, STOP):
            session.use(5 * MB)
            nas.report(session, kind)


PREPAID = Sale(QUOTA_OCTETS, 2)
SINGLE = Sale(QUOTA_OCTETS, 1)
HISTORIES = (
    History("a1 repeats", repeats),
    History("a2 old interim, then silence", old_interim_then_silence),
    History("a3 old interim, then Stop", old_interim_then_stop),
    History("a4 after the Stop", after_the_stop),
    History("a5 interim before Start", interim_before_start),
    History("c1 one session", one_session, PREPAID, 5),
    History("c2 two sessions", two_sessions, PREPAID, 5),
    History("c3 second login before Start", second_login_before_start, SINGLE, PAIRS_N),
    History("c4 two logins at once", two_logins_at_once, SINGLE, PAIRS_N),
    History("c5 box without limits", box_without_limits, PREPAID, 5),
    History("d1 32-bit counters", wrap, Sale(), 5, {"gigawords": False}),
    History("d2 counters begin anew", counters_begin_anew, Sale(), 5),
    History("e1 reboot", reboot, Sale(None, 1)),
    History("e2 reboot, same ids", reboot_same_ids, Sale(), names_come_back=True),
    History(
        "e3 reboot, same ids, no Class",
        reboot_same_ids_no_class,
        Sale(),
        nas={"echo_class": False},
        names_come_back=True,
    ),
)
