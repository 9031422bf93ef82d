//! Compilation in a separate process, so that a crash or an endless loop does no harm.
//!
//! naga's recursion on the source can overflow any stack, which ends the process, and some sources take it very long.
//! Therefore a program that compiles sources from others calls [`serve`] first in its `main`, and [`compile_apart`]
//! later. The latter starts the same program again, with resource limits, only to compile.

use std::{
    io::{self, Read, Write},
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    sync::{
        atomic::{AtomicU8, Ordering},
        mpsc,
    },
    time::Duration,
};

use codec::{Decode, Encode};
use touchstone_kir::Kernel;

use crate::{compile, CompileError, Compiled, Statistics, MAX_SOURCE_BYTES};

/// The environment variable that makes the program a child; its value is the limits.
const CHILD: &str = "TOUCHSTONE_COMPILER_CHILD";
/// The most bytes that are read from a child: a kernel, or an error with its notes.
const MAX_ANSWER_BYTES: u64 = 1 << 20;
/// Seconds of wall-clock time allowed for each second of processor time: the machine may be busy.
const PATIENCE: u32 = 10;

/// How this program compiles: one of the constants below.
static WHERE: AtomicU8 = AtomicU8::new(NOWHERE);
/// Neither function has been called: every source is refused.
const NOWHERE: u8 = 0;
/// [`serve`] has been called: the program may be started again to compile.
const IN_A_CHILD: u8 = 1;
/// [`trust_sources`] has been called: this process compiles.
const HERE: u8 = 2;

/// What a child may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Processor time in whole seconds, at least 1.
    pub seconds: u32,
    /// Address space in bytes.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { seconds: 1, memory: 1 << 30 }
    }
}

/// What a child answers.
#[derive(Encode, Decode)]
enum Answer {
    /// The encoded kernel.
    Kernel(Vec<u8>),
    /// Message, span and notes of the error.
    Refused(String, Option<(u32, u32)>, Vec<String>),
}

/// Call this first in `main`. If this process was started as a child, it compiles and returns the exit code. Otherwise
/// it returns `None`, and from then on [`compile_apart`] may start the program again.
pub fn serve() -> Option<ExitCode> {
    let Ok(limits) = std::env::var(CHILD) else {
        WHERE.store(IN_A_CHILD, Ordering::Relaxed);
        return None;
    };
    let limited = parse(&limits).ok_or_else(|| io::Error::other("no limits")).and_then(confine);
    Some(match limited.and_then(|()| answer()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    })
}

/// Makes [`compile_apart`] compile in this process, without limits. This is for tests and tools with their own sources:
/// a source can crash the process.
pub fn trust_sources() {
    WHERE.store(HERE, Ordering::Relaxed);
}

fn parse(limits: &str) -> Option<Limits> {
    let (seconds, memory) = limits.split_once(' ')?;
    Some(Limits { seconds: seconds.parse().ok()?, memory: memory.parse().ok()? })
}

#[cfg(unix)]
fn confine(limits: Limits) -> io::Result<()> {
    use rustix::process::{setrlimit, Resource, Rlimit};
    let limit = |current: u64, maximum: u64| Rlimit { current: Some(current), maximum: Some(maximum) };
    let seconds = u64::from(limits.seconds.max(1));
    setrlimit(Resource::As, limit(limits.memory, limits.memory))?;
    setrlimit(Resource::Cpu, limit(seconds, seconds + 1))?;
    // No core dump if a source crashes the compiler.
    setrlimit(Resource::Core, limit(0, 0))?;
    Ok(())
}

#[cfg(not(unix))]
fn confine(_: Limits) -> io::Result<()> {
    Ok(())
}

fn answer() -> io::Result<()> {
    let mut source = String::new();
    // One byte more than the limit is enough to refuse the source.
    io::stdin().lock().take(MAX_SOURCE_BYTES as u64 + 1).read_to_string(&mut source)?;
    let answer = match compile(&source) {
        Ok(compiled) => Answer::Kernel(compiled.kernel.encode()),
        Err(CompileError { message, span, notes }) => {
            Answer::Refused(message, span.map(|span| (span.start as u32, span.end as u32)), notes)
        }
    };
    let mut out = io::stdout().lock();
    out.write_all(&answer.encode())?;
    out.flush()
}

