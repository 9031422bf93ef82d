//! The dispute of one committed result as a state machine that is small enough to be searched through, and the proof
//! that the pallets are this machine.
//!
//! `state` has the rules of the chain, `game` who moves and how, `properties` what holds in every state that can be
//! reached. `market` is the same dispute between the real pallets, and `walk` takes both through the same random steps.
//!
//! The tree is small: a trace of one root, which is shown by one answer, and an output, which is shown by two. So three
//! answers follow from each other, where the largest trace and the largest output take six. What is shown here is the
//! part of the bound that does not depend on the size: the settlement is over
//! `answers · (answer_time + challenge_time)` ticks after the window. That no chain of answers is longer than six is
//! shown by the tests of the pallet demands.

mod game;
mod market;
mod properties;
mod state;
mod walk;
