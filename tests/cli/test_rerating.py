"""A session is rated again by what this installation says of it."""

from __future__ import annotations

import asyncio

from accounting.replay import Replay
from cli import settings
from cli.office import Office, in_office
from cli.rerating import rerated
from store import office_journal, office_sessions
from tests.cli.house import House, login, record


def again(house: House, *, gone: bool = False) -> Replay | None:
    """The newest session, rated again without a price; `gone`: its NAS was removed."""

    async def look(office: Office) -> int:
        async with office.database.reading() as connection:
            (one,) = await office_sessions.listing(connection, live_only=False, limit=1)
        session = one.session
        (records,) = await office_journal.records_of_all(office.database, [session])
        if gone:
            session.device_id += 1
        found.append(await rerated(office, session, records, None, None))
        return 0

    found: list[Replay | None] = []
    asyncio.run(in_office(settings.load(str(house.config)), look))
    return found[0]


def test_every_record_is_read_again_by_its_nas(sample: House) -> None:
    sample.serve(login(), record("start"), record("interim", seconds=60, up=1, down=70_000))
    found = again(sample)
    assert found is not None
    assert [line.after.output_octets for line in found.lines] == [0, 70_000]
    assert found.lines[1].to_us >= found.lines[1].from_us > 0


def test_without_its_nas_nothing_can_be_read(sample: House) -> None:
    sample.serve(login(), record("start"))
    assert again(sample, gone=True) is None
