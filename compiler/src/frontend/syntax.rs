//! Helpers that inspect naga's IR.

use naga::{Arena, Block, Expression, Handle, LocalVariable, Span, Statement};

/// The local variable that a pointer expression leads to.
pub(super) fn root(arena: &Arena<Expression>, mut expression: Handle<Expression>) -> Option<Handle<LocalVariable>> {
    loop {
        expression = match arena[expression] {
            Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => base,
            Expression::LocalVariable(local) => return Some(local),
            _ => return None,
        }
    }
}

/// The blocks inside a statement.
pub(super) fn nested(statement: &Statement) -> Vec<&Block> {
    match statement {
        Statement::Block(block) => vec![block],
        Statement::If { accept, reject, .. } => vec![accept, reject],
        Statement::Switch { cases, .. } => cases.iter().map(|case| &case.body).collect(),
        Statement::Loop { body, continuing, .. } => vec![body, continuing],
        _ => Vec::new(),
    }
}

/// A pointer into a variable is passed to a function.
pub(super) fn passes_pointer(block: &Block, arena: &Arena<Expression>, local: Handle<LocalVariable>) -> bool {
    block.iter().any(|statement| match statement {
        Statement::Call { arguments, .. } => arguments.iter().any(|&argument| root(arena, argument) == Some(local)),
        other => nested(other).into_iter().any(|block| passes_pointer(block, arena, local)),
    })
}

/// Number of `return` statements.
pub(super) fn returns(block: &Block) -> usize {
    block
        .iter()
        .map(|statement| match statement {
            Statement::Return { .. } => 1,
            other => nested(other).into_iter().map(returns).sum(),
        })
        .sum()
}

/// The last statement is a `return`.
pub(super) fn ends_in_return(block: &Block) -> bool {
    match block.last() {
        Some(Statement::Return { .. }) => true,
        Some(Statement::Block(block)) => ends_in_return(block),
        _ => false,
    }
}

/// An expression is evaluated by one of these statements, and not in a block inside them.
pub(super) fn emits(statements: &[&Statement], expression: Handle<Expression>) -> bool {
    statements.iter().any(
        |statement| matches!(statement, Statement::Emit(range) if range.clone().any(|emitted| emitted == expression)),
    )
}

/// The statements of a loop's body. naga puts the braces of `for` and `while` into a nested block after the condition.
pub(super) fn flat(body: &Block) -> (Vec<&Statement>, Vec<Span>) {
    let mut statements = Vec::new();
    let mut spans = Vec::new();
    let mut rest = body;
    loop {
        let mut inner = None;
        for (at, (statement, span)) in rest.span_iter().enumerate() {
            match statement {
                Statement::Block(block) if at + 1 == rest.len() => inner = Some(block),
                other => {
                    statements.push(other);
                    spans.push(*span);
                }
            }
        }
        match inner {
            Some(block) => rest = block,
            None => return (statements, spans),
        }
    }
}

/// May continue with the next iteration of the loop around it.
pub(super) fn continues(statement: &Statement) -> bool {
    match statement {
        Statement::Continue => true,
        Statement::Loop { .. } => false,
        other => nested(other).into_iter().flat_map(|block| block.iter()).any(continues),
    }
}
