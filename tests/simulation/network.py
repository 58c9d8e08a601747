"""The network of a world: datagrams that are lost, doubled, late, cut short or bent.

Between any two hosts lies a path with faults of its own strength. A datagram travels at least
`LEAST_US`; what arrives for a socket that is closed meanwhile is gone, as on a real host. A path
can be clogged (everything waits until it opens) or cut in one direction or both.

The port keeps no queue: what arrives is a callback of the process that bound it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.simulation.telling import telling
from tests.simulation.world import Process, World

LEAST_US = 200
FIRST_FREE_PORT = 40_000
DATAGRAM_MAX_OCTETS = 4_097

Received = Callable[[bytes, tuple[str, int], str], None]
Address = tuple[str, int]


@dataclass(slots=True)
class Weather:
    """How bad the paths are. Shares in permille; after `calm()` nothing goes wrong."""

    loss: int = 0
    double: int = 0
    late: int = 0  # share that is delayed by up to late_us, which reorders
    late_us: int = 2_000_000
    delay_us: int = 2_000  # mean of the usual way
    truncate: int = 0
    flip: int = 0

    def calm(self) -> None:
        """The weather clears up for good."""
        self.loss = self.double = self.late = self.truncate = self.flip = 0


class Port:
    """One bound UDP socket (domain.seams.DatagramPort)."""

    def __init__(
        self, network: Network, process: Process, address: Address, received: Received
    ) -> None:
        """Use `Network.bind`."""
        self._network = network
        self.process = process
        self.host, self.port = address
        self.received = received
        self.closed = False
        self.before_send: Callable[[bytes, Address], None] | None = None
        self.after_send: Callable[[bytes, Address], None] | None = None

    def send(self, octets: bytes, address: Address, source: str | None) -> None:
        """Put a datagram on the way; a dead process or a closed socket sends nothing."""
        if self.closed or not self.process.alive:
            return
        if self.before_send is not None:
            self.before_send(octets, address)
        self._network.carry((self.host, self.port), address, bytes(octets))
        if self.after_send is not None:
            self.after_send(octets, address)

    def close(self) -> None:
        """Give the address back."""
        if not self.closed:
            self.closed = True
            self._network.release(self)


class Network:
    """All paths and all sockets of a world."""

    def __init__(self, world: World, weather: Weather) -> None:
        """An empty network with this weather everywhere."""
        self._world = world
        self._dice: random.Random = world.dice("network")
        self._bound: dict[Address, Port] = {}
        self._free_port = FIRST_FREE_PORT
        self._closed_until_us: dict[tuple[str, str], tuple[int, bool]] = {}
        self.weather = weather
        # Each bound port is shown to these first; crash points are hung into it.
        self.on_bind: list[Callable[[Port], None]] = []
        # What is not delivered any more when it arrives at last: (from, to, octets).
        self.outlived: Callable[[Address, Address, bytes], bool] = lambda *_: False

    def bind(self, process: Process, host: str, port: int, received: Received) -> Port:
        """Bind a socket, on a free port if `port` is 0. Raises OSError when it is taken."""
        if not port:
            self._free_port += 1
            port = self._free_port
        held = self._bound.get((host, port))
        if held is not None and held.process.alive:
            raise OSError(98, f"{host}:{port} is in use")
        made = Port(self, process, (host, port), received)
        self._bound[host, port] = made
        for look in self.on_bind:
            look(made)
        return made

    def release(self, port: Port) -> None:
        """A socket was closed."""
        if self._bound.get((port.host, port.port)) is port:
            del self._bound[port.host, port.port]

    # ---------------------------------------------------------------- paths

    def clog(self, source: str, target: str, for_us: int) -> None:
        """What is sent that way waits until the path opens."""
        self._closed_until_us[source, target] = (self._world.now_us + for_us, False)

    def cut(self, source: str, target: str, for_us: int) -> None:
        """What is sent that way is lost for a while (a one-way partition)."""
        self._closed_until_us[source, target] = (self._world.now_us + for_us, True)

    def calm(self) -> None:
        """All faults end; what is under way still arrives."""
        self.weather.calm()
        self._closed_until_us.clear()

    def carry(self, source: Address, target: Address, octets: bytes) -> None:
        """Take a datagram; what becomes of it is the weather's."""
        dice, weather, figures = self._dice, self.weather, self._world.figures
        figures["datagrams sent"] += 1
        self._tell(source, target, octets, "")
        wait_us = 0
        closed = self._closed_until_us.get((source[0], target[0]))
        if closed is not None and closed[0] > self._world.now_us:
            if closed[1]:
                figures["datagrams lost"] += 1
                self._tell(source, target, octets, " is lost: no way")
                return
            wait_us = closed[0] - self._world.now_us
        if weather.loss and dice.randrange(1000) < weather.loss:
            figures["datagrams lost"] += 1
            self._tell(source, target, octets, " is lost")
            return
        self._launch(source, target, octets, wait_us)
        if weather.double and dice.randrange(1000) < weather.double:
            figures["datagrams doubled"] += 1
            self._launch(source, target, octets, wait_us)

    def _launch(self, source: Address, target: Address, octets: bytes, wait_us: int) -> None:
        dice, weather, figures = self._dice, self.weather, self._world.figures
        delay_us = LEAST_US + round(dice.expovariate(1.0 / max(weather.delay_us, 1)))
        if weather.late and dice.randrange(1000) < weather.late:
            figures["datagrams late"] += 1
            delay_us += dice.randrange(1, weather.late_us)
        if weather.truncate and dice.randrange(1000) < weather.truncate:
            figures["datagrams truncated"] += 1
            octets = octets[: dice.randrange(len(octets) + 1)]
        if weather.flip and octets and dice.randrange(1000) < weather.flip:
            figures["datagrams bent"] += 1
            bent = bytearray(octets)
            bent[dice.randrange(len(bent))] ^= 1 << dice.randrange(8)
            octets = bytes(bent)
        self._world.after(wait_us + delay_us, self._arrive, source, target, octets)

    def _arrive(self, source: Address, target: Address, octets: bytes) -> None:
        port = self._bound.get(target)
        if port is None or not port.process.alive:
            self._world.figures["datagrams to nobody"] += 1
            self._tell(source, target, octets, " finds nobody")
            return
        if self.outlived(source, target, octets):
            self._world.figures["datagrams outlived"] += 1
            self._tell(source, target, octets, " comes too late")
            return
        self._tell(source, target, octets, " arrives")
        self._world.figures["datagrams arrived"] += 1
        self._world.mark(octets)
        port.process.call_soon(self._hand_over, port, octets[:DATAGRAM_MAX_OCTETS], source)

    def _tell(self, source: Address, target: Address, octets: bytes, what: str) -> None:
        if self._world.timeline is not None:
            way = f"{source[0]}:{source[1]} > {target[0]}:{target[1]}"
            self._world.show(f"{way}  {telling(octets)}{what}")

    def _hand_over(self, port: Port, octets: bytes, source: Address) -> None:
        if not port.closed:
            port.received(octets, source, port.host)
