//! `if … else if …` and `switch`.
//!
//! A `switch` with few cases becomes a chain of `if … else`, which costs as much fuel as its most expensive case. A
//! longer chain would nest too deeply; a binary search finds the case instead, with as many nested constructs as the
//! number of cases has bits.

use naga::{Block, Expression, Handle, Span, Statement, SwitchCase, SwitchValue};
use touchstone_kir::Op;

use super::{
    builder::Word,
    lowerer::{Exits, Lowerer},
    prelude::{intrinsic, Intrinsic},
    statement::conditional,
};
use crate::{
    ir::{Inst, Label, NONE},
    CompileError,
};

/// Longest chain of cases that is lowered to nested `if`s.
const MAX_CHAIN: usize = 8;

/// One `if` of a chain.
struct Link<'a> {
    /// Computes the condition.
    before: Vec<(&'a Statement, Span)>,
    condition: Handle<Expression>,
    accept: &'a Block,
}

/// The cases of a `switch` that share a body.
struct Case<'a> {
    values: Vec<u32>,
    is_default: bool,
    body: &'a Block,
}

impl<'a> Lowerer<'a> {
    /// Lowers an `if`.
    pub(super) fn branch(
        &mut self,
        condition: Handle<Expression>,
        accept: &'a Block,
        reject: &'a Block,
    ) -> Result<(), CompileError> {
        let (links, last) = self.links(condition, accept, reject);
        if links.len() > MAX_CHAIN {
            return self.first_of(&links, last);
        }
        let condition = self.word(condition)?;
        match (condition, accept.is_empty(), reject.is_empty()) {
            (_, true, true) => return Ok(()),
            (Word::Const(0), ..) => return self.block(reject),
            (Word::Const(_), ..) => return self.block(accept),
            (_, true, false) => {
                let opposite = self.builder.negate(condition);
                return self.arms(opposite, reject, accept);
            }
            _ => {}
        }
        self.arms(condition, accept, reject)
    }

    fn arms(&mut self, condition: Word, accept: &'a Block, reject: &'a Block) -> Result<(), CompileError> {
        if let (Some((op, label)), true) = (self.only_jump(accept), reject.is_empty()) {
            self.jump_if(op, label, condition);
            return Ok(());
        }
        let label = self.open_if(condition);
        self.block(accept)?;
        if !reject.is_empty() {
            self.builder.push(Inst::control(Op::Else, label));
            self.block(reject)?;
        }
        self.builder.push(Inst::control(Op::End, label));
        Ok(())
    }

    fn open_if(&mut self, condition: Word) -> Label {
        let label = self.builder.label();
        let condition = self.builder.reg(condition);
        self.builder.push(Inst { src: [condition, NONE, NONE, NONE], ..Inst::control(Op::If, label) });
        label
    }

    /// The jump, if the block contains nothing else.
    fn only_jump(&self, block: &Block) -> Option<(Op, Label)> {
        let exits = self.frame.exits.last()?;
        match **block {
            [Statement::Break] => Some((Op::BreakIf, exits.on_break)),
            [Statement::Continue] => exits.on_continue.map(|(op, label)| (conditional(op), label)),
            _ => None,
        }
    }

    /// The chain that starts with an `if`, and the block of its last `else`.
    fn links(&self, condition: Handle<Expression>, accept: &'a Block, reject: &'a Block) -> (Vec<Link<'a>>, &'a Block) {
        let mut links = vec![Link { before: Vec::new(), condition, accept }];
        let mut rest = reject;
        while let Some(Statement::If { condition, accept, reject }) = rest.last() {
            let before: Vec<(&Statement, Span)> =
                rest.span_iter().take(rest.len() - 1).map(|(statement, span)| (statement, *span)).collect();
            if !before.iter().all(|(statement, _)| self.computes(statement)) {
                break;
            }
            links.push(Link { before, condition: *condition, accept });
            rest = reject;
        }
        (links, rest)
    }

    /// May precede an `if` without needing its own block.
    fn computes(&self, statement: &Statement) -> bool {
        match statement {
            Statement::Emit(_) | Statement::Store { .. } | Statement::If { .. } => true,
            Statement::Call { function, .. } => {
                let declared = self.module.functions.get_span(*function);
                let known = intrinsic(&self.module.functions[*function], declared, self.source.len());
                !matches!(known, Some(Intrinsic::BoundReads | Intrinsic::LoopBound))
            }
            _ => false,
        }
    }

