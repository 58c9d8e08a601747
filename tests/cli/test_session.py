"""Sessions are listed and shown; a disconnect is an order that the server carries out."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from aaa.request import Settled
from domain.grant import OrderResult
from store.database import Database
from store.desk import DeskStore
from tests.cli.house import House, login, record


def running(house: House) -> int:
    """A session of alice; its number."""
    house.serve(login(mac="00-0C-42-1F-2E-3D"), record("start"))
    (session,) = house.json("session", "list")
    number: int = session["session_id"]
    return number


def test_sessions_are_listed_while_they_run_and_with_all_afterwards(house: House) -> None:
    number = running(house)
    house.serve(record("interim", seconds=60, up=1_000, down=2_000))
    (row,) = house.json("session", "list", "--login", "alice", "--nas", "local")
    assert (row["state"], row["input_octets"], row["output_octets"]) == ("open", 1_000, 2_000)
    assert (row["charged_micros"], row["session_s"]) == (30, 60)
    assert "2.00 kB" in house.run("session", "list").stdout
    house.serve(record("stop", seconds=60, up=1_000, down=2_000))
    assert house.json("session", "list") == []
    assert [row["session_id"] for row in house.json("session", "list", "--all")] == [number]


def test_a_session_is_shown_with_its_plan_and_hold(sample: House) -> None:
    shown = sample.json("session", "show", str(running(sample)))
    assert shown["plan"] == "sample-prepaid version 1"
    assert (shown["hold_state"], shown["granted_micros"]) == ("held", 5_000_000)
    assert shown["calling_station_id"] == "00-0C-42-1F-2E-3D"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "1"), "there is no session 1"),
        (("show", "x"), "is not a valid integer"),
        (("list", "--nas", "t9"), "there is no NAS t9"),
        (("list", "--login", "bob"), "there is no subscriber bob"),
        (("disconnect", "1"), "there is no session 1"),
        (("disconnect",), "name one session, or --login"),
        (("disconnect", "1", "--login", "alice"), "name one session, or --login"),
        (("disconnect", "--login", "alice"), "no live session"),
    ],
)
def test_what_cannot_be_is_one_line(sample: House, words: tuple[str, ...], said: str) -> None:
    assert said in sample.refuse("session", *words)


def test_an_order_that_nobody_carries_out_says_so(house: House) -> None:
    number = running(house)
    result = house.run("session", "disconnect", str(number), "--wait", "0", code=1)
    assert "is `tollhouse serve` running?" in result.stdout
    assert house.json("session", "show", str(number))["orders"] == [
        result.stdout.strip().split(": ", 1)[1]
    ]


def test_an_ended_session_cannot_be_disconnected(sample: House) -> None:
    number = running(sample)
    sample.serve(record("stop", seconds=1, up=0, down=0))
    assert "no live session" in sample.refuse("session", "disconnect", str(number))


@pytest.mark.parametrize(
    ("result", "cause", "said", "code"),
    [
        (OrderResult.ACK, 0, "disconnect (operator): done", 0),
        (OrderResult.NAK, 503, "the NAS refused, Session-Context-Not-Found (503)", 1),
        (OrderResult.SILENCE, 0, "no answer", 1),
    ],
)
def test_the_answer_of_the_nas_is_told(
    sample: House, result: OrderResult, cause: int, said: str, code: int
) -> None:
    running(sample)
    answering = threading.Thread(target=lambda: answer(sample, result, cause))
    answering.start()
    told = sample.run("session", "disconnect", "--login", "alice", "--wait", "30", code=code)
    answering.join()
    assert said in told.stdout


def answer(house: House, result: OrderResult, cause: int) -> None:
    """Carry out the next order, as the server would."""

    async def pending() -> list[Any]:
        database = await Database.open(house.database_url)
        store = await DeskStore.open(database)
        try:
            return await store.pending_orders()
        finally:
            await store.close()
            await database.close()

    while not (orders := asyncio.run(pending())):
        pass  # opening the database anew takes its time
    (order,) = orders
    assert order.reason == "operator" and order.address == "127.0.0.1" and order.port == 3799
    house.settle(Settled(order.order_id, result, cause, 1, time.time_ns() // 1000))
