//! Running text in lines.

/// `text` in lines of at most `width` columns, each indented. Lines that it has stay apart.
pub(crate) fn wrap(text: &str, width: usize, indent: &str) -> String {
    let room = width.saturating_sub(indent.len()).max(10);
    let mut all = String::new();
    for line in text.trim_end().lines() {
        let mut length = 0;
        let lead: String = line.chars().take_while(|c| *c == ' ').collect();
        all.push_str(indent);
        all.push_str(&lead);
        length += lead.len();
        let mut is_first = true;
        for word in line.split_whitespace() {
            let size = word.chars().count();
            if !is_first && length + 1 + size > room {
                all.push('\n');
                all.push_str(indent);
                all.push_str(&lead);
                length = lead.len();
            } else if !is_first {
                all.push(' ');
                length += 1;
            }
            all.push_str(word);
            length += size;
            is_first = false;
        }
        while all.ends_with(' ') {
            all.pop();
        }
        all.push('\n');
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_and_lines_apart() {
        let text = "one two three four\n\n  - five six seven";
        let wrapped = wrap(text, 14, "  ");
        assert_eq!(
            wrapped,
            "  one two\n  three four\n\n    - five six\n    seven\n"
        );
        assert_eq!(
            wrap("averyveryverylongword", 12, ""),
            "averyveryverylongword\n"
        );
    }
}
