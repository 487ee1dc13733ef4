-- What several people said differently until somebody settles it, one row each.
CREATE TABLE conflict (
    document BLOB NOT NULL,           -- the document it stands in
    item     BLOB NOT NULL,           -- the field's key, or where the facts stand (r/ID/s), UTF-8
    home     BLOB NOT NULL,           -- the region or household it is about
    shown    BLOB NOT NULL,           -- the value that screens show meanwhile, CBOR
    others   BLOB NOT NULL,           -- the other values, a CBOR array
    facts    BLOB,                    -- the current facts, a CBOR array; null for a field
    PRIMARY KEY (document, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX conflict_by_home ON conflict (home);
