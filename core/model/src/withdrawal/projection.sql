-- What was withdrawn, one row for each document that says something of it: the household says that, the
-- private part and the visits of a year why, where that is not for everybody who has the household, and
-- the private part what others did in it meanwhile.
CREATE TABLE withdrawal (
    document  BLOB NOT NULL,          -- the household, its private part, its visits of a year
    item      BLOB NOT NULL,          -- where the facts stand, UTF-8: w of the household, r/ID/w, v/ID/w …
    household BLOB NOT NULL,          -- which household it is, or is in
    withdrawn INTEGER NOT NULL,       -- 1 if all current facts say so, 0 if some say that it stands, or beside the household
    facts     BLOB,                   -- the current facts, a CBOR array: id, author, time, what is said
    earlier   BLOB,                   -- those that others replaced, the last first; the same
    reasons   BLOB,                   -- beside the household: why, a CBOR array: the fact's id, the reason
    seen      BLOB,                   -- of a household: the visits and notes that its withdrawals name
    meanwhile BLOB,                   -- what others did to it, unseen by who withdrew it, a CBOR array: key,
                                      -- the fact's id, value or what it says, day, reason, city's time,
                                      -- actor, whether it is of who is concealed
    concealed INTEGER NOT NULL,       -- 1 if it is of who is concealed: why is for those who read the private part
    PRIMARY KEY (document, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX withdrawal_by_household ON withdrawal (household);
