//! Tables of text with aligned columns.

use std::fmt;

/// A table for a terminal. The first column is left-aligned; the others, which are numbers, are right-aligned.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings and no rows.
    pub(crate) fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|&heading| heading.to_owned()).collect()] }
    }

    /// Adds a row. Missing cells are blank.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max())
            .map(Option::unwrap_or_default)
            .collect();
        for (index, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                if column == 0 {
                    line.push_str(&format!("{cell:<width$}"));
                } else {
                    line.push_str(&format!("  {cell:>width$}"));
                }
            }
            writeln!(formatter, "{}", line.trim_end())?;
            if index == 0 {
                let width = widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1);
                writeln!(formatter, "{}", "-".repeat(width))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::new(&["patient", "Dice"]);
        table.row(["P".to_owned(), "0.5".to_owned()]);
        table.row(["Q_long_name".to_owned(), "0.1234".to_owned()]);
        let expected = "patient        Dice\n-------------------\nP               0.5\nQ_long_name  0.1234\n";
        assert_eq!(table.to_string(), expected);
    }
}
