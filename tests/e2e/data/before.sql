BEGIN TRANSACTION;
CREATE TABLE account_fanscore_table (
    PK TEXT NOT NULL, SK TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (PK, SK)
) WITHOUT ROWID
;
INSERT INTO "account_fanscore_table" VALUES('member:member-bot','score#account','{"PK":"member:member-bot","SK":"score#account","score":45,"modelVersion":"m4","updatedAt":"2026-10-03T08:00:00Z"}');
INSERT INTO "account_fanscore_table" VALUES('member:member-bottom','score#account','{"PK":"member:member-bottom","SK":"score#account","score":9,"rawScore":8,"modelVersion":"m4","updatedAt":"2026-10-05T08:00:00Z"}');
INSERT INTO "account_fanscore_table" VALUES('member:member-only','score#account','{"PK":"member:member-only","SK":"score#account","score":64,"rawScore":61.5,"modelVersion":"m4","updatedAt":"2026-10-01T08:00:00Z"}');
INSERT INTO "account_fanscore_table" VALUES('member:member-risky','score#account','{"PK":"member:member-risky","SK":"score#account","score":58,"rawScore":60,"modelVersion":"m4","updatedAt":"2026-10-02T08:00:00Z"}');
INSERT INTO "account_fanscore_table" VALUES('member:member-top','score#account','{"PK":"member:member-top","SK":"score#account","score":99,"rawScore":98,"modelVersion":"m4","updatedAt":"2026-10-04T08:00:00Z"}');
INSERT INTO "account_fanscore_table" VALUES('member:member123','score#account','{"PK":"member:member123","SK":"score#account","score":87,"rawScore":75,"modelVersion":"m4","updatedAt":"2026-10-01T08:00:00Z"}');
CREATE TABLE dead_letters (
    event_id TEXT NOT NULL, consumer TEXT NOT NULL,
    attempts INTEGER NOT NULL, died_at REAL NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (event_id, consumer)
) WITHOUT ROWID;
CREATE TABLE deliveries (
    event_id TEXT NOT NULL, consumer TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, next_attempt_at REAL NOT NULL, reason TEXT,
    PRIMARY KEY (event_id, consumer)
) WITHOUT ROWID;
INSERT INTO "deliveries" VALUES('f8ae6f15-64d6-5683-9258-bb5e0276e272','notification','DONE',1,1.79588676676192188262e+09,NULL);
INSERT INTO "deliveries" VALUES('f8ae6f15-64d6-5683-9258-bb5e0276e272','profile','DONE',1,1.79588676678194594381e+09,NULL);
INSERT INTO "deliveries" VALUES('f8ae6f15-64d6-5683-9258-bb5e0276e272','sync','PENDING',2,1.7958867118072140217e+09,'Unavailable: sync_endpoint is unavailable: declared out of order');
CREATE TABLE demand_table (
    PK TEXT NOT NULL, SK TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (PK, SK)
) WITHOUT ROWID
;
INSERT INTO "demand_table" VALUES('event:evt456','disco','{"PK":"event:evt456","SK":"disco","discoEventId":"disco456"}');
INSERT INTO "demand_table" VALUES('fan:risky-fan','demand#unmapped%2Devent-sale1','{"PK":"fan:risky-fan","SK":"demand#unmapped%2Devent-sale1","eventId":"unmapped-event","saleId":"sale1","fanId":"risky-fan","requestedAt":"2026-10-21T10:00:00Z","updatedAt":"2026-10-21T10:00:00Z","version":1}');
INSERT INTO "demand_table" VALUES('fan:top-fan','demand#disco456-sale789','{"PK":"fan:top-fan","SK":"demand#disco456-sale789","eventId":"disco456","saleId":"sale789","fanId":"top-fan","requestedAt":"2026-10-20T10:00:00Z","updatedAt":"2026-10-20T10:00:00Z","version":1}');
INSERT INTO "demand_table" VALUES('fan:top-fan','demand#disco456-sale790','{"PK":"fan:top-fan","SK":"demand#disco456-sale790","eventId":"disco456","saleId":"sale790","fanId":"top-fan","requestedAt":"2026-10-20T10:05:00Z","updatedAt":"2026-10-20T10:05:00Z","version":1}');
INSERT INTO "demand_table" VALUES('fan:user123','demand#disco456-sale789','{"PK":"fan:user123","SK":"demand#disco456-sale789","eventId":"disco456","saleId":"sale789","fanId":"user123","requestedAt":"2026-10-20T09:30:00Z","updatedAt":"2026-10-20T09:30:00Z","version":1}');
INSERT INTO "demand_table" VALUES('fan:user123','demand#evt%2D1-sale-a','{"PK":"fan:user123","SK":"demand#evt%2D1-sale-a","eventId":"evt-1","saleId":"sale-a","fanId":"user123","updatedAt":"2026-11-28T17:25:06.720563Z","version":1,"requests":[["r1","34c26f82b3694b7cc46c54cee9ad4b2ebc8ff78971d1569663fcdba9232e3e12"]],"stamps":{"record":["2026-11-28T17:25:06.720563Z","r1"],"attributes.row":["2026-11-28T17:25:06.720563Z","r1"],"attributes.seats":["2026-11-28T17:25:06.720563Z","r1"],"email":["2026-11-28T17:25:06.720563Z","r1"]},"requestedAt":"2026-11-28T17:25:06.720563Z","email":"a@example.com","attributes":{"row":"\"A\"","seats":"2"}}');
INSERT INTO "demand_table" VALUES('fan:user123','demand#evt%2D1-sale-b','{"PK":"fan:user123","SK":"demand#evt%2D1-sale-b","eventId":"evt-1","saleId":"sale-b","fanId":"user123","updatedAt":"2026-11-28T17:25:06.740072Z","version":2,"requests":[["r2","b4971d2ad12167565c6a635f2c12309b05a43b8e77d49b65c604a7f5fad9f6c1"],["r3","ecdcdaba8a3f10a4f4e0493663e6595171241bf4b6408260200904b09fe5792f"]],"stamps":{},"requestedAt":"2026-11-28T17:25:06.732232Z","deletedAt":["2026-11-28T17:25:06.740072Z","r3"],"ttl":1798478706}');
CREATE TABLE fan_identity_table (
    PK TEXT NOT NULL, SK TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (PK, SK)
) WITHOUT ROWID
;
INSERT INTO "fan_identity_table" VALUES('botornot','cursor','{"PK":"botornot","SK":"cursor","cursor":"run-2026-11-01"}');
INSERT INTO "fan_identity_table" VALUES('event:f8ae6f15-64d6-5683-9258-bb5e0276e272','consumer#notification','{"PK":"event:f8ae6f15-64d6-5683-9258-bb5e0276e272","SK":"consumer#notification","status":"FINISHED","owner":"06f03fe3-6a1d-491b-89f1-a74cb390a83c","leaseUntil":"2026-11-28T17:25:36.764167Z","ttl":1798478736}');
INSERT INTO "fan_identity_table" VALUES('event:f8ae6f15-64d6-5683-9258-bb5e0276e272','consumer#profile','{"PK":"event:f8ae6f15-64d6-5683-9258-bb5e0276e272","SK":"consumer#profile","status":"FINISHED","owner":"871fec42-a405-40f5-a965-c0698007b060","leaseUntil":"2026-11-28T17:25:36.782617Z","ttl":1798478736}');
INSERT INTO "fan_identity_table" VALUES('event:f8ae6f15-64d6-5683-9258-bb5e0276e272','consumer#sync','{"PK":"event:f8ae6f15-64d6-5683-9258-bb5e0276e272","SK":"consumer#sync","status":"FREE","owner":"bcddddfd-5579-4daf-98b9-6aca7fbe5d86","leaseUntil":"2026-11-28T17:25:37.800780Z","ttl":1798478737}');
INSERT INTO "fan_identity_table" VALUES('fan:bot-fan','botornot#run-2026-11-01','{"PK":"fan:bot-fan","SK":"botornot#run-2026-11-01","botScore":0.97}');
INSERT INTO "fan_identity_table" VALUES('fan:bot-fan','identity','{"PK":"fan:bot-fan","SK":"identity","memberId":"member-bot","updatedAt":"2026-10-03T08:00:00Z"}');
INSERT INTO "fan_identity_table" VALUES('fan:bottom-fan','botornot#run-2026-11-01','{"PK":"fan:bottom-fan","SK":"botornot#run-2026-11-01","botScore":0.99}');
INSERT INTO "fan_identity_table" VALUES('fan:bottom-fan','identity','{"PK":"fan:bottom-fan","SK":"identity","memberId":"member-bottom","updatedAt":"2026-10-05T08:00:00Z"}');
INSERT INTO "fan_identity_table" VALUES('fan:identity-fan','botornot#run-2026-11-01','{"PK":"fan:identity-fan","SK":"botornot#run-2026-11-01","botScore":0.4}');
INSERT INTO "fan_identity_table" VALUES('fan:identity-fan','identity','{"PK":"fan:identity-fan","SK":"identity","memberId":"member-identity","score":72.5,"rawScore":70.5,"updatedAt":"2026-10-01T08:00:00Z"}');
INSERT INTO "fan_identity_table" VALUES('fan:risky-fan','botornot#run-2026-11-01','{"PK":"fan:risky-fan","SK":"botornot#run-2026-11-01","botScore":0.3}');
INSERT INTO "fan_identity_table" VALUES('fan:risky-fan','identity','{"PK":"fan:risky-fan","SK":"identity","memberId":"member-risky","updatedAt":"2026-10-02T08:00:00Z"}');
INSERT INTO "fan_identity_table" VALUES('fan:top-fan','botornot#run-2026-11-01','{"PK":"fan:top-fan","SK":"botornot#run-2026-11-01","botScore":0.01}');
INSERT INTO "fan_identity_table" VALUES('fan:top-fan','identity','{"PK":"fan:top-fan","SK":"identity","memberId":"member-top","updatedAt":"2026-10-04T08:00:00Z"}');
INSERT INTO "fan_identity_table" VALUES('fan:user123','botornot#run-2026-11-01','{"PK":"fan:user123","SK":"botornot#run-2026-11-01","botScore":0.05}');
INSERT INTO "fan_identity_table" VALUES('fan:user123','identity','{"PK":"fan:user123","SK":"identity","memberId":"member123","updatedAt":"2026-10-01T08:00:00Z","email":"a@example.com","profileAt":"2026-11-28T17:25:06.749623Z","stamps":{"email":["2026-11-28T17:25:06.749623Z","f8ae6f15-64d6-5683-9258-bb5e0276e272"],"memberId":["2026-11-28T17:25:06.749623Z","f8ae6f15-64d6-5683-9258-bb5e0276e272"]}}');
CREATE TABLE posts (
    idempotency_key TEXT NOT NULL PRIMARY KEY, system TEXT NOT NULL,
    document TEXT NOT NULL, posted_at REAL NOT NULL
) WITHOUT ROWID;
INSERT INTO "posts" VALUES('5ded3792-3853-5576-8ca1-b4f326ebdcc1','notification_endpoint','{"schemaVersion": 1, "id": "f8ae6f15-64d6-5683-9258-bb5e0276e272", "occurredAt": "2026-11-28T17:25:06.749623Z", "globalUserId": "user123", "memberId": "member123", "campaignId": "camp789", "email": "a@example.com", "phoneNumber": null, "locale": null, "attributes": null}',1795886706.7653);
CREATE TABLE user_events (
    id TEXT NOT NULL PRIMARY KEY, event TEXT NOT NULL, published_at REAL NOT NULL
) WITHOUT ROWID;
INSERT INTO "user_events" VALUES('f8ae6f15-64d6-5683-9258-bb5e0276e272','{"version": "0", "id": "f8ae6f15-64d6-5683-9258-bb5e0276e272", "detail-type": "user.upsert", "source": "fanscore", "account": "000000000000", "time": "2026-11-28T17:25:06Z", "region": "local", "resources": [], "detail": {"schemaVersion": 1, "id": "f8ae6f15-64d6-5683-9258-bb5e0276e272", "occurredAt": "2026-11-28T17:25:06.749623Z", "globalUserId": "user123", "memberId": "member123", "campaignId": "camp789", "email": "a@example.com", "phoneNumber": null, "locale": null, "attributes": null}}',1.79588670675794506072e+09);
CREATE TABLE verification_table (
    PK TEXT NOT NULL, SK TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (PK, SK)
) WITHOUT ROWID
;
INSERT INTO "verification_table" VALUES('fan:user123','liveness','{"PK":"fan:user123","SK":"liveness","sessionId":"180acf45-2564-5e4c-bd95-e5132a50e5fb","expiresAt":"2026-11-28T17:28:06.803056Z"}');
INSERT INTO "verification_table" VALUES('fan:user123','liveness#180acf45-2564-5e4c-bd95-e5132a50e5fb','{"PK":"fan:user123","SK":"liveness#180acf45-2564-5e4c-bd95-e5132a50e5fb","status":"CREATED","createdAt":"2026-11-28T17:25:06.803056Z","expiresAt":"2026-11-28T17:28:06.803056Z","token":"d649a6de-de11-5e19-9e05-4125384d18b9"}');
CREATE INDEX user_events_by_age ON user_events (published_at);
CREATE INDEX deliveries_due ON deliveries (consumer, next_attempt_at)
WHERE state = 'PENDING';
COMMIT;
