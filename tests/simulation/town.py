"""The town in which all histories play: its plans, routers and subscribers, made once.

A fresh database with all of it is built when simulation begins and copied for each history, for
building it takes longer than living in it. A history picks who of the town takes part.
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

from pysqlite3 import dbapi2

from aaa.sealing import KeyRing, new_key_file
from cli.vocabulary import our_vocabulary
from rating.plan_file import parse_plan
from store import office_plans
from tests.aaa.gate import SECRET, Chance, Gate
from tests.simulation.ground import FILE
from tests.simulation.seams import EPOCH_US, SeededChance
from tests.simulation.swarm import Swarm
from tests.simulation.whole_draw import Wholes
from tests.untold import Untold

START_US = 3_600_000_000  # histories begin at least so long after the town was built

PLANS = {
    "metered": """
interim_s = 60
[price.volume]
amount = "0.01"
per = "MB"
[speeds]
down = "10M"
up = "2M"
""",
    "shared": """
sessions = 3
interim_s = 120
[price.volume]
amount = "0.02"
per = "MiB"
increment = "64 KiB"
rounding = "half-up"
[speeds]
down = "20M"
up = "5M"
""",
    "hourly": """
sessions = 2
timezone = "Europe/Berlin"
[price.time]
amount = "2.40"
per = "hour"
increment_s = 60
rounding = "up"
[speeds]
down = "4M"
up = "1M"
""",
    "mixed": """
interim_s = 60
timezone = "America/New_York"
[price.session]
fee = "0.05"
[price.volume]
amount = "0.003"
per = "MB"
count = "down"
[price.time]
amount = "0.60"
per = "hour"
[speeds]
down = "8M"
up = "8M"
""",
    "bundle": """
sessions = 2
interim_s = 60
timezone = "Australia/Lord_Howe"
package = { validity = "30d" }
[price.volume]
amount = "0.05"
per = "MB"
count = "larger"
[included]
volume = "60 MB"
[speeds]
down = "10M"
up = "10M"
""",
    "unpoliced": """
interim_s = 60
[price.volume]
amount = "0.004"
per = "MB"
""",
    "open-house": """
sessions = 2
interim_s = 60
max_session_s = 7200
""",
    "fee-only": """
sessions = 4
interim_s = 60
[price.session]
fee = "0.25"
""",
}
GARDENS = """
[[on_expired.reply]]
attributes = ['Mikrotik-Address-List = "walled"', 'Mikrotik-Rate-Limit = "256k/256k"']
dialect = "mikrotik"
[[on_expired.reply]]
attributes = ['Filter-Id = "walled"']
dialect = "standard"
[[on_expired.reply]]
attributes = ['Filter-Id = "walled"']
dialect = "cisco"
"""
ACTIVE = """
[[reply]]
attributes = ['Mikrotik-Address-List = "active"']
dialect = "mikrotik"
[[reply]]
attributes = ['Filter-Id = "active"']
dialect = "standard"
"""


def _behind(*walls: str) -> str:
    """A garden behind each of these walls."""
    return "".join(GARDENS.replace("on_expired", wall) for wall in walls)


PACKAGED = {  # sold by the day, and what lies behind their walls
    "pass": f"""
interim_s = 60
[package]
price = "0.90"
validity = "1h"
auto_renew = true
[speeds]
down = "6M"
up = "2M"
[on_expired]
session_timeout_s = 120
[on_suspended]
{_behind("on_expired", "on_suspended")}{ACTIVE}""",
    "pass-metered": f"""
sessions = 2
interim_s = 60
[package]
price = "0.25"
validity = "1h"
grace = "3m"
[price.volume]
amount = "0.006"
per = "MB"
[speeds]
down = "8M"
up = "4M"
[on_expired]
[on_no_credit]
session_timeout_s = 300
[on_suspended]
{_behind("on_expired", "on_no_credit", "on_suspended")}{ACTIVE}""",
    "pass-plain": """
interim_s = 60
[package]
price = "0.40"
validity = "2h"
grace = "2m"
[price.session]
fee = "0.01"
""",
    "pass-bundle": f"""
sessions = 2
interim_s = 60
[package]
price = "0.60"
validity = "1h"
auto_renew = true
[price.volume]
amount = "0.03"
per = "MB"
count = "down"
[included]
volume = "80 MB"
[speeds]
down = "10M"
up = "2M"
[on_expired]
[on_no_credit]
{_behind("on_expired", "on_no_credit")}""",
    "walled": f"""
sessions = 2
interim_s = 60
[price.volume]
amount = "0.008"
per = "MB"
[speeds]
down = "9M"
up = "3M"
[on_no_credit]
[on_suspended]
session_timeout_s = 60
{_behind("on_no_credit", "on_suspended")}{ACTIVE}""",
    "given": """
