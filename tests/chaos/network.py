"""A bad network between the NAS and the server, and a server that is killed in it now and then.

Loss, repetition, reordering, delay, truncation and flipped bits, drawn anew for each round, in
both directions and for orders as well. What was acknowledged is counted once, however it came.
"""

from __future__ import annotations

from tests.chaos.battle import Battle
from tests.chaos.site import NAS_ADDRESS
from tests.chaos.udp_proxy import UdpProxy, Weather

PROXY_ADDRESS = "127.0.0.10"
KILL_EACH_N = 4


def network(battle: Battle) -> None:
    """New weather in every round."""
    proxy = UdpProxy(PROXY_ADDRESS, seed=battle.outcome.seed)
    try:
        coa_port = battle.settle(nas_address=PROXY_ADDRESS)
        site = battle.site
        site.start()
        ports = [proxy.door(("127.0.0.1", port)) for port in (site.auth_port, site.acct_port)]
        proxy.door((NAS_ADDRESS, coa_port), coa_port)
        proxy.start()
        battle.play(
            server=PROXY_ADDRESS,
            auth_port=ports[0],
            acct_port=ports[1],
            coa_port=coa_port,
            nas_address=PROXY_ADDRESS,
        )
        battle.player.await_ack(0)
        for _ in range(battle.rounds_n):
            _round(battle, proxy)
        proxy.weather = Weather()
        battle.finish()
        battle.outcome.remarks["datagrams"] = proxy.figures
    finally:
        proxy.close()


def _round(battle: Battle, proxy: UdpProxy) -> None:
    battle.outcome.rounds += 1
    chance = battle.chance
    proxy.weather = Weather(
        loss=chance.uniform(0, 0.3),
        twice=chance.uniform(0, 0.5),
        delay_ms=chance.choice((0, 5, 50, 300)),
        truncate=chance.choice((0, 0.05)),
        flip=chance.choice((0, 0.05)),
    )
    battle.load(1_000, 3_000)
    battle.top_up()
    if battle.outcome.rounds % KILL_EACH_N == 0:
        battle.site.kill()
        battle.judge()
        battle.restart()
    battle.judge()
