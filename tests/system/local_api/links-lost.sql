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
INSERT INTO "action" VALUES('2026-06-02T12:00:00Z-8e4d6fc1',0,'create','PXXKT37K','Alpha','new in source','{}','["PXXKT37K", "CKHXSNPM"]','2026-06-02T12:00:00.000000+00:00');
INSERT INTO "action" VALUES('2026-06-02T12:00:00Z-8e4d6fc1',1,'create','NXLVCMDA','Beta','new in source','{}','["NXLVCMDA", "V6NC59GJ"]','2026-06-02T12:00:00.000000+00:00');
INSERT INTO "action" VALUES('2026-06-02T12:00:00Z-8e4d6fc1',2,'create','YAZBQKGV','Gamma','new in source','{}','["YAZBQKGV", "6T2WJNL4"]','2026-06-02T12:00:00.000000+00:00');
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
INSERT INTO "claim" VALUES(1,'HMIZ3SNW','PXXKT37K');
INSERT INTO "claim" VALUES(1,'SVINEW9L','NXLVCMDA');
INSERT INTO "claim" VALUES(1,'UJB5RD8J','YAZBQKGV');
CREATE TABLE collection (
	library INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	"key" VARCHAR(8) NOT NULL, 
	PRIMARY KEY (library, path), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
INSERT INTO "collection" VALUES(1,'Profiles','6J7U9475');
INSERT INTO "collection" VALUES(1,'Profiles/Ann Lee','UIDSLEWQ');
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
INSERT INTO "index_collection" VALUES(1,'6J7U9475',1,'Profiles',NULL,0);
INSERT INTO "index_collection" VALUES(1,'UIDSLEWQ',2,'Ann Lee','6J7U9475',0);
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
INSERT INTO "index_item" VALUES(1,'PXXKT37K',3,'preprint',NULL,0,'alpha','lee',2023,NULL,NULL,'{"key": "PXXKT37K", "version": 3, "itemType": "preprint", "title": "Alpha", "creators": [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}, {"creatorType": "author", "firstName": "Bo", "lastName": "Chen"}], "abstractNote": "We present Alpha. Code is at https://github.com/ann/alpha.", "genre": "", "repository": "", "archiveID": "", "place": "", "date": "2023-04-25", "series": "", "seriesNumber": "", "DOI": "", "citationKey": "", "url": "", "accessDate": "", "archive": "", "archiveLocation": "", "shortTitle": "", "language": "", "libraryCatalog": "", "callNumber": "", "rights": "", "extra": "", "tags": [{"tag": "code", "type": 1}, {"tag": "cs.CL", "type": 1}, {"tag": "microsoft-research", "type": 1}], "collections": ["UIDSLEWQ"], "relations": {}, "dateAdded": "2026-06-02T12:00:00Z", "dateModified": "2026-06-02T12:00:00Z"}');
INSERT INTO "index_item" VALUES(1,'NXLVCMDA',4,'preprint',NULL,0,'beta','lee',2023,NULL,NULL,'{"key": "NXLVCMDA", "version": 4, "itemType": "preprint", "title": "Beta", "creators": [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}, {"creatorType": "author", "firstName": "Bo", "lastName": "Chen"}], "abstractNote": "We present Beta. Code is at https://github.com/ann/beta.", "genre": "", "repository": "", "archiveID": "", "place": "", "date": "2023-04-25", "series": "", "seriesNumber": "", "DOI": "", "citationKey": "", "url": "", "accessDate": "", "archive": "", "archiveLocation": "", "shortTitle": "", "language": "", "libraryCatalog": "", "callNumber": "", "rights": "", "extra": "", "tags": [{"tag": "code", "type": 1}, {"tag": "cs.CL", "type": 1}, {"tag": "microsoft-research", "type": 1}], "collections": ["UIDSLEWQ"], "relations": {}, "dateAdded": "2026-06-02T12:00:00Z", "dateModified": "2026-06-02T12:00:00Z"}');
INSERT INTO "index_item" VALUES(1,'YAZBQKGV',5,'preprint',NULL,0,'gamma','lee',2023,NULL,NULL,'{"key": "YAZBQKGV", "version": 5, "itemType": "preprint", "title": "Gamma", "creators": [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}, {"creatorType": "author", "firstName": "Bo", "lastName": "Chen"}], "abstractNote": "We present Gamma. Code is at https://github.com/ann/gamma.", "genre": "", "repository": "", "archiveID": "", "place": "", "date": "2023-04-25", "series": "", "seriesNumber": "", "DOI": "", "citationKey": "", "url": "", "accessDate": "", "archive": "", "archiveLocation": "", "shortTitle": "", "language": "", "libraryCatalog": "", "callNumber": "", "rights": "", "extra": "", "tags": [{"tag": "code", "type": 1}, {"tag": "cs.CL", "type": 1}, {"tag": "microsoft-research", "type": 1}], "collections": ["UIDSLEWQ"], "relations": {}, "dateAdded": "2026-06-02T12:00:00Z", "dateModified": "2026-06-02T12:00:00Z"}');
CREATE TABLE journal (
	id INTEGER NOT NULL, 
	library INTEGER NOT NULL, 
	run TEXT NOT NULL, 
	chunk TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
INSERT INTO "journal" VALUES(1,1,'2026-06-02T12:00:00Z-8e4d6fc1','[{"what": "child", "sent": {"key": "CKHXSNPM", "version": 0, "itemType": "attachment", "linkMode": "linked_url", "parentItem": "PXXKT37K", "title": "Code: ann/alpha", "url": "https://github.com/ann/alpha"}, "item": "PXXKT37K", "paper": "HMIZ3SNW", "base": null, "note": null, "after": 5}, {"what": "child", "sent": {"key": "V6NC59GJ", "version": 0, "itemType": "attachment", "linkMode": "linked_url", "parentItem": "NXLVCMDA", "title": "Code: ann/beta", "url": "https://github.com/ann/beta"}, "item": "NXLVCMDA", "paper": "SVINEW9L", "base": null, "note": null, "after": 5}, {"what": "child", "sent": {"key": "6T2WJNL4", "version": 0, "itemType": "attachment", "linkMode": "linked_url", "parentItem": "YAZBQKGV", "title": "Code: ann/gamma", "url": "https://github.com/ann/gamma"}, "item": "YAZBQKGV", "paper": "UJB5RD8J", "base": null, "note": null, "after": 5}]');
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
INSERT INTO "run" VALUES('2026-06-02T12:00:00Z-8e4d6fc1',1,'push','2026-06-02T12:00:00+00:00','2026-06-02T12:00:11+00:00','{"create": 3, "update": 0, "adopt": 0, "unchanged": 0, "skip": 0, "review": 0, "failed": 0}','library ''main'': the connection to 127.0.0.1 broke: Server disconnected without sending a response.','["ann"]');
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
INSERT INTO "written" VALUES(1,'PXXKT37K','{"item_type": "preprint", "fields": {"title": "Alpha", "abstractNote": "We present Alpha. Code is at https://github.com/ann/alpha.", "date": "2023-04-25", "DOI": "", "url": "", "extra": "", "repository": "", "archiveID": "", "libraryCatalog": ""}, "creators": [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}, {"creatorType": "author", "firstName": "Bo", "lastName": "Chen"}], "tags": ["cs.CL", "microsoft-research", "code"], "collections": ["UIDSLEWQ"], "links": [], "adopted": false, "source": "ann", "sources": ["ann"]}',3,'2026-06-02T12:00:00Z-8e4d6fc1');
INSERT INTO "written" VALUES(1,'NXLVCMDA','{"item_type": "preprint", "fields": {"title": "Beta", "abstractNote": "We present Beta. Code is at https://github.com/ann/beta.", "date": "2023-04-25", "DOI": "", "url": "", "extra": "", "repository": "", "archiveID": "", "libraryCatalog": ""}, "creators": [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}, {"creatorType": "author", "firstName": "Bo", "lastName": "Chen"}], "tags": ["cs.CL", "microsoft-research", "code"], "collections": ["UIDSLEWQ"], "links": [], "adopted": false, "source": "ann", "sources": ["ann"]}',4,'2026-06-02T12:00:00Z-8e4d6fc1');
INSERT INTO "written" VALUES(1,'YAZBQKGV','{"item_type": "preprint", "fields": {"title": "Gamma", "abstractNote": "We present Gamma. Code is at https://github.com/ann/gamma.", "date": "2023-04-25", "DOI": "", "url": "", "extra": "", "repository": "", "archiveID": "", "libraryCatalog": ""}, "creators": [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}, {"creatorType": "author", "firstName": "Bo", "lastName": "Chen"}], "tags": ["cs.CL", "microsoft-research", "code"], "collections": ["UIDSLEWQ"], "links": [], "adopted": false, "source": "ann", "sources": ["ann"]}',5,'2026-06-02T12:00:00Z-8e4d6fc1');
CREATE INDEX run_of_library ON run (library, started);
CREATE INDEX action_recorded ON action (recorded);
COMMIT;
