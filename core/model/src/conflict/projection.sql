-- What several people said differently until somebody settles it, one row each.
CREATE TABLE conflict (
    document BLOB NOT NULL,           -- the document it stands in
    item     BLOB NOT NULL,           -- the field's key, or where the facts stand (r/ID/s), UTF-8
    home     BLOB NOT NULL,           -- the region or household it is about
    said     BLOB,                    -- of a field: each value with its actor and city's time, a CBOR
                                      -- array, first the one that screens show meanwhile
    facts    BLOB,                    -- of a resident or need: the current facts, a CBOR array
    PRIMARY KEY (document, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX conflict_by_home ON conflict (home);
