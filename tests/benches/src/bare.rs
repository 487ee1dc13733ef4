//! The floor of an edit: the rows of the real one, written into a copy of its file by nothing but
//! prepared statements on a connection with the same key and the same settings.

use std::path::Path;

use keting_model::PROJECTION_MIGRATIONS;
use keting_store::{Access, DatabaseKey, OpenConfig, Owner, STORE_OWNER, open_reader, open_writer};
use rusqlite::types::Value;
use rusqlite::{Connection, TransactionBehavior, params_from_iter};

/// One row to write: the statement and its values.
type Written = (&'static str, Vec<Value>);

/// Which rows an edit of a household writes: those after the last commit (`?1`), and how each is
/// written. What an edit writes beyond these, [`Bare::assert_same`] finds.
const ROWS: [(&str, &str); 8] = [
    (
        "SELECT row, device, command, bytes, number, incarnation, sequence, received_at_ms
         FROM commits WHERE row > ?1",
        "INSERT INTO commits
             (row, device, command, bytes, number, incarnation, sequence, received_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    ),
    (
        "SELECT place, document, actor, seq, hash, commit_row, entry, salt, bytes
         FROM changes WHERE commit_row > ?1",
        "INSERT INTO changes (place, document, actor, seq, hash, commit_row, entry, salt, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    ),
    (
        "SELECT number, heads, change_count FROM documents
         WHERE number IN (SELECT document FROM changes WHERE commit_row > ?1)",
        "UPDATE documents SET heads = ?2, change_count = ?3 WHERE number = ?1",
    ),
    (
        "SELECT commit_row, command, state, code, queued_at_ms, carried_for, planned_on
         FROM outbox WHERE commit_row > ?1",
        "INSERT INTO outbox
             (commit_row, command, state, code, queued_at_ms, carried_for, planned_on)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    ),
    (
        "SELECT s.document, s.change_count, s.bytes FROM documents d
         JOIN snapshots s ON s.document = d.number AND s.change_count = d.change_count
         WHERE d.number IN (SELECT document FROM changes WHERE commit_row > ?1)",
        "INSERT INTO snapshots (document, change_count, bytes) VALUES (?1, ?2, ?3)
         ON CONFLICT (document)
         DO UPDATE SET change_count = excluded.change_count, bytes = excluded.bytes",
    ),
    (
        "SELECT document, item, region, address, address_order, address_code, tenure, withdrawn
         FROM household WHERE document IN (SELECT id FROM documents WHERE number IN
             (SELECT document FROM changes WHERE commit_row > ?1))",
        "INSERT INTO household
             (document, item, region, address, address_order, address_code, tenure, withdrawn)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (document, item) DO UPDATE SET region = excluded.region,
             address = excluded.address, address_order = excluded.address_order,
             address_code = excluded.address_code, tenure = excluded.tenure,
             withdrawn = excluded.withdrawn",
    ),
    (
        "SELECT document, item, household, time FROM last_change
         WHERE document IN (SELECT id FROM documents WHERE number IN
             (SELECT document FROM changes WHERE commit_row > ?1))",
        "INSERT INTO last_change (document, item, household, time) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (document, item) DO UPDATE SET household = excluded.household,
             time = excluded.time",
    ),
    (
        "SELECT key, value FROM meta
         WHERE key IN ('replica/clock', 'replica/city_time') AND ?1 = ?1",
        "INSERT INTO meta (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    ),
];

/// A copy of a replica's file, and a look into the file itself.
pub struct Bare {
    real: Connection,
    copy: Connection,
    last_commit: i64,
}

impl Bare {
    /// Opens the copy that was made before the replica was opened.
    pub fn open(real: &Path, copy: &Path, key: &DatabaseKey) -> Self {
        let owners = [STORE_OWNER, Owner { name: "model", migrations: PROJECTION_MIGRATIONS }];
        let config = |path| OpenConfig {
            path,
            key: Some(key),
            access: Access::Alone,
            owners: &owners,
            full_sync: true,
        };
        let (real, copy) =
            (open_reader(&config(real)).unwrap(), open_writer(&config(copy)).unwrap());
        let last_commit = last_commit(&copy);
        Self { real, copy, last_commit }
    }

    /// What the last real edit wrote.
    pub fn capture(&mut self) -> Vec<Written> {
        let mut written = Vec::new();
        for (select, write) in ROWS {
            let rows = read(&self.real, select, self.last_commit);
            written.extend(rows.into_iter().map(|row| (write, row)));
        }
        self.last_commit = last_commit(&self.real);
        written
    }

    /// Writes it into the copy, durably.
    pub fn write(&mut self, written: &[Written]) {
        let transaction =
            self.copy.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        for (sql, row) in written {
            let mut statement = transaction.prepare_cached(sql).unwrap();
            statement.execute(params_from_iter(row)).unwrap();
        }
        transaction.commit().unwrap();
    }

    /// Panics unless both files hold the same rows, but for the token that every open changes.
    pub fn assert_same(&self) {
        let tables = read(
            &self.real,
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND ?1 = ?1 ORDER BY name",
            0,
        );
        for table in tables {
            let [Value::Text(table)] = table.as_slice() else { panic!("a table without a name") };
            let but = if table == "meta" { "key <> 'replica/incarnation_token'" } else { "1" };
            let sql = format!("SELECT * FROM \"{table}\" WHERE {but} AND ?1 = ?1 ORDER BY 1, 2");
            let (real, copy) = (read(&self.real, &sql, 0), read(&self.copy, &sql, 0));
            assert!(real == copy, "the bare transactions wrote other rows into {table}");
        }
    }
}

fn last_commit(connection: &Connection) -> i64 {
    let sql = "SELECT ifnull(max(row), 0) FROM commits";
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn read(connection: &Connection, sql: &str, after: i64) -> Vec<Vec<Value>> {
    let mut statement = connection.prepare_cached(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([after], |row| (0..columns).map(|at| row.get(at)).collect());
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}
