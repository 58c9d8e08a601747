"""kill -9 under load, again and again, now and then while the server is still coming up.

The moment is random. After each kill the oracle compares what was acknowledged with what lies on
disk, before the next start may change it; the generator goes on repeating what nobody answered, as
routers do, so the next server meets everything that the last one left open.
"""

from __future__ import annotations

from tests.chaos.battle import Battle
from tests.chaos.player import pause

CHECK_EACH_N = 10  # rounds between two looks of the database at itself
TOP_UP_EACH_N = 4
IN_RECOVERY = 0.15  # how often the next server is killed as well, while it starts
START_S, FORKED_S = 1.5, 0.3  # about how long that takes


def kill(battle: Battle) -> None:
    """Kill the server in every round."""
    battle.begin()
    for _ in range(battle.rounds_n):
        battle.outcome.rounds += 1
        if battle.outcome.rounds % TOP_UP_EACH_N == 0:
            battle.top_up()
        battle.load(50, 500)
        battle.site.kill()
        battle.judge(check=battle.outcome.rounds % CHECK_EACH_N == 0)
        while battle.chance.random() < IN_RECOVERY:
            forked = battle.site.nursery is not None and battle.chance.random() < 0.7
            battle.site.spawn(forked=forked)
            pause(battle.chance.uniform(0.0, FORKED_S if forked else START_S))
            battle.site.kill()
            battle.outcome.remarks["killed while starting"] = (
                battle.outcome.remarks.get("killed while starting", 0) + 1
            )
        battle.restart()
