//! What every command has, and how commands end.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use super::{output::Output, settings::Settings};

/// How a command ended well.
pub(super) enum Done {
    Ok,
    /// A committed result is wrong.
    WrongResult,
}

/// What every command has.
pub(super) struct Context {
    pub(super) settings: Settings,
    pub(super) out: Output,
    /// Files that were read for the settings: no output is written over them.
    pub(super) inputs: Vec<PathBuf>,
    /// What to tell when the command does not come to its end.
    pub(super) way_on: WayOn,
}

/// How to go on after an error or Ctrl-C, once something is on its way to the chain.
#[derive(Clone, Default)]
pub(super) struct WayOn(Arc<Mutex<Option<String>>>);

impl WayOn {
    /// From now on this is how to go on.
    pub(super) fn set(&self, text: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    /// Nothing is on its way any more.
    pub(super) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// How to go on, if there is anything to go on with.
    pub(super) fn text(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
