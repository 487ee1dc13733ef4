-- When a document of a household was last changed, one row each.
CREATE TABLE last_change (
    document  BLOB NOT NULL,          -- the household, its private part, its visits of a year
    item      BLOB NOT NULL,          -- empty
    household BLOB NOT NULL,          -- which household it is, or belongs to
    time      INTEGER NOT NULL,       -- the city's time, milliseconds since the Unix epoch
    PRIMARY KEY (document, item)
) STRICT, WITHOUT ROWID;

-- The documents of a household; an entry is written once a document.
CREATE INDEX last_change_by_household ON last_change (household);

-- By what a list of households is put in order, one row for each that stands. Of it nothing is told: what a
-- list shows it reads from the other tables. It follows from several documents, so it has no document and
-- item; the triggers below keep it equal to roster_now.
CREATE TABLE roster (
    household         BLOB NOT NULL PRIMARY KEY,
    region            BLOB NOT NULL,    -- the region it lives in
    region_code       TEXT NOT NULL,    -- its code; empty if the region is not here
    address_order     BLOB NOT NULL,    -- as in household
    last_visit        TEXT NOT NULL,    -- the day of the last visit that stands, YYYY-MM-DD; empty if there is none
    changed_household INTEGER NOT NULL, -- when the household was last changed, milliseconds; 0 if that is not known
    changed_private   INTEGER NOT NULL, -- its private part
    changed_visits    INTEGER NOT NULL, -- its visits and notes
    changed           INTEGER NOT NULL  -- any of them
        GENERATED ALWAYS AS (max(changed_household, changed_private, changed_visits)) VIRTUAL
) STRICT, WITHOUT ROWID;

-- One index an order, so that a page costs what the page costs.
CREATE INDEX roster_by_address ON roster (region_code, address_order, household, region);
CREATE INDEX roster_by_visit ON roster (last_visit, region_code, address_order, household);
CREATE INDEX roster_by_change ON roster (changed DESC, region_code, address_order, household);

-- What roster must hold.
CREATE VIEW roster_now AS
SELECT h.document AS household,
       h.region,
       ifnull((SELECT g.code FROM region g WHERE g.document = h.region), '') AS region_code,
       h.address_order,
       ifnull((SELECT max(v.at) FROM visit v WHERE v.household = h.document AND NOT EXISTS (
                   SELECT 1 FROM withdrawal w WHERE w.document = h.document AND w.withdrawn = 1
                   AND w.item = CAST('v/' || lower(hex(v.item)) || '/w' AS BLOB))), '') AS last_visit,
       ifnull((SELECT c.time FROM last_change c WHERE c.document = h.document), 0) AS changed_household,
       -- The first two bytes of an id are the code of the kind.
       ifnull((SELECT max(c.time) FROM last_change c
               WHERE c.household = h.document AND substr(c.document, 1, 2) = x'0003'), 0) AS changed_private,
       ifnull((SELECT max(c.time) FROM last_change c
               WHERE c.household = h.document AND substr(c.document, 1, 2) = x'0004'), 0) AS changed_visits
FROM household h WHERE h.withdrawn = 0;

CREATE TRIGGER roster_household_added AFTER INSERT ON household WHEN NEW.withdrawn = 0 BEGIN
    INSERT INTO roster (household, region, region_code, address_order, last_visit,
                        changed_household, changed_private, changed_visits)
    SELECT household, region, region_code, address_order, last_visit,
           changed_household, changed_private, changed_visits
    FROM roster_now WHERE household = NEW.document;
END;

-- Moved or at another address.
CREATE TRIGGER roster_household_changed AFTER UPDATE ON household
WHEN NEW.withdrawn = 0 AND OLD.withdrawn = 0
     AND (NEW.region <> OLD.region OR NEW.address_order <> OLD.address_order) BEGIN
    UPDATE roster SET region = NEW.region, address_order = NEW.address_order,
        region_code = ifnull((SELECT g.code FROM region g WHERE g.document = NEW.region), '')
    WHERE household = NEW.document;
END;

-- Withdrawn or restored: there is no line for what is withdrawn.
CREATE TRIGGER roster_household_withdrawn AFTER UPDATE ON household WHEN NEW.withdrawn <> OLD.withdrawn BEGIN
    DELETE FROM roster WHERE household = NEW.document;
    INSERT INTO roster (household, region, region_code, address_order, last_visit,
                        changed_household, changed_private, changed_visits)
    SELECT household, region, region_code, address_order, last_visit,
           changed_household, changed_private, changed_visits
    FROM roster_now WHERE household = NEW.document;
