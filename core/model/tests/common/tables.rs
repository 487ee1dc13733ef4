//! The tables of the projection on a real database, made by the migrations.

use keting_model::query::Rows;
use keting_model::{Cell, PROJECTION_MIGRATIONS, Row, RowChange};
use rusqlite::types::{Value as Sql, ValueRef};

/// The projection's tables in memory.
pub struct Tables(rusqlite::Connection);

impl Rows for Tables {
    type Error = rusqlite::Error;

    fn query(
        &self,
        sql: &str,
        parameters: &[Cell],
        each: &mut dyn FnMut(&[Cell]),
    ) -> Result<(), rusqlite::Error> {
        let mut statement = self.0.prepare(sql)?;
        let columns = statement.column_count();
        let mut rows =
            statement.query(rusqlite::params_from_iter(parameters.iter().map(to_sql)))?;
        while let Some(row) = rows.next()? {
            let cells: Result<Vec<Cell>, _> =
                (0..columns).map(|column| row.get_ref(column).map(from_sql)).collect();
            each(&cells?);
        }
        Ok(())
    }
}

fn to_sql(cell: &Cell) -> Sql {
    match cell {
        Cell::Null => Sql::Null,
        Cell::Int(number) => Sql::Integer(*number),
        Cell::Text(text) => Sql::Text(text.clone()),
        Cell::Blob(bytes) => Sql::Blob(bytes.clone()),
    }
}

fn from_sql(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Int(number),
        ValueRef::Text(text) => Cell::Text(String::from_utf8(text.to_vec()).unwrap()),
        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
        ValueRef::Real(_) => panic!("no table holds a real number"),
    }
}

/// Tables that hold these rows.
pub fn tables(rows: &[Row]) -> Tables {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    for (_, sql) in PROJECTION_MIGRATIONS {
        connection.execute_batch(sql).unwrap();
    }
    let tables = Tables(connection);
    rows.iter().for_each(|row| tables.put(row));
    tables
}

impl Tables {
    /// Writes what became of rows, as a replica's file does.
    pub fn apply(&self, changes: &[RowChange]) {
        for change in changes {
            match change {
                RowChange::Put(row) => self.put(row),
                RowChange::Delete { table, document, item } => {
                    let sql =
                        format!("DELETE FROM {} WHERE document = ?1 AND item = ?2", table.name);
                    self.0.execute(&sql, (document.as_bytes(), item)).unwrap();
                }
            }
        }
    }

    fn put(&self, row: &Row) {
        let columns = row.table.columns;
        assert_eq!(columns.len(), row.cells.len(), "{}", row.table.name);
        let sets: Vec<_> =
            columns.iter().map(|column| format!("{column} = excluded.{column}")).collect();
        let sql = format!(
            "INSERT INTO {} (document, item, {}) VALUES (?, ?{}) \
             ON CONFLICT (document, item) DO UPDATE SET {}",
            row.table.name,
            columns.join(", "),
            ", ?".repeat(columns.len()),
            sets.join(", "),
        );
        let key = [Sql::Blob(row.document.as_bytes().to_vec()), Sql::Blob(row.item.clone())];
        let values = key.into_iter().chain(row.cells.iter().map(to_sql));
        self.0.execute(&sql, rusqlite::params_from_iter(values)).unwrap();
    }
}
