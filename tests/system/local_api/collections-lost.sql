INSERT INTO "collection" VALUES(1,'Profiles','J6PFIQ2U');
INSERT INTO "index_collection" VALUES(1,'J6PFIQ2U',1,'Profiles',NULL,0);
INSERT INTO "journal" VALUES(1,1,'2026-06-02T12:00:00Z-8e4d6fbf','[{"what": "collection", "sent": {"key": "6FBTKATP", "version": 0, "name": "Ann Lee", "parentCollection": "J6PFIQ2U"}, "item": "", "paper": "Profiles/Ann Lee", "base": null, "note": null, "after": 1}]','');
INSERT INTO "library" VALUES(1,'http://127.0.0.1:23119#a-zotero','users/0',0);
INSERT INTO "run" VALUES('2026-06-02T12:00:00Z-8e4d6fbf',1,'push','2026-06-02T12:00:00+00:00','2026-06-02T12:00:11+00:00','{"create": 0, "update": 0, "adopt": 0, "unchanged": 0, "skip": 0, "review": 0, "failed": 0}','library ''main'': the connection to 127.0.0.1 broke: Server disconnected without sending a response.','["ann"]');
INSERT INTO "trouble" VALUES(1,'ann','2026-06-02T12:00:11+00:00','2026-06-02T12:00:11+00:00',1,'library ''main'': the connection to 127.0.0.1 broke: Server disconnected without sending a response.','What was written before is recorded; the next run goes on from there.');
