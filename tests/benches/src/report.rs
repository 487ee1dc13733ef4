//! What the benches found, for people and for programs.

use serde_json::json;

/// What a figure may be at most or must be at least.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

/// One figure: a ratio to a floor if there is one, else the measure itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Under which circumstances, such as `at 250 changes`.
    pub case: String,
    /// In what the measures are, such as `ms`.
    pub unit: &'static str,
    /// What ours takes.
    pub measured: f64,
    /// What the bare minimum takes.
    pub floor: Option<f64>,
    /// What was promised of the figure.
    pub limit: Option<Limit>,
}

impl Figure {
    /// The ratio to the floor, or what was measured where there is none.
    pub fn value(&self) -> f64 {
        self.floor.map_or(self.measured, |floor| self.measured / floor)
    }

    /// Whether the promise is kept; true where nothing was promised.
    pub fn is_kept(&self) -> bool {
        match self.limit {
            Some(Limit::AtMost(most)) => self.value() <= most,
            Some(Limit::AtLeast(least)) => self.value() >= least,
            None => true,
        }
    }
}

/// A table for people.
pub fn table(figures: &[(&'static str, Figure)]) -> String {
    let head = ["bench", "case", "measured", "floor", "figure", "promised", ""].map(String::from);
    let rows: Vec<[String; 7]> = figures.iter().map(|(bench, figure)| row(bench, figure)).collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|at| {
            let cells = std::iter::once(&head).chain(&rows);
            cells.map(|row| row[at].chars().count()).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in std::iter::once(&head).chain(&rows) {
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let pad = " ".repeat(width - cell.chars().count());
            let cell = if (2..6).contains(&at) { pad + cell } else { cell.clone() + &pad };
            text += cell.as_str();
            text += "  ";
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// An array for programs.
pub fn json(figures: &[(&'static str, Figure)]) -> String {
    let figures: Vec<_> = figures
        .iter()
        .map(|(bench, figure)| {
            let limit = match figure.limit {
                Some(Limit::AtMost(most)) => json!({ "at_most": most }),
                Some(Limit::AtLeast(least)) => json!({ "at_least": least }),
                None => json!(null),
            };
            json!({
                "bench": bench, "case": figure.case, "unit": figure.unit,
                "measured": figure.measured, "floor": figure.floor,
                "figure": figure.value(), "promised": limit, "kept": figure.is_kept(),
            })
        })
        .collect();
    format!("{:#}\n", json!(figures))
}

fn row(bench: &str, figure: &Figure) -> [String; 7] {
    let measure = |value: f64| format!("{} {}", short(value), figure.unit);
    let value = match figure.floor {
        Some(_) => format!("{:.2}×", figure.value()),
        None => measure(figure.measured),
    };
    let promised = match figure.limit {
        Some(Limit::AtMost(most)) => format!("≤ {most}"),
        Some(Limit::AtLeast(least)) => format!("≥ {least}"),
        None => String::new(),
    };
    let kept = match (figure.limit, figure.is_kept()) {
        (None, _) => "",
        (Some(_), true) => "kept",
        (Some(_), false) => "missed",
    };
    [
        bench.to_owned(),
        figure.case.clone(),
        measure(figure.measured),
        figure.floor.map_or_else(String::new, measure),
        value,
        promised,
        kept.to_owned(),
    ]
}

fn short(value: f64) -> String {
    if value >= 100.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_with_a_floor_is_a_ratio_and_one_beyond_its_limit_is_missed() {
        let figure = Figure {
            case: "at 10 changes".into(),
            unit: "ms",
            measured: 3.0,
            floor: Some(1.0),
            limit: Some(Limit::AtMost(2.0)),
        };
        assert_eq!((figure.value(), figure.is_kept()), (3.0, false));
        assert!(table(&[("edit", figure.clone())]).contains("3.00×"));
        let kept = Figure { limit: Some(Limit::AtLeast(3.0)), ..figure };
        assert!(json(&[("edit", kept)]).contains("\"kept\": true"));
    }
}
