"""The memory of answers, rule by rule, and as a machine that is driven at random."""

from __future__ import annotations

import hypothesis
import hypothesis.strategies as st
import pytest

from radius.duplicates import Discard, Duplicates, Key, Ticket

KEY: Key = (3, "192.0.2.1", 1645, 7, 1)
ONE, TWO = b"1" * 16, b"2" * 16
SECOND_US = 1_000_000


def ticket_of(
    memory: Duplicates, key: Key = KEY, authenticator: bytes = ONE, at: int = 0
) -> Ticket:
    ticket = memory.arrive(key, authenticator, at)
    assert isinstance(ticket, Ticket)
    return ticket


def test_dup_01_an_unknown_request_is_worked_on_and_remembered() -> None:
    memory = Duplicates()
    assert ticket_of(memory).key == KEY
    assert len(memory) == 1


@pytest.mark.parametrize(
    "other",
    [
        (4, "192.0.2.1", 1645, 7, 1),
        (3, "192.0.2.2", 1645, 7, 1),
        (3, "192.0.2.1", 1646, 7, 1),
        (3, "192.0.2.1", 1645, 8, 1),
        (3, "192.0.2.1", 1645, 7, 4),
    ],
)
def test_dup_01_every_part_of_the_key_makes_another_request(other: Key) -> None:
    memory = Duplicates()
    ticket_of(memory)
    ticket_of(memory, other)
    assert len(memory) == 2


def test_dup_02_a_repeat_of_a_pending_request_is_dropped() -> None:
    memory = Duplicates()
    ticket_of(memory)
    assert memory.arrive(KEY, ONE, 1) is Discard.PENDING
    assert memory.arrive(KEY, ONE, 3600 * SECOND_US) is Discard.PENDING


def test_dup_03_a_repeat_of_an_answered_request_gets_the_same_octets() -> None:
    memory = Duplicates()
    reply = b"reply octets"
    assert memory.answer(ticket_of(memory), reply, 10)
    assert memory.arrive(KEY, ONE, 11) is reply
    assert memory.arrive(KEY, ONE, 12) is reply


def test_dup_04_another_authenticator_is_a_new_request() -> None:
    memory = Duplicates()
    memory.answer(ticket_of(memory), b"old", 0)
    ticket = ticket_of(memory, authenticator=TWO, at=1)
    assert len(memory) == 1
    assert memory.arrive(KEY, TWO, 2) is Discard.PENDING
    assert memory.answer(ticket, b"new", 3)
    assert memory.arrive(KEY, TWO, 4) == b"new"


def test_dup_04_the_answer_to_a_pending_request_that_was_given_up_is_not_sent() -> None:
    memory = Duplicates()
    old = ticket_of(memory)
    new = ticket_of(memory, authenticator=TWO)
    assert not memory.answer(old, b"old", 1)
    assert memory.arrive(KEY, TWO, 2) is Discard.PENDING
    assert memory.answer(new, b"new", 3)
    assert memory.arrive(KEY, TWO, 4) == b"new"


def test_dup_06_replies_are_kept_as_long_as_set_and_no_longer() -> None:
    memory = Duplicates(keep_us=7 * SECOND_US)
    memory.answer(ticket_of(memory), b"reply", SECOND_US)
    assert memory.arrive(KEY, ONE, 8 * SECOND_US - 1) == b"reply"
    assert isinstance(memory.arrive(KEY, ONE, 8 * SECOND_US), Ticket)


@pytest.mark.parametrize("keep_us", [0, 5 * SECOND_US - 1, 30 * SECOND_US + 1])
def test_dup_06_only_5_to_30_seconds_can_be_set(keep_us: int) -> None:
    with pytest.raises(ValueError, match="5 to 30 seconds"):
        Duplicates(keep_us=keep_us)


@pytest.mark.parametrize("code", [1, 4, 12, 40, 43])
def test_dup_07_repeats_are_found_for_every_code(code: int) -> None:
    memory = Duplicates()
    key = (*KEY[:4], code)
    ticket_of(memory, key)
    assert memory.arrive(key, ONE, 0) is Discard.PENDING


def test_dup_08_during_the_delay_of_a_reject_repeats_are_dropped() -> None:
    memory = Duplicates()
    ticket = ticket_of(memory)
    for at in range(0, SECOND_US, 100_000):
        assert memory.arrive(KEY, ONE, at) is Discard.PENDING
    assert memory.answer(ticket, b"reject", SECOND_US)
    assert memory.arrive(KEY, ONE, SECOND_US + 1) == b"reject"


def test_dup_09_a_socket_that_closes_takes_its_memory_along() -> None:
    memory = Duplicates()
    other = (9, *KEY[1:])
    memory.answer(ticket_of(memory), b"reply", 0)
    pending = ticket_of(memory, (3, "192.0.2.9", 1, 1, 1))
    ticket_of(memory, other)
    memory.forget_socket(3)
    assert len(memory) == 1
    assert memory.arrive(other, ONE, 1) is Discard.PENDING
    assert not memory.answer(pending, b"late", 2)


