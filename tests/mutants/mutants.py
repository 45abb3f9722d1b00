"""Faults planted by hand where a mistake would break a promise: each replaces one piece of the code.

A unit test holds every piece to the code as it is, so that the list can't grow stale; `make mutants` plants each
fault and says whether the suite catches it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted fault.

    Attributes:
        what: the fault, in words.
        file: under `src/syncd/`.
        before: the piece of code that is replaced; stands there once.
        after: what stands there instead.
    """

    what: str
    file: str
    before: str
    after: str


MUTANTS = (
    # Recognising
    Mutant("years far apart are one paper", "sync/match.py", "abs(paper.year - item.year) <= 1", "abs(paper.year - item.year) <= 9"),
    Mutant("contradicting identifiers are ignored", "sync/match.py", "item.key not in taken | others and not contradictions(paper, item)", "item.key not in taken | others"),
    Mutant("the first author is ignored", "sync/match.py", "return fold_name(paper.surname) == item.folded_surname", "return True"),
    Mutant("an arXiv id in extra is not seen", "sync/library.py", "        extra_arxiv,\n", ""),
    Mutant("merges are not followed", "sync/library.py", 'if "dc:replaces" not in item.raw:', "if True:"),
    Mutant("attachments are taken for papers", "sync/library.py", "if not item.parent and item.item_type not in NO_PAPER", "if not item.parent"),
    Mutant("namesakes share a key", "sync/paper_keys.py", "        if True in distinct:\n            return Fit.OTHER\n", ""),
    Mutant("what one profile lists apart shares a key", "sync/paper_keys.py", "if any(name == profile and not one_paper(paper, record) for (name, *_), record in given.items()):", "if False:"),
    Mutant("a year that was edited makes another paper", "sync/paper_keys.py", "return Fit.OTHER if self._is_crowded(profile, paper) else Fit.LIKELY", "return Fit.OTHER"),
    Mutant("a date that the page moves makes another paper", "sync/paper_keys.py", "return (before[0], before) if len(before) == 1 else None", "return None"),
    Mutant("two papers of one name in a profile become one", "sync/paper_keys.py", "        if self._is_crowded(profile, paper):\n            return None\n", ""),
    Mutant("a title and surname that are there are created again", "sync/match.py", "            if not contradictions(paper, item):\n                yield item\n", "            pass\n"),
    Mutant("the order of words makes another title", "sync/match.py", "((folded[:MOST_LETTERS], view.titles), (words, view.words))", "((folded[:MOST_LETTERS], view.titles),)"),
    Mutant("an abstract that is there is not looked at", "sync/match.py", "if len(paper.abstract) >= MIN_ABSTRACT:\n        same", "if False:\n        same"),
    Mutant("known items are matched to other papers", "sync/recognise.py", "paper, excluded = entry.first.paper, self._taken_by(entry) | self._others(entry)", "paper, excluded = entry.first.paper, self._others(entry)"),
    Mutant("what one profile lists keeps others from being asked", "sync/recognise.py", "frozenset().union(*(self._taken[profile] for profile in entry.profiles))", "frozenset().union(*self._taken.values())"),
    Mutant("new papers of one plan are not compared", "sync/recognise.py", "        if len(self._profiles) > 1:\n            views.append(self._placed)\n", ""),
    Mutant("what sources said of an edited or erased paper is forgotten", "sync/recognise.py", "views: list[Searched] = [self._view, self._remembered]", "views: list[Searched] = [self._view]"),
    Mutant("two records overwrite each other in turn", "sync/filing.py", "next((entry for entry in papers if entry.key == base.paper and entry.owner(base)), first)", "first"),
    Mutant("the record that decides changes with what is read", "sync/decide.py", "        return replace(base, source=decides.profile, paper=decides.key)\n", "        return base\n"),
    Mutant("the newer of two items stays", "sync/recognise.py", 'key=lambda item: (str(item.data.get("dateAdded", "")), item.key))', 'key=lambda item: (str(item.data.get("dateAdded", "")), item.key), reverse=True)'),
    Mutant("a second item under another name is not told", "sync/decide.py", "or self._doubled(entry, item)", ""),
    Mutant("what another syncd brought and the user took away comes back", "sync/decide.py", "            base = self._with_what_others_did(entry, item, base)\n", "            pass\n"),
    Mutant("what another syncd has adopted is added to", "sync/decide.py", 'if here or entry.first.adopt == "file" else ()', 'if entry.first.adopt == "file" else ()'),
    Mutant("the user's word waits a day", "sync/decide.py", "return base.adopted and not filed and not told", "return base.adopted and not filed"),
    Mutant("keys under the library's other name are strangers", "zotero/client.py", 'return (prefix, "users/0") if own else (prefix,)', "return (prefix,)"),
    Mutant("a collection under the library's other name is made again", "sync/filing.py", "for name in self._view.names]", "for name in self._view.names[:1]]"),
    # The note of a week
    Mutant("a note that its user changed is written over", "sync/note.py", " or contents(item.data) != known.seen:", ":"),
    Mutant("a note that is there or was erased is made again", "sync/note.py", 'return "leave" if item or was_there else "create"', 'return "create"'),
    Mutant("a quiet push writes the note", "engine/note.py", "        if not came.is_more_than(known.told if known else Came()):\n            return\n", ""),
    Mutant("what a week could not tell stays untold", "engine/note.py", "(week, week.before))", "(week, week))"),
    Mutant("what is refused is asked for at each push", "engine/note.py", "known.refused and not came.is_more_than(known.came)", "False"),
    Mutant("what was adopted is news", "state/papers.py", "parts = [fact.since >= since, made]", "parts = [fact.since >= since]"),
    # Merging
    Mutant("a user's edit is overwritten", "sync/merge.py", "else there != written", "else False"),
    Mutant("software gets authors, which Zotero refuses", "sync/merge.py", "wanted = creators_of(item_type, self.draft.creators)", "wanted = self.draft.creators"),
    Mutant("the old value is kept after a write", "sync/merge.py", "            base[name] = wanted\n", "            base[name] = written\n"),
    Mutant("an emptied field is filled again", "sync/merge.py", "else there != written", "else there not in {written, ''}"),
    Mutant("edited authors are overwritten", "sync/merge.py", "if _plain(there) != _plain(written):", "if False:"),
    Mutant("a removed tag comes back", "sync/merge.py", "added = [tag for tag in wanted if tag not in written]", "added = [tag for tag in wanted if tag not in {e['tag'] for e in self.data['tags']}]"),
    Mutant("tags are compared with order", "sync/merge.py", "        if after != there:\n", "        if after != sorted(there, key=lambda entry: entry['tag'], reverse=True):\n"),
    Mutant("a user's tag of the same name is removed", "sync/merge.py", 'or entry.get("type") != AUTOMATIC]', "]"),
    Mutant("a moved score is written", "sync/merge.py", "wanted = [tag for tag in self.draft.tags if not tag.startswith(SCORE_TAG)]", "wanted = list(self.draft.tags)"),
    Mutant("an item is filed again where it was taken out", "sync/merge.py", "if key not in self.base.collections]", "]"),
    Mutant("extra is replaced whole", "sync/merge.py", '_extra(written, there, wanted) if name == "extra" else wanted', "wanted"),
    Mutant("without memory all is syncd's own", "sync/merge.py", 'if data.get(name, "") == text}', "}"),
    # Deciding
    Mutant("version 0 is sent without a look at the deletion log", "sync/recognise.py", "return key in self._view.items or key in self._view.deleted or key in self._memory.tombstones", "return key in self._view.items"),
    Mutant("a deleted item is created again", "sync/decide.py", "            if key in self._view.deleted or key in self._memory.tombstones:\n", "            if False:\n"),
    Mutant("tombstones are forgotten", "sync/decide.py", "if key in self._view.deleted or key in self._memory.tombstones:", "if key in self._view.deleted:"),
    Mutant("an item in the trash is written to", "sync/decide.py", "        if item.trashed:\n", "        if False:\n"),
    Mutant("a fresh edit is not left alone", "sync/decide.py", "return edited + settle if edited > self._now - settle else None", "return None"),
    Mutant("another syncd's write counts as an edit", "sync/decide.py", "return not all(merge.says(name, item.data, base, made, entry.collections) for name in changes)", "return bool(changes)"),
    Mutant("an edit counts as syncd's own write", "sync/decide.py", "return not all(merge.says(name, item.data, base, made, entry.collections) for name in changes)", "return False"),
    Mutant("a removed link is added again", "sync/decide.py", "if url in base.links or url.casefold() in present or was_made:", "if url.casefold() in present:"),
    Mutant("an inferred year moves on", "sync/decide.py", "            if known[4:] == date[4:]:\n", "            if False:\n"),
    Mutant("what a part lacks is taken for retitled", "sync/recognise.py", "if profile in self._whole and (paper, profile)", "if (paper, profile)"),
    Mutant("a part ends the reviews of what it lacks", "engine/push.py", "for profile in plan.profiles if profile.whole}", "for profile in plan.profiles}"),
    Mutant("a namesake in a part is the paper that is there", "sync/paper_keys.py", "return profile in self._parts or (", "return ("),
    Mutant("one profile takes away the other's tags", "sync/filing.py", "if not set(base.sources) <= whole.union(self.profiles):", "if False:"),
    Mutant("two profiles overwrite each other in turn", "sync/filing.py", "if owner is not None or not base.source or base.source in whole:", "if True:"),
    Mutant("what the server refused is sent in every run", "sync/decide.py", "if not action.writes or refusal is None or refusal.digest != digest(action):", "if True:"),
    Mutant("a corrected title makes a second item", "sync/recognise.py", "return found.pop() if len(found) == 1 else None", "return None"),
    Mutant("a deleted collection is used", "sync/filing.py", "            if collection.trashed:\n", "            if False:\n"),
    Mutant("the parent's trash is not seen", "sync/filing.py", "            step = collection.parent\n", "            step = None\n"),
    Mutant("a lost state refiles what was taken out", "sync/filing.py", "certain=not there or parent not in set(own_keys(self._view.names, path))", "certain=True"),
    # Writing
    Mutant("writes are not guarded by the library's version", "engine/write.py", "write(sent, unmodified_since=self._version)", "write(sent, unmodified_since=None)"),
    Mutant("another writer in between is not noticed", "zotero/client.py", "return version, all((outcome.version or 0) <= version for outcome in outcomes)", "return version, True"),
    Mutant("a refused object is sent in every run", "engine/push.py", "                if failure and not failure.passes:\n", "                if False:\n"),
    Mutant("a fault of the server counts as a refusal", "engine/push.py", "return self.changed or self.transient", "return self.changed"),
    Mutant("what changed meanwhile is given up", "zotero/client.py", "CHANGED = frozenset({404, 409, 412, 428})", "CHANGED = frozenset()"),
    Mutant("tombstones are not kept", "engine/push.py", 'if action.cause == "deleted" and action.key and action.key not in memory.tombstones:', "if False:"),
    Mutant("failures are mapped in order, not by index", "zotero/client.py", "        if place in successful:\n            written = shape(successful[place])\n", "        if successful:\n            written = shape(successful.pop(next(iter(successful))))\n"),
    Mutant("a lost answer counts as done", "engine/recover.py", 'return "written" if key in view.deleted and not entry.there else "never" if entry.there else "open"', 'return "written"'),
    Mutant("the journal is thrown away", "engine/recover.py", '                if fate == "written":\n', "                if False:\n"),
    Mutant("what is not seen at once will never be", "engine/recover.py", '                elif fate == "open":\n', "                elif False:\n"),
    Mutant("what was sent is waited for without end", "engine/recover.py", "return chunk.sent is not None and now - chunk.sent < PATIENCE", "return True"),
    Mutant("a request that was delivered twice is given up", "engine/write.py", "left = [replace(entry, there=True) for entry in chunk]", "left = []"),
    Mutant("an update of unknown outcome counts as done", "engine/recover.py", '    if item.version == entry.sent["version"]:\n        return "open"\n', '    if item.version == entry.sent["version"]:\n        return "written"\n'),
    Mutant("Retry-After is ignored", "zotero/transport.py", "deadline.wait(wait if wait is not None else", "deadline.wait("),
    Mutant("Backoff is ignored", "zotero/transport.py", "if seconds), default=0.0):", "if False), default=0.0):"),
    Mutant("a login page is taken for an answer", "zotero/transport.py", "if response.is_redirect or (response.is_success and response.content and kind != JSON):", "if response.is_redirect:"),
    Mutant("a write of unknown outcome is sent again", "zotero/transport.py", "                if not reading:\n                    raise failure from error\n", ""),
    Mutant("only the first page of changes is read", "state/index.py", "elif page.total <= len(page.objects):", "elif True:"),
    Mutant("an item that changed while the list was fetched stays as it was", "state/index.py", 'if key in read and read[key]["version"] == now:', "if key in read:"),
    Mutant("a library counts as read once it is listed", "state/index.py", "self._set(connection, target=version)", "self._set(connection, version=version)"),
    Mutant("the pages of the plugin that were read are read again", "state/index.py", "self._set(connection, after=page.after)", "pass"),
    Mutant("the deletion log is not read", "state/index.py", "for part in _batches(erased, BATCH):", "for part in _batches((), BATCH):"),
    Mutant("an erased collection stays in its items", "state/index.py", "            self._take_out(connection, key)\n", "            pass\n"),
    Mutant("an older library is not noticed", "state/index.py", "if self._read_since(client, reached, listener) < reached or", "if self._read_since(client, reached, listener) < 0 or"),
    Mutant("a library that was emptied is not noticed where its versions go on", "state/index.py", "return held is not None and held != self._count()", "return False"),
    Mutant("a version is taken as it comes", "zotero/shapes.py", "    if not isinstance(told, int) or isinstance(told, bool) or not 0 <= told <= MOST:\n        raise ShapeError\n", ""),
    # Zotero on the desktop
    Mutant("a refused write is looked up later", "engine/write.py", 'elif error.kind == "transient":', "elif error.kind:"),
    Mutant("another profile of Zotero is pushed to", "engine/run.py", "if not state.has_written() and (papers := state.elsewhere()):", "if False and (papers := state.elsewhere()):"),
    Mutant("a plugin that is installed again is taken for another Zotero", "engine/desktop.py", "if zotero.database == client.zotero.database]", "if not zotero]"),
    Mutant("what is known by way of the local API is forgotten", "engine/desktop.py", "    return best if shared[best] else None\n", "    return None\n"),
    Mutant("what is known of another Zotero is taken over", "engine/desktop.py", "    return best if shared[best] else None\n", "    return best\n"),
    Mutant("of two Zoteros, any one's state is taken over", "engine/desktop.py", "best = max(local, key=lambda zotero: shared[zotero])", "best = local[0]"),
    Mutant("what was erased while nobody counted comes back", "engine/desktop.py", "index.reread(client, erased=True)", "index.reread(client)"),
    Mutant("a write from before the versions were counted anew is forgotten", "engine/desktop.py", "    recover(state, replace(now, items=counted), clock.now() + PATIENCE)\n", ""),
    Mutant("an edit while nobody counted is taken for syncd's own", "engine/desktop.py", "known.version if known and known.mark == _mark(item) else LATER", "known.version if known else LATER"),
    Mutant("all is taken for edited where versions are counted anew", "engine/desktop.py", "known.version if known and known.mark == _mark(item) else LATER", "LATER"),
    Mutant("keys that syncd never learnt stay unknown", "engine/desktop.py", "        _learn_keys(state, had)\n", "        pass\n"),
    Mutant("old versions are believed after a move that broke off", "engine/desktop.py", "    uncounted(store, endpoint, old)\n", ""),
    # Zotero's plugin
    Mutant("what was erased is created again through the plugin", "plugin/source/push.js", "ledger.deleted[kind].has(sent.key)", "sent.key === null"),
    Mutant("a save that failed is forgotten", "plugin/source/push.js", "      throw new SyncdUnsaved(index, error);\n", "      return true;\n"),
    Mutant("what was taken back stays in memory", "plugin/source/push.js", "        await object.reload(null, true);\n", ""),
    Mutant("a write that can't be read back is left out", "plugin/source/push.js", "if (!there.has(key)) {", "if (key === null) {"),
    Mutant("a recorded request is done again", "plugin/source/handshake.js", "if (this._used.has(nonce)) {", "if (nonce === null) {"),
    Mutant("an answer that nobody signed is believed", "zotero/desktop.py", "if answer.status_code == 200 and is_its_own:", "if answer.status_code == 200:"),
    Mutant("a request for another Zotero is done", "plugin/source/endpoint.js", "return meant === server", "return meant"),
    Mutant("Zotero's own deletion log is not read", "plugin/source/changes.js", "(await Zotero.Sync.Data.Local.getDeleted(type, libraryID)) || []", "[]"),
    Mutant("what the user puts back is not told", "plugin/source/changes.js", "    this._own.delete(name);\n", ""),
    Mutant("the page after this one begins anew", "plugin/source/ledger.js", "order(each, last) > 0", "order(each, last) > 1"),
    Mutant("only the first page of a large library is read", "state/index.py", "if page.after is None:", "if True:"),
    # Undo
    Mutant("an undo trashes what the user changed", "engine/undo.py", "elif touched := edits(item, self.view, base, self.record.notes.get(item.key, ())):", "elif touched := ():"),
    Mutant("an earlier undo counts as the user's edit", "engine/undo.py", "            now = now - (before - after) | (after - before)\n", ""),
    Mutant("an undo puts the user's own tags back as well", "engine/undo.py", "        return _without(name, there or [], before, after)", "        return before"),
    Mutant("syncd's own trashing is called the user's", "state/state.py", 'self.add_tombstone(connection, entry.item, now, by="syncd")', "self.add_tombstone(connection, entry.item, now)"),
    Mutant("an undo trashes what its owner took out of a collection", "engine/undo.py", "if there - filed.ever or not all(_is_fresh(key, filed.now, view) for key in missing):", "if there - filed.ever:"),
    # What the user says after the fact
    Mutant("a paper that is back from the trash is restored once more", "engine/amend.py", 'if item := view.living(wanted.key or ""):', 'if (item := view.living(wanted.key or "")) and item.trashed:'),
    Mutant("a paper that another computer restored is restored once more", "engine/amend.py", "if key in view.items and key not in others:", "if False:"),
    # Guards
    Mutant("a shrunken page is believed", "engine/run.py", "if len(i.profile.papers) * 2 < known.get(i.name, 0)]", "if False]"),
    Mutant("a plan does not see what merges led to", "state/excerpt.py", 'self._rows(db.replaced, "old", wanted)', "()"),
    Mutant("a plan does not see titles that are alike", "state/search.py", "            having[word].add(number)\n", ""),
    Mutant("a plan does not see where a paper's link went", "state/excerpt.py", "        self._children(named, own, found)\n", ""),
    Mutant("a plan does not see restored papers", "state/excerpt.py", "        self.items(key for keys in own.values() for key in keys)\n", ""),
    Mutant("an item whose words changed is found by the old ones", "state/search.py", "        self.drop_words(kind, [entry.key for entry in entries])\n", ""),
    Mutant("an emptied library is filled again", "engine/run.py", "    if papers := state.lost():\n", "    if papers := 0:\n"),
    Mutant("any number of papers is created", "engine/run.py", "    if options.max_create is None or creating <= options.max_create:\n", "    if True:\n"),
    # Lists of people, and what is not theirs
    Mutant("a rejected paper is filed all the same", "sync/belongs.py", "return replace(entry, listings=left) if left else None", "return entry"),
    Mutant("another record of what was rejected is offered", "sync/belongs.py", "return any(is_one_paper(listing.paper, said) for said in alike)", "return False"),
    Mutant("the item of what was rejected is filed by another record", "sync/belongs.py", "if key in rejected.items or not", "if not"),
    Mutant("what the user touched is thrown away with a rejection", "engine/reject.py", "return made and not edits(item, view, base, notes)", "return made"),
    Mutant("what is not known to be syncd's is thrown away with a rejection", "engine/reject.py", "return made and not edits(item, view, base, notes)", "return not edits(item, view, base, notes)"),
    Mutant("a rejection throws away what another profile lists", "engine/reject.py", "if not self._others and self._is_untouched(item):", "if self._is_untouched(item):"),
    Mutant("a rejection takes a paper out of another profile's collection", "engine/reject.py", "if own not in before or own in theirs:", "if own not in before:"),
    Mutant("an undone rejection is still heeded", "engine/undo.py", "            state.lift_rejections(connection, self._run.name)\n", ""),
    Mutant("papers of another time are filed", "sync/action.py", "if self.span.holds(paper.date) is not False)", "if True)"),
    Mutant("a paper without a date is filed unasked", "sync/belongs.py", "    if intake.span.holds(paper.date):\n", "    if True:\n"),
)  # fmt: skip
