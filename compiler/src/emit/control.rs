//! Emits control flow: branches, loops and jumps.

use super::{
    emitter::Emitter,
    facts::Counter,
    shape::{falls_through, Condition, Shape},
};

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
                Shape::Loop { at, body } => {
                    let head = self.loop_head(*at);
                    self.open(&head);
                    self.statements(body);
                    self.close("}");
                }
                Shape::Once(body) => {
                    self.open("loop {");
                    self.statements(body);
                    if falls_through(body) {
                        self.line("break;");
                    }
                    self.close("}");
                }
                Shape::Jump(jump) if jump.continues => self.line("continue;"),
                Shape::Jump(_) => self.line("break;"),
                Shape::Leave(number) => self.line(&format!("leave = {number}u; break;")),
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

    fn loop_head(&mut self, at: usize) -> String {
        let fact = self.facts.loops.get(&at).copied().unwrap_or_default();
        let bound = self.bound(self.module.code[at].high());
        match fact.counter {
            _ if fact.is_left => "loop {".into(),
            Some(Counter { register, first, step, last }) => {
                let register = self.register(register);
                // Most loops count up from 0, which drivers optimise best.
                let counts_up = u64::from(first) + u64::from(step) * u64::from(bound) <= u32::MAX.into();
                let comparison = if counts_up { "<" } else { "!=" };
                format!("for (; {register} {comparison} {last}u; ) {{")
            }
            None => format!("for (var turn{at} = 0u; turn{at} < {bound}u; turn{at}++) {{"),
        }
    }
}
