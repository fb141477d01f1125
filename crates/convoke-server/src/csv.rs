//! Tables of text whose cells are separated by semicolons, as spreadsheets open them.
//!
//! A cell that begins like a formula is kept from being one: tables are opened by people, and hold what strangers wrote.

/// A table with its head.
pub(crate) fn table(names: &[&str]) -> String {
    names.join(";") + "\n"
}

/// Adds a row.
pub(crate) fn add_row(table: &mut String, cells: &[String]) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            table.push(';');
        }
        add_cell(table, cell);
    }
    table.push('\n');
}

fn add_cell(table: &mut String, cell: &str) {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
    if !formula && !cell.contains([';', '"', '\n', '\r']) {
        return table.push_str(cell);
    }
    table.push('"');
    if formula {
        table.push('\'');
    }
    table.push_str(&cell.replace('"', "\"\""));
    table.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_have_to_be_and_are_never_formulas() {
        let mut written = table(&["a", "b"]);
        add_row(&mut written, &["plain".to_owned(), "with; \"both\"".to_owned()]);
        add_row(&mut written, &["=HYPERLINK(1)".to_owned(), "-5".to_owned()]);
        assert_eq!(written, "a;b\nplain;\"with; \"\"both\"\"\"\n\"'=HYPERLINK(1)\";-5\n");
    }
}
