//! Projection rows: whatever tables the model defines, written from their definitions and read
//! with its queries.

use keting_model::{Cell, Row, RowChange, Table};
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::error::StoreError;
use crate::store::{Transaction, View};

/// The statements that write one table.
#[derive(Debug)]
pub(crate) struct TableSql {
    put: String,
    delete: String,
}

impl TableSql {
    fn of(table: &Table) -> Self {
        let name = quoted(table.name);
        let columns: Vec<String> = table.columns.iter().map(|column| quoted(column)).collect();
        let names: String = columns.iter().map(|column| format!(", {column}")).collect();
        let marks: String = (0..columns.len()).map(|index| format!(", ?{}", index + 3)).collect();
        let sets: Vec<String> =
            columns.iter().map(|column| format!("{column} = excluded.{column}")).collect();
        let action = if sets.is_empty() {
            "NOTHING".into()
        } else {
            format!("UPDATE SET {}", sets.join(", "))
        };
        Self {
            put: format!(
                "INSERT INTO {name} (document, item{names}) VALUES (?1, ?2{marks})
                 ON CONFLICT (document, item) DO {action}"
            ),
            delete: format!("DELETE FROM {name} WHERE document = ?1 AND item = ?2"),
        }
    }
}

impl Transaction<'_> {
    /// Writes what became of projection rows.
    ///
    /// # Errors
    /// [`StoreError::Statement`] when a row does not fit its table.
    pub fn put_row_changes(&mut self, changes: &[RowChange]) -> Result<(), StoreError> {
        let view = self.view;
        for change in changes {
            match change {
                RowChange::Put(row) => put_row(view, &self.sql(row.table).put, row)?,
                RowChange::Delete { table, document, item } => {
                    view.execute(&self.sql(table).delete, (document.as_bytes(), item))?;
                }
            }
        }
        Ok(())
    }

    /// Runs a statement of the model's that writes something else than projection rows.
    ///
    /// # Errors
    /// [`StoreError::Statement`] when it is refused.
    pub fn put(&self, sql: &str, parameters: &[Cell]) -> Result<(), StoreError> {
        self.execute(sql, rusqlite::params_from_iter(parameters.iter().map(Bound)))?;
        Ok(())
    }

    /// The statements of a table, made when it is first written.
    fn sql(&mut self, table: &'static Table) -> &TableSql {
        self.tables.entry(table.name).or_insert_with(|| TableSql::of(table))
    }
}

fn put_row(view: &View, sql: &str, row: &Row) -> Result<(), StoreError> {
    if row.cells.len() != row.table.columns.len() {
        return Err(StoreError::Statement { extended_code: 0 });
    }
    view.assert_open()?;
    let mut statement = view.connection.prepare_cached(sql)?;
    statement.raw_bind_parameter(1, row.document.as_bytes())?;
    statement.raw_bind_parameter(2, &row.item)?;
    for (index, cell) in row.cells.iter().enumerate() {
        statement.raw_bind_parameter(index + 3, Bound(cell))?;
    }
    statement.raw_execute()?;
    Ok(())
}

impl View {
    /// Runs a query and hands every row's cells to `each`.
    ///
    /// # Errors
    /// When the statement is refused or the file cannot be read.
    pub fn query(
        &self,
        sql: &str,
        parameters: &[Cell],
        each: &mut dyn FnMut(&[Cell]),
    ) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut cells = vec![Cell::Null; statement.column_count()];
        let mut rows = statement.query(rusqlite::params_from_iter(parameters.iter().map(Bound)))?;
        while let Some(row) = rows.next()? {
            for (index, cell) in cells.iter_mut().enumerate() {
                read_into(cell, row.get_ref(index)?)?;
            }
            each(&cells);
        }
        Ok(())
    }
}

/// Reads a value into a cell. A text or blob goes into the buffer of the row before, which saves
/// an allocation a cell in long lists.
fn read_into(cell: &mut Cell, value: ValueRef<'_>) -> Result<(), StoreError> {
    match (value, &mut *cell) {
        (ValueRef::Text(bytes), Cell::Text(text)) => {
            text.clear();
            text.push_str(utf8(bytes)?);
        }
        (ValueRef::Blob(bytes), Cell::Blob(blob)) => {
            blob.clear();
            blob.extend_from_slice(bytes);
        }
        (ValueRef::Text(bytes), _) => *cell = Cell::Text(utf8(bytes)?.to_owned()),
        (ValueRef::Blob(bytes), _) => *cell = Cell::Blob(bytes.to_owned()),
        (ValueRef::Integer(number), _) => *cell = Cell::Int(number),
        (ValueRef::Null, _) => *cell = Cell::Null,
        // There are no floats in the data; a query that makes one is a mistake.
        (ValueRef::Real(_), _) => return Err(StoreError::Statement { extended_code: 0 }),
    }
    Ok(())
}

fn utf8(bytes: &[u8]) -> Result<&str, StoreError> {
    std::str::from_utf8(bytes).map_err(|_| StoreError::Corrupt)
}

struct Bound<'a>(&'a Cell);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Cell::Null => ValueRef::Null,
            Cell::Int(number) => ValueRef::Integer(*number),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
            Cell::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// A name from a table definition, which is never a peer's.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