/// Compiles in a child process.
///
/// # Errors
/// Those of [`compile`]; a source that exceeds the child's limits or crashes it; a program that has called neither
/// [`serve`] nor [`trust_sources`].
pub fn compile_apart(source: &str, limits: Limits) -> Result<Compiled, CompileError> {
    match WHERE.load(Ordering::Relaxed) {
        IN_A_CHILD => {}
        HERE => return compile(source),
        _ => return Err(CompileError::new("this program cannot compile in a separate process").note(
            "it has to call `touchstone_compiler::serve()` first in its `main`, or `trust_sources()` if all sources \
                 are its own",
        )),
    }
    crate::frontend::check_length(source)?;
    let failed = |error: io::Error| CompileError::new(format!("the compiler cannot be started: {error}"));
    let mut child = std::env::current_exe()
        .and_then(|program| {
            Command::new(program)
                .env(CHILD, format!("{} {}", limits.seconds.max(1), limits.memory))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
        })
        .map_err(failed)?;
    let answer = converse(&mut child, source, Duration::from_secs(limits.seconds.max(1).into()) * PATIENCE);
    if answer.is_none() {
        // It may have exited in the meantime.
        let _ = child.kill();
    }
    let status = child.wait().map_err(failed)?;
    match answer.and_then(|bytes| Answer::decode(&mut bytes.as_slice()).ok()) {
        Some(Answer::Kernel(code)) => {
            let kernel = Kernel::decode(&code)
                .map_err(|error| CompileError::new(format!("the compiled kernel is not valid: {error}")))?;
            Ok(Compiled { statistics: Statistics::of(&kernel), kernel })
        }
        Some(Answer::Refused(message, span, notes)) => {
            let span = span.map(|(start, end)| start as usize..end as usize);
            Err(CompileError { message, span, notes })
        }
        None => Err(ended(status, limits)),
    }
}

/// Sends the source and reads the answer; `None` if that takes too long.
fn converse(child: &mut Child, source: &str, patience: Duration) -> Option<Vec<u8>> {
    let (mut input, output) = (child.stdin.take()?, child.stdout.take()?);
    let source = source.to_owned();
    // A child that exited early does not read its input; its exit status tells why.
    std::thread::spawn(move || input.write_all(source.as_bytes()).ok());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.take(MAX_ANSWER_BYTES).read_to_end(&mut bytes);
        // The receiver is gone if the child took too long.
        sender.send(read.map(|_| bytes).unwrap_or_default()).ok()
    });
    receiver.recv_timeout(patience).ok()
}

fn ended(status: ExitStatus, limits: Limits) -> CompileError {
    if took_too_long(status) {
        return CompileError::new("the source takes too long to compile").note(format!(
            "the limit is {} s of processor time: shorten the source, or raise the limit",
            limits.seconds.max(1)
        ));
    }
    CompileError::new("the source crashed the compiler").note(format!(
        "it ran out of stack or of {} MiB of memory ({status}): split long expressions and deep nesting with `let`",
        limits.memory >> 20
    ))
}

#[cfg(unix)]
fn took_too_long(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    // The child exceeded its processor time, or was killed.
    matches!(status.signal(), Some(24 | 9))
}

#[cfg(not(unix))]
fn took_too_long(_: ExitStatus) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn how_a_child_ended_says_what_was_wrong() {
        let limits = Limits { seconds: 3, memory: 1 << 28 };
        for signal in [24, 9] {
            let error = ended(ExitStatus::from_raw(signal), limits);
            assert_eq!(error.message, "the source takes too long to compile");
            assert!(error.notes[0].starts_with("the limit is 3 s of processor time"), "{:?}", error.notes);
        }
        for status in [6, 11, 256] {
            let error = ended(ExitStatus::from_raw(status), limits);
            assert_eq!(error.message, "the source crashed the compiler");
            assert!(error.notes[0].contains("256 MiB of memory"), "{:?}", error.notes);
        }
    }

    #[test]
    fn limits_are_handed_over_as_text() {
        assert_eq!(parse("3 4096"), Some(Limits { seconds: 3, memory: 4096 }));
        for text in ["", "3", "3 x", "-1 4096", "3 4096 5"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_child_that_does_not_answer_is_given_up() {
        let mut silent = Command::new("sleep").arg("60").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        assert_eq!(converse(&mut silent, "source", Duration::from_millis(20)), None);
        silent.kill().unwrap();
        assert!(took_too_long(silent.wait().unwrap()));
    }
}
