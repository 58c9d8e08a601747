"""The types of agendas; what each does is said in `_agenda.pyx`."""

from typing import final

@final
class Agenda:
    """Numbers to be looked at again, each at an instant."""

    def __len__(self) -> int: ...
    def note(self, at_us: int, key: int) -> None: ...
    def due(self, now_us: int, most: int) -> list[int]: ...
