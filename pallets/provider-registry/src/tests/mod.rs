mod asks;
mod engagement;
mod invariants;
mod matching;
mod registration;
