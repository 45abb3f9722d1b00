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
INSERT INTO "action" VALUES('2026-06-02T12:00:00Z-8e4d6fc2',0,'create','IWMXHG93','Alpha','new in source','{}','["IWMXHG93", "IL68T6XT"]','2026-06-02T12:00:00.000000+00:00');
INSERT INTO "action" VALUES('2026-06-02T12:00:00Z-8e4d6fc2',1,'create','2VTFUW9C','Beta','new in source','{}','["2VTFUW9C", "WD4AM87E"]','2026-06-02T12:00:00.000000+00:00');
INSERT INTO "action" VALUES('2026-06-02T12:00:00Z-8e4d6fc2',2,'create','PKXGSNZZ','Gamma','new in source','{}','["PKXGSNZZ", "ZIZ25SGI"]','2026-06-02T12:00:00.000000+00:00');
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
INSERT INTO "claim" VALUES(1,'HMIZ3SNW','IWMXHG93');
INSERT INTO "claim" VALUES(1,'SVINEW9L','2VTFUW9C');
INSERT INTO "claim" VALUES(1,'UJB5RD8J','PKXGSNZZ');
CREATE TABLE collection (
	library INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	"key" VARCHAR(8) NOT NULL, 
	PRIMARY KEY (library, path), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
INSERT INTO "collection" VALUES(1,'Profiles','TPRVZUCS');
INSERT INTO "collection" VALUES(1,'Profiles/Ann Lee','ITPHXFBK');
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
INSERT INTO "fact" VALUES(1,'IWMXHG93','ann','2026-06-02T12:00:00+00:00','{"score": null, "affiliations": ["microsoft-research"], "links": {"https://github.com/ann/alpha": "code"}}');
INSERT INTO "fact" VALUES(1,'2VTFUW9C','ann','2026-06-02T12:00:00+00:00','{"score": null, "affiliations": ["microsoft-research"], "links": {"https://github.com/ann/beta": "code"}}');
INSERT INTO "fact" VALUES(1,'PKXGSNZZ','ann','2026-06-02T12:00:00+00:00','{"score": null, "affiliations": ["microsoft-research"], "links": {"https://github.com/ann/gamma": "code"}}');
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
INSERT INTO "figure" VALUES(1,'ann','2026-06-02',7,1234,57,66,3);
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
INSERT INTO "index_collection" VALUES(1,'TPRVZUCS',1,'Profiles',NULL,0);
INSERT INTO "index_collection" VALUES(1,'ITPHXFBK',2,'Ann Lee','TPRVZUCS',0);
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
INSERT INTO "index_item" VALUES(1,'IWMXHG93',3,'preprint',NULL,0,'alpha','lee',2023,NULL,NULL,'{"key": "IWMXHG93", "version": 3, "itemType": "preprint", "title": "Alpha", "creators": [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}, {"creatorType": "author", "firstName": "Bo", "lastName": "Chen"}], "abstractNote": "We present Alpha. Code is at https://github.com/ann/alpha.", "genre": "", "repository": "", "archiveID": "", "place": "", "date": "2023-04-25", "series": "", "seriesNumber": "", "DOI": "", "citationKey": "", "url": "", "accessDate": "", "archive": "", "archiveLocation": "", "shortTitle": "", "language": "", "libraryCatalog": "", "callNumber": "", "rights": "", "extra": "", "tags": [{"tag": "code", "type": 1}, {"tag": "cs.CL", "type": 1}, {"tag": "microsoft-research", "type": 1}], "collections": ["ITPHXFBK"], "relations": {}, "dateAdded": "2026-06-02T12:00:00Z", "dateModified": "2026-06-02T12:00:00Z"}');
INSERT INTO "index_item" VALUES(1,'2VTFUW9C',4,'preprint',NULL,0,'beta','lee',2023,NULL,NULL,'{"key": "2VTFUW9C", "version": 4, "itemType": "preprint", "title": "Beta", "creators": [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}, {"creatorType": "author", "firstName": "Bo", "lastName": "Chen"}], "abstractNote": "We present Beta. Code is at https://github.com/ann/beta.", "genre": "", "repository": "", "archiveID": "", "place": "", "date": "2023-04-25", "series": "", "seriesNumber": "", "DOI": "", "citationKey": "", "url": "", "accessDate": "", "archive": "", "archiveLocation": "", "shortTitle": "", "language": "", "libraryCatalog": "", "callNumber": "", "rights": "", "extra": "", "tags": [{"tag": "code", "type": 1}, {"tag": "cs.CL", "type": 1}, {"tag": "microsoft-research", "type": 1}], "collections": ["ITPHXFBK"], "relations": {}, "dateAdded": "2026-06-02T12:00:00Z", "dateModified": "2026-06-02T12:00:00Z"}');
INSERT INTO "index_item" VALUES(1,'PKXGSNZZ',5,'preprint',NULL,0,'gamma','lee',2023,NULL,NULL,'{"key": "PKXGSNZZ", "version": 5, "itemType": "preprint", "title": "Gamma", "creators": [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}, {"creatorType": "author", "firstName": "Bo", "lastName": "Chen"}], "abstractNote": "We present Gamma. Code is at https://github.com/ann/gamma.", "genre": "", "repository": "", "archiveID": "", "place": "", "date": "2023-04-25", "series": "", "seriesNumber": "", "DOI": "", "citationKey": "", "url": "", "accessDate": "", "archive": "", "archiveLocation": "", "shortTitle": "", "language": "", "libraryCatalog": "", "callNumber": "", "rights": "", "extra": "", "tags": [{"tag": "code", "type": 1}, {"tag": "cs.CL", "type": 1}, {"tag": "microsoft-research", "type": 1}], "collections": ["ITPHXFBK"], "relations": {}, "dateAdded": "2026-06-02T12:00:00Z", "dateModified": "2026-06-02T12:00:00Z"}');
INSERT INTO "index_item" VALUES(1,'IL68T6XT',6,'attachment','IWMXHG93',0,'codeannalpha','',NULL,NULL,NULL,'{"key": "IL68T6XT", "version": 6, "parentItem": "IWMXHG93", "itemType": "attachment", "linkMode": "linked_url", "title": "Code: ann/alpha", "accessDate": "", "url": "https://github.com/ann/alpha", "note": "", "contentType": "", "charset": "", "tags": [], "relations": {}, "dateAdded": "2026-06-02T12:00:00Z", "dateModified": "2026-06-02T12:00:00Z"}');
INSERT INTO "index_item" VALUES(1,'WD4AM87E',7,'attachment','2VTFUW9C',0,'codeannbeta','',NULL,NULL,NULL,'{"key": "WD4AM87E", "version": 7, "parentItem": "2VTFUW9C", "itemType": "attachment", "linkMode": "linked_url", "title": "Code: ann/beta", "accessDate": "", "url": "https://github.com/ann/beta", "note": "", "contentType": "", "charset": "", "tags": [], "relations": {}, "dateAdded": "2026-06-02T12:00:00Z", "dateModified": "2026-06-02T12:00:00Z"}');
INSERT INTO "index_item" VALUES(1,'ZIZ25SGI',8,'attachment','PKXGSNZZ',0,'codeanngamma','',NULL,NULL,NULL,'{"key": "ZIZ25SGI", "version": 8, "parentItem": "PKXGSNZZ", "itemType": "attachment", "linkMode": "linked_url", "title": "Code: ann/gamma", "accessDate": "", "url": "https://github.com/ann/gamma", "note": "", "contentType": "", "charset": "", "tags": [], "relations": {}, "dateAdded": "2026-06-02T12:00:00Z", "dateModified": "2026-06-02T12:00:00Z"}');
CREATE TABLE journal (
	id INTEGER NOT NULL, 
	library INTEGER NOT NULL, 
	run TEXT NOT NULL, 
	chunk TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
INSERT INTO "journal" VALUES(1,1,'2026-06-04T12:00:00Z-8e4d6fc3','[{"what": "item", "sent": {"key": "IWMXHG93", "version": 3, "abstractNote": "Alpha is told anew. Code is at https://github.com/ann/alpha."}, "item": "IWMXHG93", "paper": "HMIZ3SNW", "base": {"item_type": "preprint", "fields": {"title": "Alpha", "abstractNote": "Alpha is told anew. Code is at https://github.com/ann/alpha.", "date": "2023-04-25", "DOI": "", "url": "", "extra": "", "repository": "", "archiveID": "", "libraryCatalog": ""}, "creators": [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}, {"creatorType": "author", "firstName": "Bo", "lastName": "Chen"}], "tags": ["cs.CL", "microsoft-research", "code"], "collections": ["ITPHXFBK"], "links": ["https://github.com/ann/alpha"], "adopted": false, "source": "ann", "sources": ["ann"]}, "note": ["update", "Alpha", "syncd pushed it", {"abstractNote": ["We present Alpha. Code is at https://github.com/ann/alpha.", "Alpha is told anew. Code is at https://github.com/ann/alpha."]}, []], "after": 8}]');
CREATE TABLE library (
	id INTEGER NOT NULL, 
	place TEXT NOT NULL, 
	prefix TEXT NOT NULL, 
	version INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (place, prefix)
);
INSERT INTO "library" VALUES(1,'http://127.0.0.1:23119/api#a-zotero','users/0',8);
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
INSERT INTO "profile" VALUES(1,'ann','Ann Lee','/home/ann/page.txt','c14c66d1c8eec2cca1cc2748b340c0471a3da994973bc04274ad9932e779cfde',3,'Profiles/Ann Lee','','2026-06-02T12:00:00Z-8e4d6fc2','2026-06-02T12:00:00+00:00');
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
INSERT INTO "run" VALUES('2026-06-02T12:00:00Z-8e4d6fc2',1,'push','2026-06-02T12:00:00+00:00','2026-06-02T12:00:00+00:00','{"create": 3, "update": 0, "adopt": 0, "unchanged": 0, "skip": 0, "review": 0, "failed": 0}',NULL,'["ann"]');
INSERT INTO "run" VALUES('2026-06-04T12:00:00Z-8e4d6fc3',1,'push','2026-06-04T12:00:00+00:00','2026-06-04T12:00:11+00:00','{"create": 0, "update": 0, "adopt": 0, "unchanged": 2, "skip": 0, "review": 0, "failed": 0}','library ''main'': the connection to 127.0.0.1 broke: Server disconnected without sending a response.','["ann"]');
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
INSERT INTO "trouble" VALUES(1,'ann','2026-06-04T12:00:11+00:00','2026-06-04T12:00:11+00:00',1,'library ''main'': the connection to 127.0.0.1 broke: Server disconnected without sending a response.','Nothing was written.');
CREATE TABLE written (
	library INTEGER NOT NULL, 
	"key" VARCHAR(8) NOT NULL, 
	base TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	run TEXT NOT NULL, 
	PRIMARY KEY (library, "key"), 
	FOREIGN KEY(library) REFERENCES library (id) ON DELETE CASCADE
);
INSERT INTO "written" VALUES(1,'IWMXHG93','{"item_type": "preprint", "fields": {"title": "Alpha", "abstractNote": "We present Alpha. Code is at https://github.com/ann/alpha.", "date": "2023-04-25", "DOI": "", "url": "", "extra": "", "repository": "", "archiveID": "", "libraryCatalog": ""}, "creators": [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}, {"creatorType": "author", "firstName": "Bo", "lastName": "Chen"}], "tags": ["cs.CL", "microsoft-research", "code"], "collections": ["ITPHXFBK"], "links": ["https://github.com/ann/alpha"], "adopted": false, "source": "ann", "sources": ["ann"]}',3,'2026-06-02T12:00:00Z-8e4d6fc2');
INSERT INTO "written" VALUES(1,'2VTFUW9C','{"item_type": "preprint", "fields": {"title": "Beta", "abstractNote": "We present Beta. Code is at https://github.com/ann/beta.", "date": "2023-04-25", "DOI": "", "url": "", "extra": "", "repository": "", "archiveID": "", "libraryCatalog": ""}, "creators": [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}, {"creatorType": "author", "firstName": "Bo", "lastName": "Chen"}], "tags": ["cs.CL", "microsoft-research", "code"], "collections": ["ITPHXFBK"], "links": ["https://github.com/ann/beta"], "adopted": false, "source": "ann", "sources": ["ann"]}',4,'2026-06-02T12:00:00Z-8e4d6fc2');
INSERT INTO "written" VALUES(1,'PKXGSNZZ','{"item_type": "preprint", "fields": {"title": "Gamma", "abstractNote": "We present Gamma. Code is at https://github.com/ann/gamma.", "date": "2023-04-25", "DOI": "", "url": "", "extra": "", "repository": "", "archiveID": "", "libraryCatalog": ""}, "creators": [{"creatorType": "author", "firstName": "Ann", "lastName": "Lee"}, {"creatorType": "author", "firstName": "Bo", "lastName": "Chen"}], "tags": ["cs.CL", "microsoft-research", "code"], "collections": ["ITPHXFBK"], "links": ["https://github.com/ann/gamma"], "adopted": false, "source": "ann", "sources": ["ann"]}',5,'2026-06-02T12:00:00Z-8e4d6fc2');
CREATE INDEX run_of_library ON run (library, started);
CREATE INDEX action_recorded ON action (recorded);
COMMIT;
