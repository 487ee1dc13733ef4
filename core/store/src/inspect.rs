//! What is in a file: tables, rows, bytes.

use std::collections::BTreeMap;

use crate::error::StoreError;
use crate::store::{View, from_int};

/// One table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableSize {
    /// Its name.
    pub name: String,
    /// How many rows it has.
    pub row_count: u64,
    /// What its pages and its indexes' pages take.
    pub bytes: u64,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSizes {
    /// Every table, in order of names.
    pub tables: Vec<TableSize>,
    /// Pages that are free to be used again.
    pub free_bytes: u64,
    /// The whole database, without its log.
    pub total_bytes: u64,
    /// The version of each owner's tables.
    pub versions: Vec<(String, u32)>,
}

impl View {
    /// Measures the file. It reads every page.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn sizes(&self) -> Result<FileSizes, StoreError> {
        self.at_one_moment(|view| {
            let mut tables: BTreeMap<String, TableSize> = BTreeMap::new();
            let measured = view.all(
                "SELECT ifnull(s.tbl_name, d.name), sum(d.pgsize)
                 FROM dbstat d LEFT JOIN sqlite_schema s ON s.name = d.name GROUP BY 1",
                [],
                |row| Ok((row.get::<_, String>(0)?, from_int(row, 1)?)),
            )?;
            for (name, bytes) in measured {
                let quoted = name.replace('"', "\"\"");
                let count = format!("SELECT count(*) FROM \"{quoted}\"");
                let row_count = view.first(&count, [], |row| from_int(row, 0))?.unwrap_or(0);
                tables.insert(name.clone(), TableSize { name, row_count, bytes });
            }
            let number = |sql: &str| -> Result<u64, StoreError> {
                Ok(view.first(sql, [], |row| from_int(row, 0))?.unwrap_or(0))
            };
            let page_bytes = number("SELECT max(pgsize) FROM dbstat WHERE name = 'sqlite_schema'")?;
            Ok(FileSizes {
                tables: tables.into_values().collect(),
                free_bytes: number("PRAGMA freelist_count")?.saturating_mul(page_bytes),
                total_bytes: number("PRAGMA page_count")?.saturating_mul(page_bytes),
                versions: view.all(
                    "SELECT owner, version FROM schema_versions ORDER BY owner",
                    [],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )?,
            })
        })
    }
}
