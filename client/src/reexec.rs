//! Reexec.
