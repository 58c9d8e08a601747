"""A session rated again from its journal, as this installation is set up.

Who explains a charge compares it with what was written down; who assigns usage of nobody learns
from it when it was used. Nothing is written and nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Sequence

from accounting.journal import Record
from accounting.replay import Bands, Replay, replay
from cli.office import Office
from domain.session import Session
from rating import Tariff
from store import office_devices


async def rerated(
    office: Office,
    session: Session,
    records: Sequence[tuple[int, Record]],
    tariff: Tariff | None,
    bands: Bands | None,
) -> Replay | None:
    """Replay all records of a session; `None` if its NAS was removed: they cannot be read.

    `tariff` and `bands` are those of `accounting.replay.replay`.
    """
    async with office.database.reading() as connection:
        devices = await office_devices.everyone(connection)
    device = next((one for one in devices if one.device_id == session.device_id), None)
    if device is None:
        return None
    accounting = office.place.settings.accounting
    return replay(
        records,
        device,
        tariff,
        skew_limit_s=accounting.clock_skew_s,
        interim_s=session.interim_s or accounting.interim_s,
        fee_owed=not session.class_session_id and not session.adopted,
        bands=bands,
    )
