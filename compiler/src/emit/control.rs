//! Emits control flow: branches, loops and jumps.

use super::{
    emitter::Emitter,
    facts::Counter,
    shape::{falls_through, Condition, Shape},
};
use crate::bindings::CUT;

impl Emitter<'_> {
    pub(super) fn statements(&mut self, shapes: &[Shape]) {
        let mut done = 0;
        for (place, shape) in shapes.iter().enumerate() {
            if place < done {
                continue;
            }
            match shape {
                Shape::Operation(at) => {
                    // Consecutive operations that are consecutive instructions.
                    let row = shapes[place..].iter().zip(*at..);
                    let most = row.take_while(|(shape, at)| matches!(shape, Shape::Operation(it) if it == at)).count();
                    if most >= 4 && self.store_four(*at) {
                        done = place + 4;
                        continue;
                    }
                    match self.products(*at, most) {
                        0 => self.operation(*at),
                        count => done = place + count,
                    }
                }
                Shape::If { condition, then, otherwise } => self.choice(*condition, then, otherwise),
                Shape::Loop { at, body } => self.turns(*at, body),
                Shape::Once(body) => {
                    self.open("loop {");
                    self.loops.push(None);
                    self.statements(body);
                    self.loops.pop();
                    if falls_through(body) {
                        self.line("break;");
                    }
                    self.close("}");
                }
                Shape::Jump(jump) if jump.continues => self.line("continue;"),
                Shape::Jump(_) => self.leave(""),
                Shape::Leave(number) => self.leave(&format!("leave = {number}u; ")),
            }
        }
    }

    fn choice(&mut self, condition: Condition, then: &[Shape], otherwise: &[Shape]) {
        match condition {
            Condition::Left(number) => {
                self.open(&format!("if leave == {number}u {{"));
                self.line("leave = 0u;");
            }
            Condition::Register(at) => {
                let register = self.register(self.module.code[at].a);
                // An empty arm is omitted.
                if then.is_empty() {
                    self.open(&format!("if {register} == 0u {{"));
                    self.statements(otherwise);
                    return self.close("}");
                }
                self.open(&format!("if {register} != 0u {{"));
            }
        }
        self.statements(then);
        if !otherwise.is_empty() {
            self.close_and_open("} else {");
            self.statements(otherwise);
        }
        self.close("}");
    }

    /// A loop. Where the driver may cut it, it is remembered whether it was left by a jump: if it was not, and the
    /// condition to go on holds behind it, it was cut. A loop that a jump always leaves has such a condition too, or
    /// the driver would conclude that it was left by the jump.
    fn turns(&mut self, at: usize, body: &[Shape]) {
        let is_cut = self.target.cuts_loops;
        if is_cut {
            self.line(&format!("var left{at} = false;"));
            if self.condition(at).is_none() {
                self.line(&format!("var turn{at} = 0u;"));
            }
        }
        let bound = self.bound_of(at);
        let head = match self.condition(at) {
            _ if self.is_left(at) && !is_cut => "loop {".into(),
            Some(condition) => format!("for (; {condition}; ) {{"),
            None if is_cut => format!("for (; turn{at} < {bound}u; turn{at}++) {{"),
            None => format!("for (var turn{at} = 0u; turn{at} < {bound}u; turn{at}++) {{"),
        };
        self.open(&head);
        self.loops.push(Some(at));
        self.statements(body);
        self.loops.pop();
        self.close("}");
        if is_cut {
            let condition = self.condition(at).unwrap_or_else(|| format!("turn{at} < {bound}u"));
            self.line(&format!("if !left{at} && {condition} {{ {CUT} }}"));
        }
    }

    /// Leaves the innermost loop.
    fn leave(&mut self, before: &str) {
        let left = match self.loops.last() {
            Some(Some(at)) if self.target.cuts_loops => format!("left{at} = true; "),
            _ => String::new(),
        };
        self.line(&format!("{before}{left}break;"));
    }

    fn bound_of(&self, at: usize) -> u32 {
        self.bound(self.module.code[at].high())
    }

    /// Whether a loop is always left by a jump.
    fn is_left(&self, at: usize) -> bool {
        self.facts.loops.get(&at).is_some_and(|fact| fact.is_left)
    }

    /// What a loop asks of its counter before each turn. `None` if it has no counter of its own.
    fn condition(&mut self, at: usize) -> Option<String> {
        let fact = self.facts.loops.get(&at).copied().unwrap_or_default();
        if fact.is_left {
            return None;
        }
        let Counter { register, first, step, last } = fact.counter?;
        let register = self.register(register);
        // Most loops count up from 0, which drivers optimise best.
        let counts_up = u64::from(first) + u64::from(step) * u64::from(self.bound_of(at)) <= u32::MAX.into();
        let comparison = if counts_up { "<" } else { "!=" };
        Some(format!("{register} {comparison} {last}u"))
    }
}
