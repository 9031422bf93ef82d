//! What the pallet promises, one behaviour for each test.

mod attacks;
mod corruption;
mod delay;
mod demand;
mod hostile;
mod model;
mod outcome;
mod queue;
mod reads;
mod reveal;
mod scene;
mod shown;
mod unanswered;
