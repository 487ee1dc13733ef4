-- Who writes under which actor, as far as commits and grants are here. It follows from commits, not
-- from documents, so it has no document and item.
CREATE TABLE author (
    actor  BLOB NOT NULL PRIMARY KEY, -- 10 bytes
    device BLOB NOT NULL,             -- 16 bytes
    name   TEXT NOT NULL              -- the holder's, by the grant of their latest commit here
) STRICT, WITHOUT ROWID;
