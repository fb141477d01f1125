//! Columns under each other.

/// Rows of texts whose columns line up. The last column is as long as it likes.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with this heading.
    pub(crate) fn new(heading: &[&str]) -> Self {
        Self { rows: vec![heading.iter().map(|title| title.to_uppercase()).collect()] }
    }

    /// One more row.
    pub(crate) fn row(&mut self, columns: impl IntoIterator<Item = String>) {
        self.rows.push(columns.into_iter().collect());
    }

    /// The table as lines, or `empty` if it has no rows.
    pub(crate) fn text(&self, empty: &str) -> String {
        if self.rows.len() < 2 {
            return empty.to_owned();
        }
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
            cells.join("  ").trim_end().to_owned()
        };
        self.rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_nothing_hangs_over() {
        let mut table = Table::new(&["name", "state"]);
        table.row(["a".to_owned(), "Draft".to_owned()]);
        table.row(["größer".to_owned(), "Productive".to_owned()]);
        assert_eq!(table.text(""), "NAME    STATE\na       Draft\ngrößer  Productive");
        assert_eq!(Table::new(&["name"]).text("nothing yet"), "nothing yet");
    }
}
