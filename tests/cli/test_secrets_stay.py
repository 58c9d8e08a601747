"""Planted secrets: whatever is typed, stored, listed or refused, they never come out (S3)."""

from __future__ import annotations

from pathlib import Path

from tests.cli.house import House, login, record

SECRETS = ("planted-nas-Secret-1", "planted-user-Passw0rd", "planted-other-Passw0rd")


def test_s3_no_output_no_error_and_no_database_file_holds_a_planted_secret(
    sample: House, tmp_path: Path
) -> None:
    nas, first, second = SECRETS
    file = tmp_path / "people.csv"
    file.write_text(f"login,password,plan,balance\neve,{second},sample-prepaid,x\n")
    sample_plan = ("--plan", "sample-prepaid")
    said = "".join(
        sample.run(*words, code=code).output
        for words, code in (
            (("nas", "add", "t3", "--address", "192.0.2.1", "--secret", nas), 0),
            (("nas", "add", "t3", "--address", "192.0.2.2", "--secret", nas), 2),
            (("nas", "set", "t3", "--secret", nas, "--coa-port", "x"), 2),
            (("subscriber", "add", "bob", *sample_plan, "--password", first), 0),
            (("subscriber", "add", "bob", *sample_plan, "--password", first), 2),
            (("subscriber", "add", "eve", *sample_plan, "--password", first * 9), 2),
            (("subscriber", "set", "bob", "--password", second, "--credential", "nt"), 0),
            (("subscriber", "set", "bob", "--passwort", second), 2),
            (("subscriber", "import", str(file)), 2),
        )
    )
    sample.serve(login("bob", second), login("bob", first), record("start", name="bob"))
    for words in (
        ("nas", "list"),
        ("nas", "show", "t3"),
        ("subscriber", "list"),
        ("subscriber", "show", "bob"),
        ("session", "list", "--all"),
        ("doctor",),
        ("explain", "reject", "bob"),
        ("explain", "reject", "--last", "9"),
        ("balance", "history", "bob"),
        ("suspense", "list", "--all"),
        ("ledger", "check"),
    ):
        for style in ("table", "json", "csv"):
            said += sample.run(*words, "--output", style).output
    stored = b""
    database = Path(sample.database_url.removeprefix("sqlite:///"))
    for path in (database, database.with_name(database.name + "-wal")):
        stored += path.read_bytes() if path.exists() else b""
    for secret in SECRETS:
        for form in (secret, secret.encode().hex()):
            assert form not in said
            assert form.encode() not in stored