    /// Finds the first condition that holds, then executes its arm.
    fn first_of(&mut self, links: &[Link<'a>], last: &'a Block) -> Result<(), CompileError> {
        let which = self.builder.variable();
        let found = self.builder.label();
        self.builder.push(Inst::control(Op::Block, found));
        for (number, link) in (0..).zip(links) {
            for &(statement, span) in &link.before {
                self.check_size(span)?;
                self.statement(statement, span)?;
            }
            let condition = self.word(link.condition)?;
            self.builder.assign(which, Word::Const(number));
            self.jump_if(Op::BreakIf, found, condition);
        }
        self.builder.assign(which, Word::Const(links.len() as u32));
        self.builder.push(Inst::control(Op::End, found));
        let which = self.builder.read(which);
        let arms: Vec<&Block> = links.iter().map(|link| link.accept).chain([last]).collect();
        self.numbered(which, 0, &arms)
    }

    /// The arm with this number; the first arm has the number `first`.
    fn numbered(&mut self, number: Word, first: u32, arms: &[&'a Block]) -> Result<(), CompileError> {
        let (left, right) = arms.split_at(arms.len() / 2);
        if left.is_empty() {
            return right.iter().try_for_each(|arm| self.block(arm));
        }
        let middle = first + left.len() as u32;
        let less = self.builder.binary(Op::LtU, number, Word::Const(middle));
        let label = self.open_if(less);
        self.numbered(number, first, left)?;
        self.builder.push(Inst::control(Op::Else, label));
        self.numbered(number, middle, right)?;
        self.builder.push(Inst::control(Op::End, label));
        Ok(())
    }

    /// Lowers a `switch`.
    pub(super) fn switch(&mut self, selector: Handle<Expression>, cases: &'a [SwitchCase]) -> Result<(), CompileError> {
        let selector = self.word(selector)?;
        let cases = gathered(cases);
        let label = self.builder.label();
        self.builder.push(Inst::control(Op::Block, label));
        let on_continue = self.frame.exits.last().and_then(|exits| exits.on_continue);
        self.frame.exits.push(Exits { on_break: label, on_continue });
        match selector {
            Word::Const(value) => {
                let hit = cases.iter().find(|case| !case.is_default && case.values.contains(&value));
                if let Some(case) = hit.or(cases.iter().find(|case| case.is_default)) {
                    self.block(case.body)?;
                }
            }
            _ if cases.len() > MAX_CHAIN => self.searched(selector, &cases, label)?,
            _ => self.chained(selector, &cases)?,
        }
        self.frame.exits.pop();
        self.builder.push(Inst::control(Op::End, label));
        Ok(())
    }

    /// A chain of `if … else`.
    fn chained(&mut self, selector: Word, cases: &[Case<'a>]) -> Result<(), CompileError> {
        let mut open = Vec::new();
        for case in cases.iter().filter(|case| !case.is_default) {
            let mut matches = Word::boolean(false);
            for &value in &case.values {
                let hit = self.builder.binary(Op::Eq, selector, Word::Const(value));
                matches = match matches {
                    Word::Const(0) => hit,
                    _ => self.builder.binary(Op::Or, matches, hit),
                };
            }
            let label = self.open_if(matches);
            self.block(case.body)?;
            self.builder.push(Inst::control(Op::Else, label));
            open.push(label);
        }
        if let Some(default) = cases.iter().find(|case| case.is_default) {
            self.block(default.body)?;
        }
        for label in open.into_iter().rev() {
            self.builder.push(Inst::control(Op::End, label));
        }
        Ok(())
    }

    /// A binary search, followed by the default case.
    fn searched(&mut self, mut selector: Word, cases: &[Case<'a>], end: Label) -> Result<(), CompileError> {
        // Each case is found by its first value; its other values are mapped to that one.
        let mut found: Vec<(u32, &Block)> = Vec::new();
        for case in cases.iter().filter(|case| !case.is_default) {
            let Some((&first, others)) = case.values.split_first() else { continue };
            for &other in others {
                let hit = self.builder.binary(Op::Eq, selector, Word::Const(other));
                selector = self.builder.select(hit, Word::Const(first), selector);
            }
            found.push((first, case.body));
        }
        found.sort_by_key(|&(value, _)| value);
        let default = cases.iter().find(|case| case.is_default).map(|case| case.body).filter(|body| !body.is_empty());
        let Some(default) = default else {
            return self.search(selector, &found, end, None);
        };
        let missed = self.builder.label();
        self.builder.push(Inst::control(Op::Block, missed));
        self.search(selector, &found, missed, Some(end))?;
        self.builder.push(Inst::control(Op::End, missed));
        self.block(default)
    }

    /// Executes the case of a value and jumps to the end; jumps to `missed` if there is none.
    fn search(
        &mut self,
        selector: Word,
        cases: &[(u32, &'a Block)],
        missed: Label,
        end: Option<Label>,
    ) -> Result<(), CompileError> {
        let (left, right) = cases.split_at(cases.len() / 2);
        let Some(&(middle, body)) = right.first() else { return Ok(()) };
        if left.is_empty() {
            let other = self.builder.binary(Op::Ne, selector, Word::Const(middle));
            self.jump_if(Op::BreakIf, missed, other);
            self.block(body)?;
            if let Some(end) = end {
                self.builder.push(Inst::control(Op::Break, end));
            }
            return Ok(());
        }
        let less = self.builder.binary(Op::LtU, selector, Word::Const(middle));
        let label = self.open_if(less);
        self.search(selector, left, missed, end)?;
        self.builder.push(Inst::control(Op::Else, label));
        self.search(selector, right, missed, end)?;
        self.builder.push(Inst::control(Op::End, label));
        Ok(())
    }
}

/// WGSL has no fall-through: naga uses it for a case with several values, with empty bodies for all but the last.
fn gathered(cases: &[SwitchCase]) -> Vec<Case<'_>> {
    let mut gathered = Vec::new();
    let (mut values, mut is_default) = (Vec::new(), false);
    for case in cases {
        match case.value {
            SwitchValue::U32(value) => values.push(value),
            SwitchValue::I32(value) => values.push(value as u32),
            SwitchValue::Default => is_default = true,
        }
        if !case.fall_through {
            gathered.push(Case { values: std::mem::take(&mut values), is_default, body: &case.body });
            is_default = false;
        }
    }
    gathered
}
