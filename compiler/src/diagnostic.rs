//! The error of a refused source: message, place and remedy, and how they are printed.

use std::{fmt, io, ops::Range};

use codespan_reporting::{
    diagnostic::{Diagnostic, Label},
    files::{self, SimpleFile},
    term::{self, WriteStyle},
};

/// Why a source was refused: what is wrong, where, and how to fix it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompileError {
    /// What is wrong, in one line.
    pub message: String,
    /// The bytes of the source that the message refers to; `None` if it refers to the whole source.
    pub span: Option<Range<usize>>,
    /// Reasons and remedies.
    pub notes: Vec<String>,
}

/// Longest message in bytes. Messages can contain names of any length.
const LONGEST_MESSAGE: usize = 400;
/// Longest part of a source line that is shown, in bytes.
const LONGEST_LINE: usize = 1000;

impl CompileError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        CompileError { message: shortened(message.into()), span: None, notes: Vec::new() }
    }

    pub(crate) fn at(mut self, span: naga::Span) -> Self {
        if self.span.is_none() {
            self.span = span.to_range();
        }
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(shortened(note.into()));
        self
    }

    /// The error with the source lines that it refers to, as plain text.
    pub fn render(&self, source: &str, path: &str) -> String {
        let files = SimpleFile::new(path, source);
        term::emit_into_string(&term::Config::default(), &files, &self.diagnostic(source))
            .unwrap_or_else(|_| format!("{path}: {self}\n"))
    }

    /// The same to a stream that may show colours, such as [`termcolor`'s](term::termcolor) standard error.
    pub fn render_to(&self, source: &str, path: &str, out: &mut dyn term::termcolor::WriteColor) -> io::Result<()> {
        let files = SimpleFile::new(path, source);
        let styles = term::Styles::default();
        let mut writer = term::StylesWriter::new(out, &styles);
        emit_styled(&mut writer, &files, &self.diagnostic(source)).map_err(|error| match error {
            files::Error::Io(error) => error,
            other => io::Error::other(other),
        })
    }

    fn diagnostic(&self, source: &str) -> Diagnostic<()> {
        let diagnostic = Diagnostic::error().with_message(&self.message).with_notes(self.notes.clone());
        let Some(span) = self.span.clone() else { return diagnostic };
        let end = span.end.min(source.len());
        let start = span.start.min(end);
        if line(source, start).len().max(line(source, end).len()) <= LONGEST_LINE {
            return diagnostic.with_label(Label::primary((), start..end));
        }
        let before = source.get(..start).unwrap_or(source);
        let column = before.chars().rev().take_while(|&char| char != '\n').count() + 1;
        diagnostic.with_note(format!("at line {}, column {column}", before.matches('\n').count() + 1))
    }
}

/// The line around a place.
fn line(source: &str, at: usize) -> &str {
    let start = source.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |found| found + 1);
    source.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("")
}

fn shortened(text: String) -> String {
    match text.char_indices().find(|(at, _)| *at > LONGEST_MESSAGE) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

fn emit_styled<W: WriteStyle>(
    writer: &mut W,
    files: &SimpleFile<&str, &str>,
    diagnostic: &Diagnostic<()>,
) -> Result<(), files::Error> {
    term::emit_to_write_style(writer, &term::Config::default(), files, diagnostic)
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CompileError {}
