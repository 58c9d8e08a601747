"""The systemd unit is understood by systemd, and shuts the server in as tightly as we say (S44).

`systemd-analyze` reads units without a running systemd, so this holds in a container too; it is
one of the peers that `make test` installs. The unit names paths of a finished installation, which
do not exist here, so a copy is judged whose program is one that does.
"""

from __future__ import annotations

import configparser
import subprocess
from pathlib import Path

import pytest

from tests.house.tree import ROOT
from tests.peers.child import find_program

UNIT = ROOT / "conf" / "systemd" / "tollhouse.service"
EXPOSURE_TENTHS_MAX = 20  # S44: `systemd-analyze security` says 2.0 or less


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze and return what it said."""
    return subprocess.run(
        [find_program("systemd-analyze"), *words], capture_output=True, text=True, check=False
    )


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """A copy of the unit whose program exists."""
    text = UNIT.read_text().replace("/opt/tollhouse/.venv/bin/tollhouse", "/bin/true")
    copy = tmp_path / UNIT.name
    copy.write_text(text)
    return copy


def test_systemd_understands_every_line_of_the_unit(unit: Path) -> None:
    done = analyze("verify", "--man=no", "--recursive-errors=no", str(unit))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_misspelt_setting_would_be_noticed(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("NoNewPrivileges", "NoNewPriviliges"))
    done = analyze("verify", "--man=no", "--recursive-errors=no", str(unit))
    assert "NoNewPriviliges" in done.stderr


def test_s44_the_exposure_is_at_most_two(unit: Path) -> None:
    done = analyze(
        "security", "--offline=true", f"--threshold={EXPOSURE_TENTHS_MAX}", "--no-pager", str(unit)
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_s44_the_exposure_of_an_open_unit_would_be_noticed(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    kept = [line for line in lines if not line.startswith(("Protect", "Private", "Restrict"))]
    unit.write_text("\n".join(kept))
    done = analyze(
        "security", "--offline=true", f"--threshold={EXPOSURE_TENTHS_MAX}", "--no-pager", str(unit)
    )
    assert done.returncode != 0


def test_the_unit_serves_as_a_user_of_its_own_and_has_time_to_drain() -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT.read_text())
    service = parser["Service"]
    assert service["User"] not in ("", "root")
    assert service["ExecStart"].endswith("/tollhouse serve")
    assert service["KillSignal"] == "SIGTERM"
    assert int(service["TimeoutStopSec"]) >= 15
