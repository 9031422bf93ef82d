//! From text to naga's module, and from naga's words to ours.

use std::ops::Range;

use naga::{
    front::wgsl::ParseError,
    valid::{Capabilities, ModuleInfo, ValidationFlags, Validator},
    Module, Span,
};

use super::{overrides, prelude};
use crate::CompileError;

/// Brackets in each other from which on the parser's limit is taken for theirs.
const DEEP: usize = 30;

/// Parses a source with the prelude behind it.
pub fn parse(source: &str) -> Result<Module, CompileError> {
    let source = &overrides::fixed(source)?;
    let text = format!("{source}\n{}", prelude::TEXT);
    naga::front::wgsl::parse_str(&text).map_err(|error| {
        // Where the author's text ends too early, the parser runs on into the prelude, of which no author knows.
        let alone = error
            .labels()
            .any(|(span, _)| span.to_range().is_some_and(|range| range.end > source.len()))
            .then(|| naga::front::wgsl::parse_str(source).err())
            .flatten();
        refusal(&alone.unwrap_or(error), source)
    })
}

fn refusal(error: &ParseError, source: &str) -> CompileError {
    if error.notes().any(|note| note.contains("recursion limit")) {
        return too_deep(source);
    }
    let (message, remedy) = reworded(error.message());
    let mut refusal = CompileError::new(message);
    // The first label that is about the author's text: a name of the prelude is taken where nobody looks.
    let own = error.labels().find(|(span, _)| span.to_range().is_none_or(|range| range.start <= source.len()));
    if let Some((span, text)) = own {
        refusal = refusal.at(span);
        // Some labels only repeat the message.
        if remedy.is_none() && !text.is_empty() && text != "see msg" && !refusal.message.starts_with(text) {
            refusal = refusal.note(text);
        }
    }
    if let Some(remedy) = remedy {
        refusal = refusal.note(remedy);
    }
    error.notes().fold(refusal, |refusal, note| refusal.note(note))
}

/// What naga says for compiler writers, said for authors; and what to do.
fn reworded(message: &str) -> (String, Option<&'static str>) {
    let (text, remedy) = match message {
        "Division by zero" | "Remainder by zero" => (
            "a constant is divided by zero",
            "in WGSL that is an error; of a value that is not constant, `x / 0` is x and `x % 0` is 0",
        ),
        "RHS of shift operation is greater than or equal to 32" => (
            "a constant shift by 32 or more",
            "in WGSL that is an error; of a value that is not constant, shifts are modulo 32",
        ),
        _ if message.ends_with("operation overflowed") => (
            "a constant expression overflows",
            "in WGSL that is an error; what is computed from a `var` or an input wraps",
        ),
        _ if message.starts_with("Shift amount exceeds") => (
            "a constant shift by 32 or more",
            "in WGSL that is an error; of a value that is not constant, shifts are modulo 32",
        ),
        _ if message.starts_with("The `return` expression None does not match") => (
            "this function may end without giving its value",
            "end it with a `return`, also behind a loop that is always left by one",
        ),
        _ if message.contains("can't be passed into functions") => (
            "a pointer to a buffer cannot be passed to a function",
            "buffers are known everywhere: use them in the function by their names, and pass indices",
        ),
        _ if message.starts_with("Uses operations forbidden at this stage") => (
            "a kernel does what compute shaders do",
            "`discard` and derivatives are for fragment shaders: leave the entry point with `return`",
        ),
        _ if message == "this operation is not supported in a const context" => (
            "a constant cannot be computed by a function",
            "constants are made of operators and built-in functions: use `let` in a function, or write the number",
        ),
        _ if message.starts_with("Not implemented as constant expression: ") => {
            let what = message.trim_start_matches("Not implemented as constant expression: ");
            return (
                format!("naga, which reads the source, does not compute this of constants: {what}"),
                Some("copy one argument into a `var` first, or write the number"),
            );
        }
        _ if message.contains("cannot represent the abstract value") => {
            return (message.replace("the concrete type ", ""), Some("write a literal that its type can hold"))
        }
        _ => return (message.replace("found \"\"", "found the end of the source"), None),
    };
    (text.into(), Some(remedy))
}

fn too_deep(source: &str) -> CompileError {
    let error = CompileError::new("the source is nested too deeply")
        .note("naga, which reads it, follows some 60 brackets or blocks in each other: name parts with `let`");
    match deepest(source) {
        Some(range) => error.at(range.into()),
        None => error,
    }
}

/// The first bracket around which the most others stand, if they are many.
fn deepest(source: &str) -> Option<Range<usize>> {
    let (mut depth, mut most, mut found) = (0usize, DEEP, None);
    for (at, byte) in source.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                if depth > most {
                    most = depth;
                    found = Some(at..at + 1);
                }
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

/// Checks the module by WGSL's rules.
pub fn validate(module: &Module) -> Result<ModuleInfo, CompileError> {
    // Everything that naga can express may pass here: what kernels cannot have is refused with a reason later.
    Validator::new(ValidationFlags::all(), Capabilities::all()).validate(module).map_err(|error| {
        let span = error.spans().next().map_or(Span::UNDEFINED, |(span, _)| *span);
        // The outer layers name naga's tables.
        let mut cause: &dyn std::error::Error = error.as_inner();
        while let Some(source) = cause.source() {
            cause = source;
        }
        let (message, remedy) = reworded(&cause.to_string());
        CompileError::new(without_handles(&message))
            .at(span)
            .note(remedy.unwrap_or("by the rules of WGSL, as naga reads them, this is not valid"))
    })
}

/// The text without numbers of naga's tables, such as `[5]`.
fn without_handles(text: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in text.split(' ') {
        let inner = word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if !inner.is_some_and(|inner| !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_digit())) {
            words.push(word);
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_tables_are_left_out() {
        assert_eq!(without_handles("Accessing index 7 is out of [5] bounds"), "Accessing index 7 is out of bounds");
        assert_eq!(without_handles("[12] a[3] []"), "a[3] []");
    }

    #[test]
    fn the_deepest_bracket_is_the_innermost_of_many() {
        let text = format!("(){}x{}", "(".repeat(40), ")".repeat(40));
        assert_eq!(deepest(&text), Some(41..42));
        assert_eq!(deepest("((x))"), None);
        assert_eq!(deepest(&")".repeat(50)), None);
    }
}
