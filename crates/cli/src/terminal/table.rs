//! Tables that fit the terminal.

use comfy_table::{ContentArrangement, Table, presets::NOTHING};

use super::{Output, clean, style};

/// Rows under headings, as wide as the terminal is; where there is none, as wide as they want.
pub(crate) fn table(out: &Output, headings: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    match out.columns() {
        Some(columns) => {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(u16::try_from(columns).unwrap_or(u16::MAX));
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    table.set_header(headings.iter().copied());
    for row in rows {
        table.add_row(row.iter().map(|cell| clean(cell).into_owned()));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let text = table.to_string();
    let mut lines = text.lines().map(str::trim_end);
    let head = lines.next().unwrap_or_default();
    let mut all = out.paint(style::HEADING, head);
    for line in lines {
        all.push('\n');
        all.push_str(line);
    }
    all
}
