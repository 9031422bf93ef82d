//! Looks at the text of a source, for information that naga does not keep.

use std::ops::Range;

/// The source with each byte of its comments replaced by a space, so that all offsets stay the same.
pub(super) fn without_comments(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let (mut depth, mut line) = (0usize, false);
    let mut chars = source.chars().peekable();
    while let Some(char) = chars.next() {
        let mut skipped = char.len_utf8();
        match (char, chars.peek()) {
            ('\n', _) => {
                line = false;
                skipped = usize::from(depth > 0);
                if depth == 0 {
                    code.push('\n');
                }
            }
            _ if line => {}
            ('/', Some('/')) if depth == 0 => line = true,
            ('/', Some('*')) => {
                depth += 1;
                chars.next();
                skipped += 1;
            }
            ('*', Some('/')) if depth > 0 => {
                depth -= 1;
                chars.next();
                skipped += 1;
            }
            _ if depth > 0 => {}
            _ => {
                code.push(char);
                skipped = 0;
            }
        }
        code.extend(std::iter::repeat_n(' ', skipped));
    }
    code
}

/// The words of a text without comments: names, keywords and numbers.
pub(super) fn words(code: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    for (at, char) in code.char_indices().filter(|(_, char)| char.is_alphanumeric() || *char == '_') {
        match words.last_mut() {
            Some(last) if last.end == at => last.end = at + char.len_utf8(),
            _ => words.push(at..at + char.len_utf8()),
        }
    }
    words
}

/// `keyword name … ` up to its semicolon.
pub(super) fn declaration(code: &str, keyword: &str, name: &str) -> Option<Range<usize>> {
    let words = words(code);
    let at = words.windows(2).position(|pair| code[pair[0].clone()] == *keyword && code[pair[1].clone()] == *name)?;
    let start = words[at].start;
    let end = code[start..].find(';').map_or(words[at + 1].end, |length| start + length + 1);
    Some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_become_spaces_of_the_same_length() {
        let text = "a /* größe /* c */ d\n */e_1// f;\n\tgröße*/h//";
        let code = without_comments(text);
        assert_eq!(code.len(), text.len());
        let found: Vec<&str> = words(&code).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["a", "e_1", "größe", "h"]);
    }

    #[test]
    fn a_declaration_is_found_up_to_its_semicolon() {
        let text = "// const WINDOW = 1;\nconst A = 3; const /* of; words */ WINDOW = 2; fn f() {}";
        let code = without_comments(text);
        let found = declaration(&code, "const", "WINDOW").map(|range| &text[range]);
        assert_eq!(found, Some("const /* of; words */ WINDOW = 2;"));
        assert_eq!(declaration("const WINDOWS = 2;", "const", "WINDOW"), None);
        assert_eq!(declaration("const WINDOW", "const", "WINDOW"), Some(0..12));
        assert_eq!(declaration(&code, "override", "WINDOW"), None);
    }
}
