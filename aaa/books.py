"""The working set: the rows that decisions are made on, in memory.

A cache that the commit checks, never the truth itself. Decisions change the records in place, and
the draft (`aaa/draft.py`) says which, so that one transaction can be made of it. After a failed
commit the changed rows are dropped and read anew. An account is always held whole: its subscribers,
live sessions and allowances come and go together, so a decision never sees half of one.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from operator import attrgetter

from aaa._index import ById, Ids
from aaa._intake import hold_accounts, hold_people, hold_sessions
from aaa._lane import Lane
from aaa._marks import Kin, Marks
from aaa._watch import watch
from aaa.buyers import Buyers
from aaa.draft import Draft
from aaa.hearing import Hearing
from aaa.logins import Logins
from aaa.outdated import outdated
from aaa.ports import Change, Changes, Loaded, Want
from aaa.same_ids import SameIds
from aaa.sheets import Sheets
from aaa.vigil import Vigil
from accounting.in_force import Version, in_force, longest_period
from domain.account import Account, Allowance, Subscriber
from domain.grant import Order
from domain.plan import Plan
from domain.pot import Pot
from domain.session import DeviceMark, Session, Suspense
from rating import Tariff, compile_tariff

# Of what is wanted, that which may be absent without a trace.
_ASKED = (
    "logins",
    "account_ids",
    "session_ids",
    "live_of_devices",
    "plan_ids",
    "order_ids",
)
_NUMBER, _LOGIN = attrgetter("session_id"), attrgetter("login")
WHOLE, LATELY = 0, 1  # marks of an account
LIVE, PEOPLE = 0, 1  # and what it has
ENDED_KEPT_N = 20_000  # sessions that are over and kept for what comes late; the oldest go first
OTHERS_KEPT_N = 250_000  # accounts that may be held beyond those of sessions: people log in again
LOOKED_AT_N = 2_048  # places of the table of accounts, for such as may go; each batch,
LOOKED_AT_MAX_N = 8_192  # and more if many are to go


class Books:
    """Records by key, and the draft of the batch under way."""

    def __init__(self, lane: Lane | None = None, vigil: Vigil | None = None) -> None:
        """`lane` hears of every session that is touched or dropped; it begins without tracks.

        `vigil` hears of all that are taken in, committed or dropped; it begins anew as well.
        """
        self.lane = Lane(bytes(16)) if lane is None else lane
        self.lane.drop_all()
        self.vigil = Vigil(Hearing(), 0) if vigil is None else vigil
        self.vigil.forget()
        self.held_micros = 0  # what all accounts in memory hold, as committed
        self.feed_seq = 0
        self.accounts: ById[Account] = ById()
        self.subscribers = Logins()
        self.sessions: ById[Session] = ById()
        self._people: Kin[Subscriber] = Kin(self.accounts, PEOPLE)
        self._live: Kin[Session] = Kin(self.accounts, LIVE)
        self.live_on: defaultdict[int, Ids] = defaultdict(Ids)  # device to its live sessions
        # Accounts with a live session now or not long ago.
        self.lately = Marks(self.accounts, LATELY)
        self.same_id = SameIds()
        self.allowances: dict[int, dict[int, Allowance]] = {}  # account, period start
        self.pots: dict[int, list[Pot]] = {}  # of accounts whose plans have pricing
        self.plans: dict[int, Plan] = {}
        self.has_pricing = False  # has any of them bands, bundles, caps or fair use?
        self.newest_plan: dict[str, int] = {}
        self.versions: dict[str, list[Version]] = {}  # of plans with several
        self.periodic: set[str] = set()  # those of them that count by days, weeks or months
        self.marks: dict[int, dict[str, DeviceMark]] = {}
        self.orders: dict[int, Order] = {}
        self.suspense: dict[int, dict[str, Suspense]] = {}  # open rows by session and reason
        self._tariffs: dict[int, Tariff] = {}
        self.sheets = Sheets()
        self._by_number: ById[Subscriber] = ById()
        self._whole = Marks(self.accounts, WHOLE)  # accounts held whole
        self._buyers = Buyers()
        self._asked = Want()  # what was asked for and may be absent; one batch
        self.strays: set[int] = set()  # nobody's sessions that were dropped, perhaps alive
        self.draft = Draft()  # what the batch under way has changed
        self._taken: list[Draft] = []  # decided and not durable yet, oldest first
        self._unseen: list[Session] = []  # durable, and to be shown to the vigil yet
        self._ended: deque[Session] = deque()  # over and still held, the first to go first
        self._sought: deque[tuple[int, str]] = deque()  # names that were asked for, likewise
        self._walked_to = 0  # the place of the table of accounts that is looked at next

    # -- what is missing, and taking in what was found

    def missing(self, want: Want) -> Want:
        """The part of `want` that is neither held nor known to be absent; and the strays."""
        asked = self._asked
        whole, people = self._whole, self.subscribers
        lacking = Want(
            logins={
                login
                for login in want.logins
                if login
                and ((one := people.get(login)) is None or one.account_id not in whole)
                and login not in asked.logins
            },
            account_ids={k for k in want.account_ids - {0} if k not in self._whole}
            - asked.account_ids,
            session_ids={k for k in want.session_ids | self.strays if k not in self.sessions}
            - asked.session_ids,
            session_keys={key for key in want.session_keys if key not in self.same_id},
            live_of_devices=want.live_of_devices - asked.live_of_devices,
            plan_ids={key for key in want.plan_ids if key not in self.plans} - asked.plan_ids,
            mark_devices={key for key in want.mark_devices if key not in self.marks},
            order_ids={key for key in want.order_ids if key not in self.orders} - asked.order_ids,
            suspense_of={key for key in want.suspense_of if key not in self.suspense},
            pots_of={key for key in want.pots_of - {0} if key not in self.pots},
        )
        for name in _ASKED:
            getattr(asked, name).update(getattr(lacking, name))
        return lacking

    def ask_anew(self) -> None:
        """What was missing is not going to be read now."""
        self._asked = Want()

    def take_in(self, want: Want, loaded: Loaded) -> None:
        """Add what a load found. A row that is held already stays, unless others have moved it."""
        self.strays -= want.session_ids
        for account_id in (
            outdated(loaded, self.accounts.get, self._live.of) if self.sessions else ()
        ):
            self.drop_account(account_id)
        for plan in loaded.plans:
            self.plans.setdefault(plan.plan_id, plan)
            self.has_pricing = self.has_pricing or plan.pricing is not None
        self.newest_plan.update(loaded.newest_plans)
        for name, versions in loaded.versions.items():
            self.versions[name] = versions
            if any(longest_period(one.plan) for one in versions):
                self.periodic.add(name)
        fresh = hold_accounts(self, loaded.accounts)
        hold_people(self, loaded.subscribers, fresh)
        for allowance in loaded.allowances:
            if allowance.account_id in fresh:
                periods = self.allowances.setdefault(allowance.account_id, {})
                periods[allowance.period_start_us] = allowance
        for account_id, pots in loaded.pots.items():
            if account_id in fresh or account_id not in self.pots:
                self.pots[account_id] = pots
        for key in sorted(want.session_keys):
            self.same_id.know(key)
            self._sought.append(key)
        hold_sessions(self, loaded.sessions, want.all_live, loaded.keys_shared)
        for device_id in want.mark_devices:
            self.marks.setdefault(device_id, {})
        for mark in loaded.marks:
            self.marks[mark.device_id][mark.nas_identifier] = mark
        for order in loaded.orders:
            self.orders.setdefault(order.order_id, order)
        for session_id in want.suspense_of:
            self.suspense.setdefault(session_id, {})
        for row in loaded.suspense:
            self.suspense.setdefault(row.session_id, {}).setdefault(row.reason, row)

    def hold_session(self, session: Session) -> None:
        """A session was read. If it is held already, that one stays."""
        read, session = session, self.sessions.setdefault(session.session_id, session)
        self.index(session)
        self.vigil.see(session)
        if session is read and not session.live:
            self._ended.append(session)

    def index(self, session: Session) -> None:
        """Bring the look-ups of a session to what it says now."""
        session_id, account_id = session.session_id, session.account_id
        device_id, name = session.device_id, session.acct_session_id
        key = (device_id, name)
        if name and key in self.same_id:
            same = self.same_id.ids(key)
            if session_id not in same:
                for other in filter(None, map(self.sessions.get, same)):
                    self.lane.drop(other)  # it was alone with its id
                self.same_id.add(key, session)
        if not session.live:
            self.live_on[device_id].discard(session_id)
            self._live.remove(account_id, session)
            return
        self.live_on[device_id].add(session_id)
        live = self._live.of(account_id)
        if not any(one is session for one in live):
            for other in live:
                self.lane.drop(other)  # it was alone on its account
            self._live.add(account_id, session)
        self.lately.add(account_id)

    # -- reading

    def tariff(self, plan: Plan) -> Tariff:
        """The compiled form of a plan version, made once."""
        tariff = self._tariffs.get(plan.plan_id)
        if tariff is None:
            tariff = self._tariffs[plan.plan_id] = compile_tariff(plan)
        return tariff

    def plan_of(
        self, subscriber: Subscriber, now_us: int, running: Plan | None = None
    ) -> Plan | None:
        """The version of the subscriber's plan that holds, for a session that is `running` too."""
        plan_id = self.newest_plan.get(subscriber.plan_name)
        newest = self.plans.get(plan_id) if plan_id is not None else None
        if newest is None:
            return None
        versions = self.versions.get(newest.name) or [Version(newest, 0, at_once=False)]
        bought = self.plans.get(subscriber.plan_id_at(now_us))
        return in_force(versions, subscriber, now_us, bought=bought, running=running)

    def plans_of(self, subscriber: Subscriber) -> list[Plan]:
        """All versions of the subscriber's plan that may hold, now or later."""
        ids = (self.newest_plan.get(subscriber.plan_name), subscriber.plan_id)
        found = map(self.plans.get, filter(None, (*ids, *subscriber.plan_ids_ahead)))
        others = [one.plan for one in self.versions.get(subscriber.plan_name, ())]
        return [plan for plan in found if plan is not None] + others

    def live_sessions(self, account_id: int) -> list[Session]:
        """The accepted and open sessions of an account, oldest first."""
        return sorted(self._live.of(account_id), key=_NUMBER)

    def has_live(self, account_id: int) -> bool:
        """Has the account an accepted or open session?"""
        return account_id in self._live

    def people_of(self, account_id: int) -> list[Subscriber]:
        """The subscribers of an account that is held, by their logins."""
        return sorted(self._people.of(account_id), key=_LOGIN)

    def sessions_on(self, device_id: int) -> list[Session]:
        """The accepted and open sessions of a device, oldest first."""
        return [self.sessions[key] for key in sorted(self.live_on.get(device_id, ()))]

    def with_id(self, device_id: int, acct_session_id: str) -> list[Session]:
        """The sessions of a device that had this Acct-Session-Id, newest first."""
        found = map(self.sessions.get, self.same_id.ids((device_id, acct_session_id)))
        # One that was given another id since is still listed under its old one.
        return [one for one in found if one is not None and one.acct_session_id == acct_session_id]

    def allowance(self, account_id: int, period_start_us: int) -> Allowance:
        """What an account has consumed of its included usage in a period."""
        periods = self.allowances.setdefault(account_id, {})
        return periods.setdefault(period_start_us, Allowance(account_id, period_start_us, 0, 0))

    # -- changing

    def add_session(self, session: Session) -> None:
        """A session is born in this batch."""
        self.sessions[session.session_id] = session
        self.draft.new_sessions[session.session_id] = session
        self.index(session)

    def touch(self, session: Session) -> None:
        """The session was changed; its commit checks the version it was read with."""
        self.lane.drop(session)
        self.draft.touch(session)
        self.index(session)

    def add_order(self, order: Order) -> None:
        """A device is to be told something, once this batch is durable."""
        self.orders[order.order_id] = order
        self.draft.new_orders.append(order)

    def put_suspense(self, row: Suspense) -> None:
        """A suspense row was made or changed."""
        self.draft.changed_suspense[row.suspense_id] = row
        reasons = self.suspense.setdefault(row.session_id, {})
        if row.state == "open":
            reasons[row.reason] = row
        else:
            reasons.pop(row.reason, None)

    def put_mark(self, mark: DeviceMark) -> None:
        """A device's newest Accounting-On or -Off."""
        self.marks.setdefault(mark.device_id, {})[mark.nas_identifier] = mark
        self.draft.changed_marks[(mark.device_id, mark.nas_identifier)] = mark

    # -- the end of a batch

    def take_changes(self, now_us: int, journal_id: int, journal: bytes) -> Changes:
        """Everything the batch changed, as one transaction; what is changed now is the next's."""
        taken, self.draft = self.draft, Draft()
        self._taken.append(taken)
        self._asked = Want()
        return taken.as_changes(
            now_us,
            feed_seq=self.feed_seq,
            allowances=self.allowances,
            journal_id=journal_id,
            journal=journal,
        )

    def settle(self, *, in_haste: bool = False) -> list[Order]:
        """What was taken first is durable: forget that it changed rows. Answers its new orders.

        `in_haste`: the vigil sees its sessions at the next `see`, for the next commit waits.
        """
        draft = self._taken.pop(0)
        for order in draft.changed_orders.values():
            self.orders.pop(order.order_id, None)
        self.held_micros += draft.held_moved_micros()
        self._unseen += (*draft.new_sessions.values(), *draft.changed_sessions.values())
        if not in_haste:
            self.see()
        if len(self.accounts) > len(self.sessions) + OTHERS_KEPT_N:
            self._let_go_of_others()
        return draft.new_orders

    def see(self) -> None:
        """Show the vigil what became durable; let go of as many that were over long before.

        A few with each batch: to let go of many at once would hold up all who wait.
        """
        unseen, self._unseen = self._unseen, []
        watch(self.vigil, unseen)
        self._ended += [session for session in unseen if not session.live]
        for _ in range(len(self._sought) - ENDED_KEPT_N):
            key = self._sought.popleft()
            if not self.with_id(*key):  # nobody had the name, or gave it up for another
                self.same_id.forget(key)
        for _ in range(len(self._ended) - ENDED_KEPT_N):
            session = self._ended.popleft()
            if self.sessions.get(session.session_id) is not session or session.live:
                continue  # it was let go of already, or goes on
            if any(draft.names(session) for draft in (*self._taken, self.draft)):
                self._ended.append(session)
            else:
                self._drop_session(session)

    def _let_go_of_others(self) -> None:
        """Forget some accounts without a live session, wherever the walk is now.

        Whoever logs in again is read anew. Not while rows are read for a batch: it would not ask
        again for what it was given. So this is for `settle` and not for `see`, which may come at
        any time; and in haste too, for under load no commit ends otherwise, and more would come.
        """
        more_n = len(self.accounts) - len(self.sessions) - OTHERS_KEPT_N
        named = set[int]().union(*(draft.account_ids() for draft in (*self._taken, self.draft)))
        places_n = min(max(LOOKED_AT_N, 4 * more_n), LOOKED_AT_MAX_N)
        keys, self._walked_to = self.accounts.walk(self._walked_to, places_n)
        others = [key for key in keys if key not in named and not self.has_live(key)]
        for account_id in others[:more_n]:
            self.drop_account(account_id)

    def discard(self) -> set[int]:
        """A commit failed or its fate is unknown: drop every row that was changed and is not
        durable, by that batch and by what was decided behind it, to be read anew.

        Answers the accounts that may have live sessions: they must come back without being named,
        as must the `strays`. What was made of a session's state did not come to be.
        """
        undone, self._taken = [*self._taken, self.draft], []
        self.draft, self._asked = Draft(), Want()
        return set[int]().union(*map(self._undo, undone))

    def _undo(self, draft: Draft) -> set[int]:
        touched = draft.touched()
        logins = {decision.login for decision in draft.decisions}
        account_ids = draft.account_ids()
        account_ids |= {
            self.subscribers[login].account_id for login in logins if login in self.subscribers
        }
        self.held_micros += draft.held_moved_micros()
        account_ids.discard(0)
        alive = set(filter(self.has_live, account_ids))
        alive |= {session.account_id for session in touched if session.account_id}
        for session in touched:
            self._lose(session)
        for account_id in sorted(account_ids):
            self.drop_account(account_id)
        for order_id in (*(order.order_id for order in draft.new_orders), *draft.changed_orders):
            self.orders.pop(order_id, None)
        for row in draft.changed_suspense.values():
            self.suspense.pop(row.session_id, None)
        for device_id, _ in draft.changed_marks:
            self.marks.pop(device_id, None)
        return alive

    # -- changes made elsewhere

    def hear(self, changes: Iterable[Change]) -> set[int]:
        """Drop what was changed elsewhere; answers the accounts whose sessions need a look."""
        accounts: set[int] = set()
        for change in changes:
            self.feed_seq = max(self.feed_seq, change.seq)
            if change.kind == "everything":
                accounts |= {key for key in self._whole if self.has_live(key)}
                for account_id in list(self._whole):
                    self.drop_account(account_id)
                for session in [s for s in self.sessions.values() if not s.account_id]:
                    self._lose(session)
                self._forget_versions()
                self.suspense.clear()
                self.lane.drop_all()
                continue
            if change.kind == "plan":
                self._forget_versions()
                self._whole.clear()
                self.lane.drop_all()
                continue
            if change.kind == "session":
                self.suspense.pop(change.row_id, None)
            owner = self._account_of(change)
            if owner is not None:
                if self.has_live(owner):
                    accounts.add(owner)
                self.drop_account(owner)
            if change.kind == "session" and change.row_id in self.sessions:
                self._lose(self.sessions[change.row_id])
        return accounts

    def _forget_versions(self) -> None:
        self.newest_plan.clear()
        self.versions.clear()
        self.periodic.clear()

    def live_by_plan(self, plan_id: int) -> set[int]:
        """The accounts with live sessions that have a subscriber of the plan of this version."""
        plan = self.plans.get(plan_id)
        name = plan.name if plan is not None else ""
        found = filter(self.has_live, self._buyers.of(name))
        return {n for n in found if any(one.plan_name == name for one in self._people.of(n))}

    def _account_of(self, change: Change) -> int | None:
        if change.kind == "account":
            return change.row_id
        if change.kind == "subscriber":
            buyer = self._by_number.get(change.row_id)
            return buyer.account_id if buyer is not None else None
        if change.kind == "session" and change.row_id in self.sessions:
            return self.sessions[change.row_id].account_id or None
        return None

    def drop_account(self, account_id: int) -> None:
        """Forget an account and all that is held whole with it."""
        for subscriber in self._people.pop(account_id):
            self.subscribers.forget(subscriber.login)
            self._by_number.pop(subscriber.subscriber_id)
        for session in self.live_sessions(account_id):
            self._drop_session(session)
        account = self.accounts.pop(account_id)
        if account is not None:
            self.held_micros -= account.held_micros
        self.allowances.pop(account_id, None)
        self.pots.pop(account_id, None)
        self._whole.discard(account_id)

    def _drop_session(self, session: Session) -> None:
        if self._unseen:  # what is gone is seen no more
            self.see()
        self.lane.drop(session)
        if self.sessions.pop(session.session_id, None) is None:
            return
        self.vigil.gone(session)
        self.suspense.pop(session.session_id, None)
        self.same_id.forget((session.device_id, session.acct_session_id))
        self._live.remove(session.account_id, session)
        self.live_on[session.device_id].discard(session.session_id)

    def forget_session(self, session: Session) -> None:
        """Read it anew when it is named next; nobody's that lives comes back unnamed."""
        (self._lose if session.live else self._drop_session)(session)

    def _lose(self, session: Session) -> None:
        self._drop_session(session)
        if not session.account_id:  # no account leads back to a session of nobody
            self.strays.add(session.session_id)
