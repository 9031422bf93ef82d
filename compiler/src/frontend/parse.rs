//! Parses and validates WGSL with naga, and rewrites naga's messages for authors of kernels.

use std::ops::Range;

use naga::{
    front::wgsl::ParseError,
    valid::{Capabilities, ModuleInfo, ValidationError, ValidationFlags, Validator},
    Module, Span,
};

use super::{overrides, prelude, text};
use crate::CompileError;

/// Nesting of brackets from which on an error about the parser's limit is attributed to them.
const DEEP: usize = 30;

/// Parses a source, with the prelude appended.
pub(super) fn parse(source: &str) -> Result<Module, CompileError> {
    let source = &overrides::fixed(source)?;
    let text = format!("{source}\n{}", prelude::TEXT);
    naga::front::wgsl::parse_str(&text).map_err(|error| {
        // If the author's text ends too early, the parser runs into the prelude, which the author cannot see.
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
    // The first label in the author's text: a label in the prelude would point to text that the author cannot see.
    let own = error.labels().find(|(span, _)| span.to_range().is_none_or(|range| range.start <= source.len()));
    if let Some((span, text)) = own {
        refusal = refusal.at(span);
        // Some labels only repeat the message.
        if remedy.is_none() && !text.is_empty() && text != "see msg" && !refusal.message.starts_with(text) {
            refusal = refusal.note(text);
        }
    }
    if refusal.span.is_none() {
        refusal.span = mixed(source, error.message());
    }
    if let Some(remedy) = remedy {
        refusal = refusal.note(remedy);
    }
    // A message that was replaced needs no notes from naga.
    if refusal.message != found(error.message()) {
        return refusal;
    }
    error.notes().fold(refusal, |refusal, note| refusal.note(note))
}

/// naga does not say which `&&` or `||` has an operand that is not a boolean. It is the first one whose replacement by
/// another operator moves the error.
fn mixed(source: &str, message: &str) -> Option<Range<usize>> {
    /// Most bytes that are parsed again for this.
    const MOST: usize = 1 << 16;
    let (operator, other) = match message {
        _ if message.contains("LogicalAnd") => ("&&", "=="),
        _ if message.contains("LogicalOr") => ("||", "!="),
        _ => return None,
    };
    let code = text::without_comments(source);
    let places = code.match_indices(operator).map(|(at, _)| at..at + operator.len());
    places.take(MOST / code.len().max(1)).find(|place| {
        let mut changed = code.clone();
        changed.replace_range(place.clone(), other);
        let text = format!("{changed}\n{}", prelude::TEXT);
        naga::front::wgsl::parse_str(&text).map_or_else(|error| error.message() != message, |_| true)
    })
}

/// A part of naga's message, the replacement (empty: keep naga's message), and the remedy.
const WORDS: &[(&str, &str, &str)] = &[
    ("Division by zero", "a constant is divided by zero", DIVIDED),
    ("Remainder by zero", "a constant is divided by zero", DIVIDED),
    ("RHS of shift operation is greater", "a constant shift by 32 or more", SHIFTED),
    ("Shift amount exceeds", "a constant shift by 32 or more", SHIFTED),
    (
        "operation overflowed",
        "a constant expression overflows",
        "in WGSL that is an error; arithmetic on a `var` or an input wraps",
    ),
    (
        "The `return` expression None does not match",
        "this function may end without returning its value",
        "end it with a `return`, also after a loop that is always left by one",
    ),
    (
        "The `return` expression Some",
        "this function returns another type than it declares",
        "declare its type, as in `fn f() -> u32`, and convert the result with `u32(x)` or `i32(x)`",
    ),
    (
        "can't be passed into functions",
        "a pointer to a buffer cannot be passed to a function",
        "buffers are global: name them in the function, and pass indices",
    ),
    (
        "Uses operations forbidden at this stage",
        "compute shaders cannot do this",
        "`discard` and derivatives are for fragment shaders: leave the entry point with `return`",
    ),
    (
        "not supported in a const context",
        "this is not a constant",
        "constants consist of literals, constants, operators and built-in functions: use `let` in a function, or write \
         the number",
    ),
    (
        "Loading of ",
        "a buffer or a pointer cannot be used as a value",
        "read one element, as in `left[i]`; `arrayLength` takes a pointer to the buffer, `&left`",
    ),
    (
        "doesn't relate to a valid destination for a store",
        "this cannot be written",
        "inputs and parameters are read-only: write to the output, or to a `var`",
    ),
    (
        "Abstract types may only appear in constant expressions",
        "this literal does not fit the type of the other operand",
        "write it as a u32 or an i32, `2u` or `2i`; floating point is not in the kernel language",
    ),
    (
        "the `f16` enable extension is not enabled",
        "floating point is not in the kernel language",
        "use fixed point: u32 or i32, with `mulhi` and `mulhi_s` for products",
    ),
    ("`switch` cases for", "two cases of a `switch` have the same value", "remove one of them"),
    ("Incompatible operands", "the types of the operands do not match", OPERANDS),
    ("Cannot apply the binary op", "the types of the operands do not match", OPERANDS),
    ("doesn't match the type stored in", "this value has the wrong type", OPERANDS),
    ("is missing a `default` case", "", "add `default: { }`"),
    ("is not a boolean scalar", "", "compare, as in `x != 0u`: a number is not a bool"),
    ("type is too large", "", "values have at most 4,096 words, private arrays 1,024 words together"),
    ("nesting limit reached", "", "return, break or continue early, or move the inner code into functions"),
    ("Workgroup size is out of range", "", "the size has no effect: use `@workgroup_size(64)`"),
    ("is out of [", "", "a constant index is at least 0 and less than the length"),
    ("negative index", "", "a constant index is at least 0 and less than the length"),
    ("Composing expects", "", "give one value for each component, or one for all of a vector"),
    ("automatic conversions cannot", "", CONVERT),
    ("is expected to be", "", CONVERT),
    ("inconsistent type passed", "", CONVERT),
    ("wrong type passed", "", "convert it to one of the types below; floating point is not in the kernel language"),
    ("is a reserved keyword", "", "choose another name: WGSL reserves this one"),
    ("redefinition of", "", "choose another name"),
    ("is recursive", "", CIRCLE),
    ("is cyclic", "", CIRCLE),
    ("no definition in scope", "", "declare it, or check the spelling"),
    ("increment/decrement operation requires", "", "declare it with `var`: a `let` cannot change"),
    (
        "expected assignment or increment",
        "",
        "statements are assignments, calls, `let`, `const`, `var`, `if`, `switch`, `for`, `while`, `loop`, `break`, \
         `continue` and `return`; a variable is declared as `var x: u32`",
    ),
    (
        "expected `;`",
        "",
        "statements end with `;`; WGSL has `select` instead of `?:`, no `x++` in expressions, one `var` per variable",
    ),
    (
        "expected global item",
        "",
        "only declarations are allowed outside of functions; check for a missing or extra bracket above",
    ),
    ("unknown address space", "", "use `storage`, `uniform`, `private` or `function`"),
    (
        "invalid field accessor",
        "",
        "a vector of n components has the first n of x, y, z and w; a structure has its members",
    ),
    ("that can't be stored in a local", "", "give its arrays a length"),
    ("Unsized types", "an array without a length cannot be a variable", "give it a length"),
    ("not entry points cannot have", "", "remove the attributes"),
    ("not representable by target type", "", "write a literal that its type can hold"),
];

const DIVIDED: &str = "in WGSL that is an error; for values that are not constant, `x / 0` is x and `x % 0` is 0";
const SHIFTED: &str = "in WGSL that is an error; for values that are not constant, shift counts are modulo 32";
const CONVERT: &str = "convert with `u32(x)` or `i32(x)`, which keep the bits: there are no implicit conversions";
const OPERANDS: &str = "both sides need the same type: convert with `u32(x)` or `i32(x)`; `&&`, `||` and `!` need \
                        bool, as in `x != 0u`; `a & b == c` needs brackets, `(a & b) == c`";
const CIRCLE: &str =
    "functions are inlined, so none may call itself: write a loop, with an array as a stack; constants \
                      and structures cannot contain themselves";

/// naga's message reworded for authors of kernels, and a remedy.
fn reworded(message: &str) -> (String, Option<&'static str>) {
    if let Some(what) = message.strip_prefix("Not implemented as constant expression: ") {
        let remedy = match what.starts_with("bitcast") {
            true => "`u32(x)` and `i32(x)` also keep the bits",
            false => "copy one argument into a `var` first, or write the number",
        };
        return (format!("naga, the parser, cannot evaluate this in a constant expression: {what}"), Some(remedy));
    }
    if message.contains("cannot represent the abstract value") {
        return (message.replace("the concrete type ", ""), Some("write a literal that its type can hold"));
    }
    if message.starts_with("Operation ") && message.contains("can't work with") {
        return (operands(message), Some(OPERANDS));
    }
    match WORDS.iter().find(|(key, ..)| message.contains(key)) {
        Some((_, "", remedy)) => (found(message), Some(remedy)),
        Some((_, text, remedy)) => (text.to_string(), Some(remedy)),
        None => (found(message), None),
    }
}

fn found(message: &str) -> String {
    message.replace("found \"\"", "found the end of the source")
}

/// Rewrites `Operation Add can't work with (of type Scalar(Scalar { kind: Uint, width: 4 })) and …` in terms of WGSL.
fn operands(message: &str) -> String {
    let kinds: Vec<&str> = message
        .split("kind: ")
        .skip(1)
        .map(|rest| match rest.split([',', ' ']).next() {
            Some("Uint") => "u32",
            Some("Sint") => "i32",
            Some("Bool") => "bool",
            _ => "floating point",
        })
        .collect();
    match kinds.is_empty() {
        true => "this operation does not support this type".into(),
        false => format!("this operation cannot work with {}", kinds.join(" and ")),
    }
}

fn too_deep(source: &str) -> CompileError {
    let error = CompileError::new("the source is nested too deeply")
        .note("naga, which parses the source, accepts about 60 nested brackets or blocks: name parts with `let`");
    match deepest(source) {
        Some(range) => error.at(range.into()),
        None => error,
    }
}

/// The first bracket with the deepest nesting inside, if that is deep.
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

/// Validates the module by WGSL's rules.
pub(super) fn validate(module: &Module, source: &str) -> Result<ModuleInfo, CompileError> {
    // All of naga's capabilities are allowed here: features that kernels do not have are refused later, with a reason.
    Validator::new(ValidationFlags::all(), Capabilities::all()).validate(module).map_err(|error| {
        let span = error.spans().next().map_or(Span::UNDEFINED, |(span, _)| *span);
        // The outer errors refer to naga's internal tables.
        let outer = error.as_inner();
        let mut cause: &dyn std::error::Error = outer;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let (message, remedy) = reworded(&cause.to_string());
        let error = CompileError::new(without_handles(&message))
            .at(span)
            .note(remedy.unwrap_or("naga, which validates the source, refuses this by the rules of WGSL"));
        let whole = match (error.span.is_none(), outer) {
            (true, ValidationError::Function { name, .. } | ValidationError::EntryPoint { name, .. }) => {
                head(name, source)
            }
            _ => None,
        };
        CompileError { span: error.span.or(whole), ..error }
    })
}

/// `fn name(…)`, for errors that have no place inside the function.
fn head(name: &str, source: &str) -> Option<Range<usize>> {
    let code = text::without_comments(source);
    let start = text::declaration(&code, "fn", name)?.start;
    Some(start..start + code[start..].find('{')?)
}

/// The text without indices into naga's tables, such as `[5]`.
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