def test_dup_11_the_key_names_the_socket_so_that_a_reply_leaves_by_it() -> None:
    memory = Duplicates()
    assert ticket_of(memory).key[0] == 3


def test_dup_12_the_oldest_reply_gives_way_and_never_a_pending_request() -> None:
    memory = Duplicates(limit=3)
    keys: list[Key] = [(3, "192.0.2.1", 1645, number, 1) for number in range(5)]
    pending = ticket_of(memory, keys[0])
    memory.answer(ticket_of(memory, keys[1]), b"1", 1)
    memory.answer(ticket_of(memory, keys[2]), b"2", 2)
    ticket_of(memory, keys[3])
    assert len(memory) == 3
    assert memory.arrive(keys[2], ONE, 3) == b"2"
    ticket_of(memory, keys[4])
    assert memory.arrive(keys[1], ONE, 4) is Discard.FULL
    assert memory.arrive(keys[0], ONE, 4) is Discard.PENDING
    assert memory.answer(pending, b"0", 5)


def test_dup_12_a_known_key_is_served_when_the_memory_is_full() -> None:
    memory = Duplicates(limit=1)
    ticket_of(memory)
    ticket_of(memory, authenticator=TWO)
    assert memory.arrive(KEY, TWO, 0) is Discard.PENDING
    assert memory.arrive((0, "192.0.2.1", 1, 1, 1), ONE, 0) is Discard.FULL
    with pytest.raises(ValueError, match="at least one"):
        Duplicates(limit=0)


def test_an_abandoned_request_is_worked_on_when_it_comes_again() -> None:
    memory = Duplicates()
    ticket = ticket_of(memory)
    memory.abandon(ticket)
    again = ticket_of(memory)
    memory.abandon(ticket)
    assert not memory.answer(ticket, b"late", 0)
    assert memory.answer(again, b"reply", 0)


def test_a_key_that_is_spelt_by_other_objects_is_the_same_key() -> None:
    memory = Duplicates()
    ticket_of(memory, (3, "192.0.2." + str(1), 1645, 7, 1))
    assert memory.arrive((3, "192.0.2.1", int("1645"), 7, 1), bytes(ONE), 1) is Discard.PENDING


def test_a_hundred_thousand_are_remembered_and_forgotten_again() -> None:
    memory = Duplicates(limit=100_000)
    for n in range(100_000):
        key = (n % 3, f"192.0.2.{n % 7}", n // 256, n % 256, 4)
        assert memory.answer(ticket_of(memory, key, n.to_bytes(16, "big"), n), b"%d" % n, n)
    assert len(memory) == 100_000
    for n in (0, 1, 50_000, 99_999):
        key = (n % 3, f"192.0.2.{n % 7}", n // 256, n % 256, 4)
        assert memory.arrive(key, n.to_bytes(16, "big"), 100_000) == b"%d" % n
    memory.forget_socket(1)
    assert len(memory) == 66_667
    ticket_of(memory, at=5 * SECOND_US + 99_999)
    assert len(memory) == 1


def test_an_authenticator_of_another_length_is_no_authenticator() -> None:
    with pytest.raises(ValueError, match="16 octets"):
        Duplicates().arrive(KEY, b"short", 0)


@hypothesis.given(
    st.lists(
        st.tuples(
            st.sampled_from(["arrive", "answer", "abandon"]),
            st.integers(0, 4),
            st.sampled_from([ONE, TWO]),
            st.integers(0, 4 * SECOND_US),
        ),
        max_size=80,
    ),
    st.integers(1, 5),
)
def test_a_request_is_answered_once_whatever_the_order(
    steps: list[tuple[str, int, bytes, int]], limit: int
) -> None:
    memory = Duplicates(limit=limit)
    open_tickets: dict[int, list[Ticket]] = {}
    latest: dict[int, Ticket] = {}
    sent: dict[int, tuple[bytes, bytes]] = {}
    now = 0
    for step, number, authenticator, passed in steps:
        now += passed
        key: Key = (1, "192.0.2.1", 1645, number, 4)
        if step == "arrive":
            verdict = memory.arrive(key, authenticator, now)
            if isinstance(verdict, Ticket):
                assert not (number in latest and latest[number].authenticator == authenticator), (
                    "a pending request was worked on twice"
                )
                open_tickets.setdefault(number, []).append(verdict)
                latest[number] = verdict
            elif isinstance(verdict, bytes):
                assert sent[number] == (authenticator, verdict)
            elif verdict is Discard.PENDING:
                assert latest[number].authenticator == authenticator
        elif open_tickets.get(number):
            ticket = open_tickets[number].pop(0)
            if step == "abandon":
                memory.abandon(ticket)
            else:
                reply = f"{now}".encode()
                wanted = memory.answer(ticket, reply, now)
                assert wanted == (latest.get(number) is ticket)
                if wanted:
                    sent[number] = (ticket.authenticator, reply)
            if latest.get(number) is ticket:
                del latest[number]
        assert len(memory) <= limit
