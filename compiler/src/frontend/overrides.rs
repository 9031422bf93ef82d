//! `override` declarations: a kernel is compiled once, so they become constants with their default values.

use super::text::{without_comments, words};
use crate::CompileError;

const KEYWORD: &str = "override";
/// As long as [`KEYWORD`].
const CONSTANT: &str = "const   ";

/// The source with each `override` replaced by `const` and without its `@id`; all other bytes keep their places.
///
/// # Errors
/// An override without a default. `WINDOW` is skipped: the code that reads it reports its errors.
pub(super) fn fixed(source: &str) -> Result<String, CompileError> {
    if !source.contains(KEYWORD) {
        return Ok(source.into());
    }
    let code = without_comments(source);
    let words = words(&code);
    let mut text = source.to_owned();
    for (at, word) in words.iter().enumerate() {
        let name = words.get(at + 1).map(|name| &code[name.clone()]);
        if code[word.clone()] != *KEYWORD || name.is_none_or(|name| name == "WINDOW") {
            continue;
        }
        let end = code[word.start..].find(';').map_or(code.len(), |length| word.start + length + 1);
        if !code[word.start..end].contains('=') {
            return Err(CompileError::new("an override without a default has no value")
                .at((word.start..end).into())
                .note("give it a default, or make it a parameter"));
        }
        text.replace_range(word.clone(), CONSTANT);
        if let Some(start) = id_before(&code[..word.start]) {
            text.replace_range(start..word.start, &" ".repeat(word.start - start));
        }
    }
    Ok(text)
}

/// The start of the `@id(…)` at the end of this text, if there is one.
fn id_before(code: &str) -> Option<usize> {
    let open = code.trim_end().strip_suffix(')')?.rfind('(')?;
    let before = code[..open].trim_end().strip_suffix("id")?.trim_end().strip_suffix('@')?;
    Some(before.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_byte_stays_in_its_place() {
        for (before, after) in [
            ("override a: u32 = 1;", "const    a: u32 = 1;"),
            ("const b = 2; @id(3) override a = 1; // override", "const b = 2;        const    a = 1; // override"),
            ("@ id ( 3 ) /* = */ override\na = 1;", "                   const   \na = 1;"),
            ("/* override a; */ const overrides = 1;", "/* override a; */ const overrides = 1;"),
            ("override WINDOW = 2;", "override WINDOW = 2;"),
        ] {
            assert_eq!(fixed(before).unwrap(), after);
        }
    }

    #[test]
    fn an_override_without_a_default_is_refused() {
        for source in ["override a: u32;", "const b = 1; override /* = */ a: u32; const c = 2;", "override a"] {
            let error = fixed(source).unwrap_err();
            assert!(source[error.span.unwrap()].starts_with("override"), "{source}");
        }
    }
}
