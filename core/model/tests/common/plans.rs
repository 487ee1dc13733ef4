//! SQLite's own plans of what is asked, and how many rows are handed over.

use std::cell::{Cell as Shared, RefCell};

use keting_model::Cell;
use keting_model::query::Rows;

use super::tables::Tables;

/// Listens to what is asked of tables.
pub struct Listener<'a> {
    rows: &'a Tables,
    plans: RefCell<Vec<(String, Vec<Line>)>>,
    handed_over: Shared<usize>,
}

/// A line of a plan.
struct Line {
    id: i64,
    /// The line it stands below; lines below one are loops, each within the one before.
    parent: i64,
    text: String,
}

impl Rows for Listener<'_> {
    type Error = rusqlite::Error;

    fn query(
        &self,
        sql: &str,
        parameters: &[Cell],
        each: &mut dyn FnMut(&[Cell]),
    ) -> Result<(), rusqlite::Error> {
        let mut plan = Vec::new();
        self.rows.query(&format!("EXPLAIN QUERY PLAN {sql}"), parameters, &mut |row| {
            if let [Cell::Int(id), Cell::Int(parent), _, Cell::Text(text)] = row {
                plan.push(Line { id: *id, parent: *parent, text: text.clone() });
            }
        })?;
        assert!(!plan.is_empty(), "no plan of {sql}");
        self.plans.borrow_mut().push((sql.to_owned(), plan));
        self.rows.query(sql, parameters, &mut |row| {
            self.handed_over.set(self.handed_over.get() + 1);
            each(row);
        })
    }
}

impl<'a> Listener<'a> {
    pub fn of(rows: &'a Tables) -> Self {
        Self { rows, plans: RefCell::default(), handed_over: Shared::new(0) }
    }

    /// How many queries were asked.
    pub fn asked(&self) -> usize {
        self.plans.borrow().len()
    }

    /// How many rows they handed over.
    pub fn handed_over(&self) -> usize {
        self.handed_over.get()
    }

    /// The lines of plans in which something stands, each with its query.
    pub fn lines(&self, what: &str) -> Vec<String> {
        let plans = self.plans.borrow();
        let lines = plans.iter().flat_map(|(sql, plan)| plan.iter().map(move |line| (line, sql)));
        let found = lines.filter(|(line, _)| line.text.contains(what));
        found.map(|(line, sql)| format!("{}: {sql}", line.text)).collect()
    }

    /// The lines of plans that read a table from its beginning to its end, each with its query.
    pub fn scans(&self) -> Vec<String> {
        // What was given or found so far, and a constant, are no tables.
        const NO_TABLES: [&str; 3] = ["SCAN given", "SCAN below", "SCAN CONSTANT ROW"];
        let mut scans = self.lines("SCAN");
        scans.retain(|line| NO_TABLES.iter().all(|name| !line.starts_with(name)));
        scans
    }

    /// The queries that read a table from its beginning to its end again and again.
    pub fn inner_scans(&self) -> Vec<String> {
        let plans = self.plans.borrow();
        let scanning = plans.iter().filter(|(_, plan)| {
            plan.iter().enumerate().any(|(at, line)| {
                let is_scan = line.text.starts_with("SCAN") && !line.text.contains("CONSTANT ROW");
                is_scan && (is_within_a_loop(&plan[..at], line) || is_correlated(plan, line))
            })
        });
        scanning.map(|(sql, _)| sql.clone()).collect()
    }
}

fn is_within_a_loop(before: &[Line], line: &Line) -> bool {
    let is_loop = |text: &str| text.starts_with("SCAN") || text.starts_with("SEARCH");
    before.iter().any(|other| other.parent == line.parent && is_loop(&other.text))
}

fn is_correlated(plan: &[Line], line: &Line) -> bool {
    let above = plan.iter().find(|other| other.id == line.parent);
    above.is_some_and(|above| above.text.starts_with("CORRELATED") || is_correlated(plan, above))
}