END;

CREATE TRIGGER roster_household_gone AFTER DELETE ON household BEGIN
    DELETE FROM roster WHERE household = OLD.document;
END;

CREATE TRIGGER roster_region_added AFTER INSERT ON region BEGIN
    UPDATE roster SET region_code = NEW.code
    WHERE household IN (SELECT document FROM household WHERE region = NEW.document);
END;

CREATE TRIGGER roster_region_renamed AFTER UPDATE ON region WHEN NEW.code <> OLD.code BEGIN
    UPDATE roster SET region_code = NEW.code
    WHERE household IN (SELECT document FROM household WHERE region = NEW.document);
END;

CREATE TRIGGER roster_region_gone AFTER DELETE ON region BEGIN
    UPDATE roster SET region_code = ''
    WHERE household IN (SELECT document FROM household WHERE region = OLD.document);
END;

CREATE TRIGGER roster_visit_added AFTER INSERT ON visit BEGIN
    UPDATE roster SET last_visit = (SELECT last_visit FROM roster_now WHERE household = NEW.household)
    WHERE household = NEW.household;
END;

CREATE TRIGGER roster_visit_changed AFTER UPDATE ON visit
WHEN NEW.at <> OLD.at OR NEW.household <> OLD.household BEGIN
    UPDATE roster SET last_visit = (SELECT now.last_visit FROM roster_now now
                                    WHERE now.household = roster.household)
    WHERE household IN (NEW.household, OLD.household);
END;

CREATE TRIGGER roster_visit_gone AFTER DELETE ON visit BEGIN
    UPDATE roster SET last_visit = (SELECT last_visit FROM roster_now WHERE household = OLD.household)
    WHERE household = OLD.household;
END;

CREATE TRIGGER roster_visit_withdrawn AFTER INSERT ON withdrawal
WHEN substr(NEW.item, 1, 2) = x'762f' BEGIN
    UPDATE roster SET last_visit = (SELECT last_visit FROM roster_now WHERE household = NEW.household)
    WHERE household = NEW.household;
END;

CREATE TRIGGER roster_visit_doubted AFTER UPDATE ON withdrawal
WHEN substr(NEW.item, 1, 2) = x'762f' AND NEW.withdrawn <> OLD.withdrawn BEGIN
    UPDATE roster SET last_visit = (SELECT last_visit FROM roster_now WHERE household = NEW.household)
    WHERE household = NEW.household;
END;

CREATE TRIGGER roster_visit_restored AFTER DELETE ON withdrawal
WHEN substr(OLD.item, 1, 2) = x'762f' BEGIN
    UPDATE roster SET last_visit = (SELECT last_visit FROM roster_now WHERE household = OLD.household)
    WHERE household = OLD.household;
END;

CREATE TRIGGER roster_change_added AFTER INSERT ON last_change BEGIN
    UPDATE roster SET (changed_household, changed_private, changed_visits) =
        (SELECT changed_household, changed_private, changed_visits FROM roster_now
         WHERE household = NEW.household)
    WHERE household = NEW.household;
END;

-- Every edit of a household comes by here: it is one document, so its own time is all there is to know.
CREATE TRIGGER roster_change_later AFTER UPDATE ON last_change
WHEN NEW.document = NEW.household AND OLD.household = NEW.household BEGIN
    UPDATE roster SET changed_household = NEW.time WHERE household = NEW.household;
END;

CREATE TRIGGER roster_change_of_a_part_later AFTER UPDATE ON last_change
WHEN NEW.document <> NEW.household OR OLD.household <> NEW.household BEGIN
    UPDATE roster SET (changed_household, changed_private, changed_visits) =
        (SELECT now.changed_household, now.changed_private, now.changed_visits FROM roster_now now
         WHERE now.household = roster.household)
    WHERE household IN (NEW.household, OLD.household);
END;

CREATE TRIGGER roster_change_gone AFTER DELETE ON last_change BEGIN
    UPDATE roster SET (changed_household, changed_private, changed_visits) =
        (SELECT changed_household, changed_private, changed_visits FROM roster_now
         WHERE household = OLD.household)
    WHERE household = OLD.household;
END;
