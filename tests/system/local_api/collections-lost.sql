BEGIN TRANSACTION;
CREATE TABLE action (
	run TEXT NOT NULL, 
	place INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	"key" VARCHAR(8), 
	title TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	changes TEXT DEFAULT '{}' NOT NULL, 
	created TEXT DEFAULT '[]' NOT NULL, recorded TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (run, place), 
	FOREIGN KEY(run) REFERENCES run (id) ON DELETE CASCADE
);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE claim (
	library INTEGER NOT NULL, 
	paper VARCHAR(8) NOT NULL, 
	"key" VARCHAR(8) NOT NULL, 
	PRIMARY KEY (library, paper), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
CREATE TABLE collection (
	library INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	"key" VARCHAR(8) NOT NULL, 
	PRIMARY KEY (library, path), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
INSERT INTO "collection" VALUES(1,'Profiles','J6PFIQ2U');
CREATE TABLE decision (
	library INTEGER NOT NULL, 
	paper VARCHAR(8) NOT NULL, 
	"key" VARCHAR(8) NOT NULL, 
	verdict TEXT NOT NULL, 
	PRIMARY KEY (library, paper, "key"), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
CREATE TABLE fact (
	library INTEGER NOT NULL, 
	"key" VARCHAR(8) NOT NULL, 
	profile TEXT NOT NULL, 
	since TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	PRIMARY KEY (library, "key", profile), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
CREATE TABLE figure (
	library INTEGER NOT NULL, 
	profile TEXT NOT NULL, 
	day TEXT NOT NULL, 
	h_index INTEGER, 
	citations INTEGER, 
	novelty INTEGER, 
	ai_score INTEGER, 
	papers INTEGER, 
	PRIMARY KEY (library, profile, day), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
CREATE TABLE index_collection (
	library INTEGER NOT NULL, 
	"key" VARCHAR(8) NOT NULL, 
	version INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	parent VARCHAR(8), 
	trashed BOOLEAN NOT NULL, 
	PRIMARY KEY (library, "key"), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
INSERT INTO "index_collection" VALUES(1,'J6PFIQ2U',1,'Profiles',NULL,0);
CREATE TABLE index_deletion (
	library INTEGER NOT NULL, 
	"key" VARCHAR(8) NOT NULL, 
	kind TEXT NOT NULL, 
	PRIMARY KEY (library, "key"), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
CREATE TABLE index_item (
	library INTEGER NOT NULL, 
	"key" VARCHAR(8) NOT NULL, 
	version INTEGER NOT NULL, 
	item_type TEXT NOT NULL, 
	parent VARCHAR(8), 
	trashed BOOLEAN NOT NULL, 
	folded_title TEXT NOT NULL, 
	folded_surname TEXT NOT NULL, 
	year INTEGER, 
	doi TEXT, 
	arxiv TEXT, 
	data TEXT NOT NULL, 
	PRIMARY KEY (library, "key"), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
CREATE TABLE journal (
	id INTEGER NOT NULL, 
	library INTEGER NOT NULL, 
	run TEXT NOT NULL, 
	chunk TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
INSERT INTO "journal" VALUES(1,1,'2026-06-02T12:00:00Z-8e4d6fbf','[{"what": "collection", "sent": {"key": "6FBTKATP", "version": 0, "name": "Ann Lee", "parentCollection": "J6PFIQ2U"}, "item": "", "paper": "Profiles/Ann Lee", "base": null, "note": null, "after": 1}]');
CREATE TABLE library (
	id INTEGER NOT NULL, 
	place TEXT NOT NULL, 
	prefix TEXT NOT NULL, 
	version INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (place, prefix)
);
INSERT INTO "library" VALUES(1,'http://127.0.0.1:23119/api#a-zotero','users/0',0);
CREATE TABLE mark (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE pause (
	name TEXT NOT NULL, 
	since TEXT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE profile (
	library INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	author TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	papers INTEGER NOT NULL, 
	collection TEXT NOT NULL, 
	paused TEXT DEFAULT '' NOT NULL, 
	run TEXT NOT NULL, pushed TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (library, name), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
CREATE TABLE refusal (
	library INTEGER NOT NULL, 
	paper VARCHAR(8) NOT NULL, 
	digest TEXT NOT NULL, 
	message TEXT NOT NULL, 
	PRIMARY KEY (library, paper), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
CREATE TABLE run (
	id TEXT NOT NULL, 
	library INTEGER NOT NULL, 
	kind TEXT DEFAULT 'push' NOT NULL, 
	started TEXT NOT NULL, 
	finished TEXT, 
	counts TEXT DEFAULT '{}' NOT NULL, 
	error TEXT, profiles TEXT DEFAULT '[]' NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
INSERT INTO "run" VALUES('2026-06-02T12:00:00Z-8e4d6fbf',1,'push','2026-06-02T12:00:00+00:00','2026-06-02T12:00:11+00:00','{"create": 0, "update": 0, "adopt": 0, "unchanged": 0, "skip": 0, "review": 0, "failed": 0}','library ''main'': the connection to 127.0.0.1 broke: Server disconnected without sending a response.','["ann"]');
CREATE TABLE standing (
	library INTEGER NOT NULL, 
	paper VARCHAR(8) NOT NULL, 
	cause TEXT NOT NULL, 
	"key" VARCHAR(8), 
	title TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	comparison TEXT DEFAULT '[{}, []]' NOT NULL, 
	PRIMARY KEY (library, paper, cause), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
CREATE TABLE tombstone (
	library INTEGER NOT NULL, 
	"key" VARCHAR(8) NOT NULL, 
	since TEXT NOT NULL, 
	PRIMARY KEY (library, "key"), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
CREATE TABLE trouble (
	library INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	since TEXT NOT NULL, 
	last TEXT NOT NULL, 
	times INTEGER NOT NULL, 
	message TEXT NOT NULL, 
	hint TEXT NOT NULL, 
	PRIMARY KEY (library, name), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
INSERT INTO "trouble" VALUES(1,'ann','2026-06-02T12:00:11+00:00','2026-06-02T12:00:11+00:00',1,'library ''main'': the connection to 127.0.0.1 broke: Server disconnected without sending a response.','What was written before is recorded; the next run goes on from there.');
CREATE TABLE written (
	library INTEGER NOT NULL, 
	"key" VARCHAR(8) NOT NULL, 
	base TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	run TEXT NOT NULL, 
	PRIMARY KEY (library, "key"), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
CREATE INDEX run_of_library ON run (library, started);
CREATE INDEX action_recorded ON action (recorded);
COMMIT;
