//! `const WINDOW: u32`: how many words one invocation writes.

use std::ops::Range;

use naga::{Expression, Literal, Module};
use touchstone_kernel::limits::MAX_WINDOW;

use crate::CompileError;

const DECLARE: &str = "declare `const WINDOW: u32 = 1;` with the number of words that one invocation writes";

/// The window that a source declares.
pub fn window(module: &Module, source: &str) -> Result<u16, CompileError> {
    let found = module.constants.iter().find(|(_, constant)| constant.name.as_deref() == Some("WINDOW"));
    let Some((handle, constant)) = found else {
        return Err(missing(source));
    };
    let span = module.constants.get_span(handle);
    let value = match module.global_expressions[constant.init] {
        Expression::Literal(Literal::U32(value)) => i64::from(value),
        Expression::Literal(Literal::I32(value)) => i64::from(value),
        Expression::Literal(Literal::AbstractInt(value)) => value,
        _ => return Err(CompileError::new("WINDOW is not an integer").at(span).note(DECLARE)),
    };
    match u16::try_from(value) {
        Ok(window) if (1..=MAX_WINDOW).contains(&usize::from(window)) => Ok(window),
        _ => Err(CompileError::new(format!("WINDOW is {value}"))
            .at(span)
            .note(format!("one invocation writes 1 to {MAX_WINDOW} words"))),
    }
}

/// naga keeps no constant without a type: what the author wrote instead of `const WINDOW: u32` is in the text alone.
fn missing(source: &str) -> CompileError {
    let (message, remedy, place) = match (declaration(source, "const"), declaration(source, "override")) {
        (Some(place), _) => {
            ("WINDOW has no type", "give it the type u32: `const WINDOW: u32 = 1;`, a whole number", Some(place))
        }
        (None, Some(place)) => (
            "WINDOW is an override",
            "it is part of the kernel, which is compiled once: make it a `const` and give it the type u32",
            Some(place),
        ),
        (None, None) => ("the kernel does not say how many words one invocation writes", DECLARE, None),
    };
    let error = CompileError::new(message).note(remedy);
    match place {
        Some(place) => error.at(place.into()),
        None => error,
    }
}

/// `keyword WINDOW … ` up to its semicolon, outside of comments.
fn declaration(source: &str, keyword: &str) -> Option<Range<usize>> {
    let words = words(source);
    let at = words
        .windows(2)
        .position(|pair| source[pair[0].clone()] == *keyword && source[pair[1].clone()] == *"WINDOW")?;
    let start = words[at].start;
    let end = source[start..].find(';').map_or(words[at + 1].end, |length| start + length + 1);
    Some(start..end)
}

/// The words of a source, without comments.
fn words(source: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let (mut depth, mut line) = (0usize, false);
    let mut chars = source.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let pair = (char, chars.peek().map(|&(_, next)| next));
        match pair {
            ('\n', _) => line = false,
            _ if line => {}
            ('/', Some('/')) if depth == 0 => line = true,
            ('/', Some('*')) => {
                depth += 1;
                chars.next();
            }
            ('*', Some('/')) if depth > 0 => {
                depth -= 1;
                chars.next();
            }
            _ if depth > 0 => {}
            _ if char.is_alphanumeric() || char == '_' => match words.last_mut() {
                Some(last) if last.end == at => last.end = at + char.len_utf8(),
                _ => words.push(at..at + char.len_utf8()),
            },
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_outside_of_comments() {
        let text = "a /* b /* c */ d */e_1// f\n\tgröße*/h";
        let found: Vec<&str> = words(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["a", "e_1", "größe", "h"]);
    }

    #[test]
    fn a_declaration_is_found_up_to_its_semicolon() {
        let text = "// const WINDOW = 1;\nconst A = 3; const /* of words */ WINDOW = 2; fn f() {}";
        assert_eq!(declaration(text, "const").map(|range| &text[range]), Some("const /* of words */ WINDOW = 2;"));
        assert_eq!(declaration("const WINDOWS = 2;", "const"), None);
        assert_eq!(declaration("const WINDOW", "const"), Some(0..12));
        assert_eq!(declaration(text, "override"), None);
    }
}
