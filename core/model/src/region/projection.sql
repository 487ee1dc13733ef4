-- Regions, one row each.
CREATE TABLE region (
    document BLOB NOT NULL,           -- the region's id
    item     BLOB NOT NULL,           -- empty
    code     TEXT NOT NULL,           -- what people call it by: digits
    name     TEXT NOT NULL,
    level    TEXT NOT NULL,           -- city, town, village, grid, micro_grid, unit
    parent   BLOB,                    -- the region it lies in; null for the city
    boundary TEXT,                    -- in words
    head     TEXT,                    -- who is in charge
    PRIMARY KEY (document, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX region_by_parent ON region (parent);
CREATE INDEX region_by_code ON region (code);
