-- What only some may read of a resident, one row each.
CREATE TABLE resident_private (
    document      BLOB NOT NULL,      -- the private part
    item          BLOB NOT NULL,      -- the resident
    household     BLOB NOT NULL,      -- whose private part it is
    id_number     TEXT,
    birth_date    TEXT,               -- YYYY-MM-DD, from the identity number if not written down
    sex           TEXT,
    health        TEXT,
    disability    TEXT,
    phone         TEXT,               -- this and the following of who is concealed
    bond          TEXT,
    care_tags     TEXT,               -- sorted, parted by commas; those of health of everybody
    facts         BLOB,               -- what facts say here, current or not, a CBOR array: id, words
    fields        BLOB,               -- phone, bond, open care tags with all that is said of them here, a
                                      -- CBOR array: name, values with actor and city's time
    PRIMARY KEY (document, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX resident_private_by_household ON resident_private (household, item);
CREATE INDEX resident_private_by_birth_date ON resident_private (birth_date) WHERE birth_date IS NOT NULL;
CREATE INDEX resident_private_by_id_number ON resident_private (id_number) WHERE id_number IS NOT NULL;
