"""Planted bugs in whole plans: bands, tiers, bundles that carry over, caps, fair use, boosters.

Each is a slip that leaves every session consistent with itself, so that only who reckons the
account's rows and the session's bands a second time, or looks at a router's speed, can notice.
"""

from __future__ import annotations

from tests.simulation.planting import Bug, Edit
from tests.simulation.planting import Code as Words
from tests.simulation.swarm import RICH, WHOLE, Swarm


def _some(*words: str) -> object:
    """Do plans of a history say any of these?"""

    def needs(plan: Swarm) -> bool:
        return any(word in text for text in plan.wholes.texts.values() for word in words)

    return needs


def _bug(
    name: str, breaks: str, notices: tuple[str, ...], edits: tuple[Edit, ...], *words: str
) -> Bug:
    """A bug that only whole plans that say these words can show."""
    needs = _some(*words)
    assert callable(needs)
    return Bug(name, breaks, notices, 300, edits, frozenset({WHOLE}), needs, first=RICH)


BUGS = (
    _bug(
        "bundle-given-anew",
        "what was used of a bundle is not written: who comes back has all of it once more",
        ("T6", "A2"),
        (
            Words(
                "store.writing:_pot_steps",
                "after.used, after.lost, add_used, add_lost",
                "after.used - add_used, after.lost, 0, add_lost",
            ),
        ),
        "[[bundle]]",
    ),
    _bug(
        "bundle-for-each",
        "what others have used of a bundle is not taken off: each report may use all of it",
        ("T6", "A2"),
        (Words("accounting.pots:_drawn", "pot.granted - pot.used", "pot.granted"),),
        "[[bundle]]",
    ),
    _bug(
        "band-not-cut",
        "a report that spans the beginning of a band lies in the later one with all it says",
        ("A2", "T6"),
        (
            Words(
                "accounting.uses:take",
                "timetable.pieces(from_us, to_us)",
                "timetable.pieces(to_us, to_us)",
            ),
        ),
        "[[band]]",
    ),
    _bug(
        "all-is-carried-over",
        "what is left of a bundle is carried on whole, not the most that the plan says",
        ("T6", "A2"),
        (Words("accounting.rollover:Shelf._lose", "if excess <= 0:", "if True:"),),
        "rollover",
    ),
    _bug(
        "carried-over-twice",
        "a row that carries over can be drawn on for one period more than the plan says",
        ("T6", "A2"),
        (
            Words(
                "accounting.rollover:Shelf._last_us",
                "range(self.bundle.rollover.periods)",
                "range(self.bundle.rollover.periods + 1)",
            ),
            Words(
                "accounting.rollover:Shelf._missed",
                "range(rollover.periods)",
                "range(rollover.periods + 1)",
            ),
        ),
        "rollover",
    ),
    _bug(
        "cap-of-each-session",
        "a cap of a period is each session's own: two of them may cost it twice",
        ("T6", "A2"),
        (
            Words(
                "accounting.pots:_metered",
                "counter.number, pot.used,",
                "counter.number, 0 if counter.measures == CAP else pot.used,",
            ),
        ),
        "[[cap]]",
    ),
    _bug(
        "tiers-of-each-report",
        "tiers of a period begin anew with each report",
        ("A2", "T6"),
        (
            Words(
                "accounting.pots:_metered",
                "counter.number, pot.used,",
                "counter.number, 0 if counter.measures == TIERS else pot.used,",
            ),
        ),
        "tier]]",
    ),
    _bug(
        "slowed-for-ever",
        "what fair use counted in periods that are over counts on: nobody is fast again",
        ("S1",),
        (
            Words(
                "aaa.as_served:_used",
                "sum(one.pot.used for one in view.metered if one.pot.kind is PotKind.FAIR_USE)",
                "sum(one.used for one in books.pots[session.account_id]"
                " if one.kind is PotKind.FAIR_USE)",
            ),
        ),
        "[fair_use]",
    ),
    _bug(
        "step-not-told",
        "who has come to a step of fair use is not told of it, and goes on at full speed",
        ("S1",),
        (Words("aaa.limits:served_anew", "if plan is None or", "if True or plan is None or"),),
        "[fair_use]",
    ),
    _bug(
        "owing-goes-on",
        "who owes may use up the increment or package that was started, and the next one",
        ("L8",),
        (Words("aaa.bands:reach_by_bands", "money, turn.now_us", "max(money, 0), turn.now_us"),),
        "increment",
        "package",
    ),
    _bug(
        "lost-not-written",
        "what a period's end takes away is known in memory and not in the row",
        ("T6", "A2"),
        (
            Words(
                "store.writing:_pot_steps",
                "after.used, after.lost, add_used, add_lost",
                "after.used, after.lost - add_lost, add_used, 0",
            ),
        ),
        "rollover",
    ),
)
