//! Compiling in a process of its own, which can end badly or not at all without harm.
//!
//! naga recurses on its source and can overflow any stack, which ends the process; and some sources take it long. So a
//! program that compiles for others calls [`serve`] first in its `main`, and then [`compile_apart`]: that starts the
//! program once more, with limits, to do nothing but compile.

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

/// Tells the program that it is the child; the value is its limits.
const CHILD: &str = "TOUCHSTONE_COMPILER_CHILD";
/// Longest answer of a child that is read: a kernel, or an error with its notes.
const MAX_ANSWER_BYTES: u64 = 1 << 20;
/// Wall-clock time for one second of processor time: the machine may be busy.
const PATIENCE: u32 = 10;

/// Where this program compiles: one of the constants below.
static WHERE: AtomicU8 = AtomicU8::new(NOWHERE);
/// Nothing has been said: no source is compiled.
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

/// Compiles and returns an exit code if this process was started to do that; otherwise nothing, and from now on
/// [`compile_apart`] may start the program again. To be called first in `main`.
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

/// From now on [`compile_apart`] compiles in this process, without limits: for tests and tools whose sources are their
/// own. A source can end such a process.
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
    // A source that ends the compiler leaves nothing behind.
    setrlimit(Resource::Core, limit(0, 0))?;
    Ok(())
}

#[cfg(not(unix))]
fn confine(_: Limits) -> io::Result<()> {
    Ok(())
}

fn answer() -> io::Result<()> {
    let mut source = String::new();
    // One byte more than is allowed is enough to be refused.
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
/// Those of [`compile`]; a source that takes the child beyond its limits or ends it; a program that has called neither
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
        // It may have ended by itself just now.
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

/// Hands the source over and reads the answer; `None` if that takes too long.
fn converse(child: &mut Child, source: &str, patience: Duration) -> Option<Vec<u8>> {
    let (mut input, output) = (child.stdin.take()?, child.stdout.take()?);
    let source = source.to_owned();
    // A child that ends early reads nothing more; its status says why.
    std::thread::spawn(move || input.write_all(source.as_bytes()).ok());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.take(MAX_ANSWER_BYTES).read_to_end(&mut bytes);
        // Nobody listens any more if it took too long.
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
    CompileError::new("the source is too much for the compiler").note(format!(
        "it ran out of stack or of {} MiB of memory ({status}): split long expressions and deep nesting with `let`",
        limits.memory >> 20
    ))
}

#[cfg(unix)]
fn took_too_long(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    // By its processor time, or killed.
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
            assert_eq!(error.message, "the source is too much for the compiler");
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
