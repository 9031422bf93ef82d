mod asks;
mod engagement;
mod invariants;
mod junk;
mod matching;
mod registration;
mod shelves;
