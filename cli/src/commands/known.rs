//! What is known of something, each piece below the other behind what it is called.

use std::io::IsTerminal as _;

use crate::columns::{folded, padded, width};
use crate::exit::Failure;
use crate::output;

/// Prose is not wider on a terminal.
const COLUMNS_MAX: usize = 64;

/// A text in its lines, on a terminal none wider than is read with ease.
pub fn in_lines(text: &str) -> Vec<String> {
    let of = |line: &str| match std::io::stdout().is_terminal() {
        true => folded(line, COLUMNS_MAX),
        false => vec![line.to_owned()],
    };
    text.lines().flat_map(of).collect()
}

/// What is known of something: what it is called, and the lines of what it is.
#[derive(Debug, Clone, Default)]
pub struct Known(Vec<(String, Vec<String>)>);

impl Known {
    /// Adds a text of one line or several, if there is one.
    pub fn add(&mut self, label: &str, value: Option<String>) {
        self.add_lines(label, value.iter().flat_map(|text| in_lines(text)).collect());
    }

    /// Adds lines, if there are any.
    pub fn add_lines(&mut self, label: &str, lines: Vec<String>) {
        if !lines.is_empty() {
            self.0.push((label.to_owned(), lines));
        }
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How wide the widest label is.
    pub fn widest(&self) -> usize {
        self.0.iter().map(|(label, _)| width(label)).max().unwrap_or(0)
    }

    /// Prints it behind labels as wide as the widest of all that stands together.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn print(&self, indent: &str, widest: usize) -> Result<(), Failure> {
        for (label, lines) in &self.0 {
            for (at, line) in lines.iter().enumerate() {
                let label = if at == 0 { padded(label, widest) } else { " ".repeat(widest) };
                output::line(format!("{indent}{label}  {line}"))?;
            }
        }
        Ok(())
    }
}
