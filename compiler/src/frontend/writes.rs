//! Which statements of a function write its variables.

use std::collections::HashMap;

use naga::{Arena, Block, Expression, Function, Handle, LocalVariable, Statement};

use super::syntax::{nested, root};

/// How a function writes its variables.
pub(super) struct Writes {
    all: HashMap<Handle<LocalVariable>, Write>,
}

/// How a function writes one of them.
#[derive(Clone, Copy, Default)]
pub(super) struct Write {
    /// Statements that may do it.
    pub count: usize,
    /// The value written, if a single statement writes the whole variable and it has no initial value.
    pub value: Option<Handle<Expression>>,
}

impl Writes {
    /// Of a function; of none, nothing is written.
    pub(super) fn of_function(function: Option<&Function>) -> Self {
        let mut writes = Writes { all: HashMap::new() };
        if let Some(function) = function {
            writes.add(function, &function.body);
        }
        writes
    }

    /// How one variable is written.
    pub(super) fn of(&self, local: Handle<LocalVariable>) -> Write {
        self.all.get(&local).copied().unwrap_or_default()
    }

    fn add(&mut self, function: &Function, block: &Block) {
        let arena = &function.expressions;
        for statement in block {
            match statement {
                Statement::Store { pointer, value } => {
                    let Some(local) = root(arena, *pointer) else { continue };
                    let write = self.all.entry(local).or_default();
                    write.count += 1;
                    let all_of_it = matches!(arena[*pointer], Expression::LocalVariable(_));
                    let only = write.count == 1 && all_of_it && function.local_variables[local].init.is_none();
                    write.value = only.then_some(*value);
                }
                // The called function may write through the pointer.
                Statement::Call { arguments, .. } => {
                    for local in arguments.iter().filter_map(|&argument| root(arena, argument)) {
                        let write = self.all.entry(local).or_default();
                        write.count += 1;
                        write.value = None;
                    }
                }
                other => {
                    for block in nested(other) {
                        self.add(function, block);
                    }
                }
            }
        }
    }
}

/// How many statements may write a variable.
pub(super) fn writes(block: &Block, arena: &Arena<Expression>, local: Handle<LocalVariable>) -> usize {
    block.iter().map(|statement| writes_statement(statement, arena, local)).sum()
}

/// How many statements write a variable: this one, or those inside it.
pub(super) fn writes_statement(
    statement: &Statement,
    arena: &Arena<Expression>,
    local: Handle<LocalVariable>,
) -> usize {
    match statement {
        Statement::Store { pointer, .. } => usize::from(root(arena, *pointer) == Some(local)),
        // The called function may write through the pointer.
        Statement::Call { arguments, .. } => {
            arguments.iter().filter(|&&argument| root(arena, argument) == Some(local)).count()
        }
        other => nested(other).into_iter().map(|block| writes(block, arena, local)).sum(),
    }
}
