"""Every file keeps the measures of the house, and every measure catches a planted offender.

A rule that cannot fail is worse than none, because it is believed; so each is shown one file that
it must refuse, and one that it must let pass.
"""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath

import pytest

from tests.house import tidy
from tests.house.floors import Offence
from tests.house.tree import ROOT, report, shipped, text_of, tracked

WORDY = '"""One.\n\nTwo.\nThree.\n"""\n'

PLANTED = {
    "module_size": ("aaa/a.py", "\n" * 501),
    "module_size, unexplained": ("aaa/a.py", "\n" * 301),
    "module_size, __init__": ("aaa/__init__.py", "\n" * 31),
    "function_size": ("aaa/a.py", "def f():\n" + "    x = 1\n" * 60),
    "function_size, parameters": ("aaa/a.py", "def f(a, b, c, d, e, g): ..."),
    "function_size, of a method": ("aaa/a.py", "class C:\n  def f(self, a, b, c, d, e, g): ..."),
    "line_width": ("aaa/a.py", f"x = '{'x' * 100}'"),
    "empty_names, module": ("aaa/packet_helpers.py", ""),
    "empty_names, class": ("aaa/a.py", "class SessionManager: ..."),
    "empty_names, acronym": ("aaa/a.py", "class RADIUSHandler: ..."),
    "empty_names, function": ("aaa/a.py", "def do_it(): ..."),
    "prose, no docstring": ("aaa/a.py", "x = 1"),
    "prose, two lines": ("aaa/a.py", '"""One.\n\nTwo.\n"""'),
    "prose, function": ("aaa/a.py", f"{WORDY}def f(): ..."),
    "prose, method": ("aaa/a.py", f'{WORDY}class C:\n    """C."""\n    def f(self): ...'),
    "plain_imports, relative": ("aaa/a.py", "from . import desk"),
    "plain_imports, star": ("aaa/a.py", "from domain.plan import *"),
    "calls, open": ("aaa/a.py", "open('x')"),
    "calls, print": ("domain/a.py", "print('x')"),
    "floats, literal": ("rating/a.py", "x = 0.5"),
    "floats, name": ("accounting/a.py", "x = float('1')"),
    "floats, division": ("billing/a.py", "x = y / 2"),
    "floats, division in place": ("domain/a.py", "x /= 2"),
    "sql_text": ("server/a.py", "x = 'select id from accounts'"),
    "sql_text, in a format": ("cli/a.py", "x = f'UPDATE {table} x; update accounts set a = {b}'"),
    "unfinished": ("aaa/a.py", "x = 1  # TODO: think"),
}


def offences_of(name: str, source: str, rule: str) -> list[Offence]:
    """Return what one rule finds in one planted file."""
    check = getattr(tidy, rule)
    return list(check(PurePosixPath(name), ast.parse(source), source))


def test_every_module_keeps_the_measures_of_the_house() -> None:
    offences = [
        (path, line, complaint)
        for path in shipped(".py")
        for line, complaint in tidy.tidy_offences(path, text_of(path))
    ]
    assert not offences, report(offences)


def test_every_compiled_module_keeps_length_width_and_prose() -> None:
    offences = []
    for path in shipped(".pyx", ".pxd", ".h", ".c"):
        lines = text_of(path).splitlines()
        if len(lines) > tidy.MODULE_LINES_MAX:
            offences.append((path, 1, f"has {len(lines)} lines; the wall is 500"))
        if not lines or not lines[0].startswith(('"""', "#", "/*", "//")):
            offences.append((path, 1, "does not open by saying what it is"))
        offences += [
            (path, number, "is wider than 100 columns")
            for number, line in enumerate(lines, start=1)
            if len(line) > tidy.LINE_COLUMNS_MAX
        ]
    assert not offences, report(offences)


@pytest.mark.parametrize("title", PLANTED)
def test_a_planted_offender_is_caught_by(title: str) -> None:
    name, source = PLANTED[title]
    assert offences_of(name, source, title.partition(",")[0])


def test_every_rule_has_a_planted_offender() -> None:
    assert {title.partition(",")[0] for title in PLANTED} == {rule.__name__ for rule in tidy.RULES}


def test_a_tidy_module_is_let_pass() -> None:
    source = (
        '"""What lives here.\n\nWhy it does, and that it opens no file: select a from b.\n'
        'What it must never do.\n"""\n\nimport ast\n\n\n'
        "def share(amount_micros: int, parts: int, *, a: int, b: int, c: int, d: int) -> int:\n"
        '    """Return one part, rounded down."""\n    return amount_micros // parts\n\n\n'
        "def _hidden(): ...\n"
    )
    assert tidy.tidy_offences(PurePosixPath("accounting/shares.py"), source) == []


def test_the_list_of_long_modules_only_shrinks() -> None:
    for name in tidy.LONG_MODULES:
        lines = len(text_of(PurePosixPath(name)).splitlines())
        assert lines > tidy.MODULE_LINES_EXPLAINED, f"{name} is short again: take it off the list"
    for name in tidy.BORROWED_NAMES:
        assert (ROOT / name).is_file(), f"{name} is gone: take it off the list"


def test_nothing_speaks_of_the_machine_it_was_written_on() -> None:
    places = re.compile(rf"{re.escape(str(ROOT))}/|/(home|Users)/[a-z]\w*/|/root/\w")
    offences = [
        (path, number, "names a directory of one machine")
        for path in tracked()
        if path.suffix not in (".png", ".ico")
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if places.search(line)
    ]
    assert not offences, report(offences)


def test_tests_neither_skip_nor_sleep() -> None:
    banned = {"pytest.skip", "pytest.importorskip", "pytest.xfail", "time.sleep", "unittest.skip"}
    marks = {"pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"}
    offences = []
    for path in tracked():
        if path.parts[0] == "tests" and path.suffix == ".py":
            for node in ast.walk(ast.parse(text_of(path))):
                if isinstance(node, ast.Attribute) and tidy.dotted(node) in banned | marks:
                    offences.append((path, node.lineno, f"uses {tidy.dotted(node)}"))
    assert not offences, report(offences)
