"""What the doctor looks at in the books: keys, secrets, samples, time, strangers.

Each look is one coroutine on the open office and answers with remarks; none changes anything, and
none shows a secret.
"""

from __future__ import annotations

from aaa.sealing import DEVICE_SECRET
from cli.errors import HouseError
from cli.office import Office
from cli.output import instant_in_words
from cli.remark import Level, Remark
from nas.secrets import secret_warnings
from store import office_devices, office_house

CLOCK_BEHIND_US = 60 * 1_000_000
PROGRAM_YEAR_US = 1_767_225_600 * 1_000_000  # 2026-01-01; no clock that is right is before it
STRANGERS_SHOWN = 5


async def key_backup(office: Office) -> list[Remark]:
    """Does somebody say that this very key file has been copied?"""
    try:
        key_id = office.keys.key_id
    except HouseError as error:
        return [Remark(Level.FAULT, "key file", error.message)]
    async with office.database.reading() as connection:
        copied = await office_house.note(connection, office_house.KEY_BACKED_UP)
    if copied == key_id:
        return [Remark(Level.OK, "key backup", "somebody has noted that the key file is copied")]
    return [
        Remark(
            Level.WARNING,
            "key backup",
            f"nobody has noted that the key file {office.place.key_file} is copied; without it "
            "no stored password can be read",
            "copy it to another place, apart from the database, then `tollhouse doctor "
            "--key-backed-up`",
        )
    ]


async def secrets(office: Office) -> list[Remark]:
    """Do the shared secrets open with this key, and are they worth the name (S3, BLR-09)?"""
    async with office.database.reading() as connection:
        devices = await office_devices.everyone(connection)
    found = []
    for device in devices:
        topic = f"NAS {device.name}"
        try:
            secret = office.keys.open(DEVICE_SECRET, str(device.device_id), device.secret)
        except (ValueError, HouseError) as error:
            found.append(Remark(Level.FAULT, topic, str(error)))
            continue
        found += [
            Remark(
                Level.WARNING,
                topic,
                warning,
                f"`tollhouse nas set {device.name} --secret generate`, and the same on the NAS",
            )
            for warning in secret_warnings(secret)
        ]
    return found or [Remark(Level.OK, "secrets", f"{len(devices)} NAS, none with a weak secret")]


async def samples(office: Office) -> list[Remark]:
    """Is the sample still there? Everybody knows its passwords."""
    async with office.database.reading() as connection:
        found = await office_house.sample_names(connection)
    if not found:
        return [Remark(Level.OK, "sample", "none is left")]
    return [
        Remark(
            Level.WARNING,
            "sample",
            f"still there: {', '.join(found)}; their secrets are in the manual",
            "before serving customers: `tollhouse subscriber suspend alice`, then start with a "
            "database without --sample",
        )
    ]


async def clock(office: Office) -> list[Remark]:
    """Is our clock plausible? Event-Timestamps and validity depend on it (COA-04)."""
    async with office.database.reading() as connection:
        newest_us = await office_house.newest_instant_us(connection)
    shown = instant_in_words(office.now_us)
    if office.now_us < max(newest_us - CLOCK_BEHIND_US, PROGRAM_YEAR_US):
        return [
            Remark(
                Level.FAULT,
                "clock",
                f"this machine says {shown}, but something was written down at "
                f"{instant_in_words(max(newest_us, PROGRAM_YEAR_US))}",
                "set the clock, and keep it right with NTP",
            )
        ]
    return [Remark(Level.OK, "clock", shown)]


async def unknown_sources(office: Office) -> list[Remark]:
    """Who sends packets without being a NAS of ours?"""
    async with office.database.reading() as connection:
        found = await office_house.strangers(connection, limit=STRANGERS_SHOWN)
    return [
        Remark(
            Level.WARNING,
            f"source {address}",
            f"is no NAS of ours; {packets} packets, the last {instant_in_words(last_us)}",
            f"if it is yours: `tollhouse nas add NAME --address {address} --secret generate`",
        )
        for address, packets, last_us in found
    ]
