-- Fields that hold several unequal values until somebody settles them, one row each.
CREATE TABLE conflict (
    document BLOB NOT NULL,           -- the document the field stands in
    item     BLOB NOT NULL,           -- the field's key, UTF-8
    home     BLOB NOT NULL,           -- the region or household it is about
    shown    BLOB NOT NULL,           -- the value that screens show meanwhile, CBOR
    others   BLOB NOT NULL,           -- the other values, a CBOR array
    PRIMARY KEY (document, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX conflict_by_home ON conflict (home);
