"""Which Zoteros on this computer may ask the daemon: for each, where the key of its pairing is kept.

The key itself lies where `syncd login` put it, and is never copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing

import sqlalchemy as sa

from syncd.config.secrets import SecretRef
from syncd.errors import ConfigError
from syncd.handshake import is_key
from syncd.paths import DataFolder
from syncd.state import tables as db
from syncd.state.store import Store, upsert

# Marks of this name, with the library's behind it, hold a reference to a key.
MARK = "pairing "
# Marks of an older syncd, with hashes of tokens that it told to whoever listened.
OLD = "control token "


def remember(data: DataFolder, library: str, reference: SecretRef) -> None:
    """Let the Zotero of a library ask the daemon from now on.

    Args:
        data: syncd's data folder.
        library: the library's name in the configuration.
        reference: where the key is.

    Raises:
        StateError: syncd's own database can't be used.
    """
    mark = db.mark.c.name
    value = reference.model_dump_json(exclude_none=True)
    with closing(Store.of(data)) as store, store.writing() as connection:
        connection.execute(sa.delete(db.mark).where(mark.startswith(OLD, autoescape=True)))
        upsert(connection, db.mark, [{"name": MARK + library, "value": value}])


def remembered(data: DataFolder) -> dict[str, SecretRef]:
    """Return where the keys are, by the names of their libraries.

    Raises:
        StateError: syncd's own database can't be used.
    """
    mark = db.mark.c
    with closing(Store.of(data)) as store, store.reading() as connection:
        query = sa.select(mark.name, mark.value).where(mark.name.startswith(MARK, autoescape=True))
        found = connection.execute(query).all()
    return {name.removeprefix(MARK): SecretRef.model_validate_json(value) for name, value in found}


def keys(references: Mapping[str, SecretRef], env: Mapping[str, str]) -> Iterable[str]:
    """Yield the keys that are there; one that was taken away gives no right any more.

    Args:
        references: as `remembered` gives them.
        env: the environment to look into.
    """
    for library, reference in references.items():
        try:
            key = reference.resolve(env, user=library)
        except ConfigError:
            continue
        if is_key(key):
            yield key
