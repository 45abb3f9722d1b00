"""What hosts still let one ask for, kept beyond the process that they said it to.

A key itself is never here, only a digest that tells it from others.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime

import sqlalchemy as sa

from syncd.paths import DataFolder
from syncd.sources.pace import Budget
from syncd.state import tables as db
from syncd.state.store import Store, upsert


def known(data: DataFolder, now: datetime) -> list[Budget]:
    """Return the budgets that have not begun anew since, by host; none where there is no database yet."""
    if not (data.database or data.state.exists()):
        return []
    with closing(Store.of(data)) as store, store.reading() as connection:
        rows = connection.execute(sa.select(db.budget).order_by(db.budget.c.host, db.budget.c.key)).all()
    budgets = (
        Budget(row.host, row.remaining, row.most, row.until and datetime.fromisoformat(row.until), row.key)
        for row in rows
    )
    return [budget for budget in budgets if budget.is_current(now)]


def keep(budgets: Sequence[Budget], data: DataFolder, now: datetime) -> None:
    """Keep what hosts said last."""
    rows = [
        {
            "host": budget.host,
            "key": budget.key,
            "remaining": budget.left,
            "most": budget.limit,
            "until": budget.until and budget.until.isoformat(timespec="seconds"),
            "said": now.isoformat(timespec="seconds"),
        }
        for budget in budgets
    ]
    with closing(Store.of(data)) as store, store.writing() as connection:
        upsert(connection, db.budget, rows)