interim_s = 60
sessions = 2
[package]
validity = "1h"
auto_renew = true
""",
}
EVERY_PLAN = PLANS | PACKAGED
DIALECTS = {"mikrotik": 3, "cisco": 2, "standard": 3}  # how many routers speak each
BALANCES_MICROS = (300_000, 20_000, 1_500_000, 4_000_000, 12_000_000, 40_000_000)
SUBSCRIBERS_N = 32
PASS_BALANCES_MICROS = (1_000_000, 300_000, 3_000_000, 9_000_000, 0)
PASS_HOLDERS_N = 18


@dataclass(frozen=True, slots=True)
class Resident:
    """A subscriber of the town."""

    login: str
    password: str
    plan: str
    balance_micros: int
    credit_limit_micros: int


@dataclass(frozen=True, slots=True)
class Router:
    """A device of the town."""

    name: str
    dialect: str
    address: str
    coa_port: int
    gigawords: bool
    line_rate_bps: int


def residents() -> list[Resident]:
    """Everybody, always the same."""
    plans, passes = list(PLANS), list(PACKAGED)
    everybody = [
        Resident(
            login=f"sub{n:02d}",
            password=f"secret-{n}",
            plan=plans[n % len(plans)],
            balance_micros=BALANCES_MICROS[n * 5 % 7 % len(BALANCES_MICROS)],
            credit_limit_micros=500_000 if n % 14 == 3 else 0,
        )
        for n in range(SUBSCRIBERS_N)
    ]
    return everybody + [
        Resident(
            login=f"sub{SUBSCRIBERS_N + n:02d}",
            password=f"secret-{SUBSCRIBERS_N + n}",
            plan=passes[n % len(passes)],
            balance_micros=PASS_BALANCES_MICROS[n % len(PASS_BALANCES_MICROS)],
            credit_limit_micros=200_000 if n % 7 == 4 else 0,
        )
        for n in range(PASS_HOLDERS_N)
    ]


def routers() -> list[Router]:
    """All devices; Gate's own device `nas` is the first one."""
    made, number = [], 0
    for dialect, count in DIALECTS.items():
        for n in range(count):
            number += 1
            made.append(
                Router(
                    name=f"{dialect}-{n}",
                    dialect=dialect,
                    address=f"10.{number}.0.1",
                    coa_port=1700 if dialect == "cisco" else 3799,
                    gigawords=not (dialect == "standard" and n == 2),
                    line_rate_bps=100_000_000,
                )
            )
    return made


def key_file() -> bytes:
    """The key file with which the town's secrets are sealed."""
    return new_key_file(Chance().octets)


def keys(chance: SeededChance) -> KeyRing:
    """The key ring of one server process."""
    return KeyRing(key_file(), chance.octets)


def build(directory: Path) -> Path:
    """Build the town's database in a directory; returns its path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / FILE
    gate = Gate(f"sqlite:///{path}")
    for name, text in EVERY_PLAN.items():
        gate.add_plan(f'name = "{name}"\ncurrency = "USD"\n{text}')
    for router in routers():
        made = gate.add_device(
            router.name,
            dialect=router.dialect,
            coa_port=router.coa_port,
            gigawords=router.gigawords,
            line_rate_bps=router.line_rate_bps,
        )
        assert made.prefixes[0].replace(".0/16", ".1") == router.address
    for resident in residents():
        gate.add_subscriber(
            resident.login,
            balance_micros=resident.balance_micros,
            plan=resident.plan,
            password=resident.password.encode(),
            credit_limit_micros=resident.credit_limit_micros,
        )
    assert gate.check() == []
    gate.close()
    assert {one.name for one in directory.iterdir()} == {FILE}, "the WAL was not taken in"
    return path


def move_in(
    template: Path,
    room: Path,
    ends_us: dict[str, int] | None = None,
    *,
    since_us: int | None = None,
    wholes: Wholes | None = None,
) -> None:
    """Copy the town into the first directory of a history.

    `ends_us`: until when (UTC) the time of some logins is paid for, as its history has drawn it.
    `since_us`: when (UTC) its routers were switched over to this house, if it is about that.
    `wholes`: the plans of this history beside the town's, and who has them.
    """
    room.mkdir(parents=True)
    (room / "run-0").mkdir()
    path = room / "run-0" / FILE
    shutil.copyfile(template, path)
    if wholes is not None and wholes.texts:
        asyncio.run(_load(path, wholes))
    elif not ends_us and since_us is None:
        return
    connection = dbapi2.connect(str(path))
    if wholes is not None:
        connection.executemany(
            "UPDATE subscribers SET plan_name = ?, anchor_us = ? WHERE login = ?",
            [(name, wholes.anchor_us, login) for login, name in wholes.of.items()],
        )
    connection.executemany(
        "UPDATE subscribers SET valid_until_us = ? WHERE login = ?",
        [(until_us, login) for login, until_us in (ends_us or {}).items()],
    )
    if since_us is not None:
        connection.execute("UPDATE devices SET accounting_since_us = ?", (since_us,))
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


async def _load(path: Path, wholes: Wholes) -> None:
    """Let the office load the plans of one history."""
    database = await Untold.open(f"sqlite:///{path}")
    try:
        for n, text in enumerate(wholes.texts.values()):
            plan = parse_plan(text, vocabulary=our_vocabulary())
            async with database.office() as connection:
                await office_plans.load(connection, plan, plan_id=n + 1, now_us=EPOCH_US)
    finally:
        await database.close()


def ends_us(plan: Swarm) -> dict[str, int]:
    """Until when (UTC) the time of those is paid for who have to buy it."""
    passes = [one.login for one in residents() if "[package]" in EVERY_PLAN[one.plan]]
    first_us = EPOCH_US + plan.start_us
    return {login: first_us + plan.ends_us[login] for login in passes if login in plan.ends_us}


SHARED_SECRET = SECRET
