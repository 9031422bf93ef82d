//! `const WINDOW: u32`: how many words one invocation writes.

use naga::{Expression, Literal, Module};
use touchstone_kir::limits::MAX_WINDOW;

use super::text::{declaration, without_comments};
use crate::CompileError;

const DECLARE: &str = "declare `const WINDOW: u32 = 1;` with the number of words that one invocation writes";

/// The window that a source declares.
pub(super) fn window(module: &Module, source: &str) -> Result<u16, CompileError> {
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

/// naga drops constants without a type, so what the author wrote instead of `const WINDOW: u32` is only in the text.
fn missing(source: &str) -> CompileError {
    let code = without_comments(source);
    let declared = |keyword| declaration(&code, keyword, "WINDOW");
    let (message, remedy, place) = match (declared("const"), declared("override")) {
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
