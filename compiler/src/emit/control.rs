//! Structured control. KIR leaves any enclosing construct; WGSL only the innermost loop.
//!
//! A construct that something breaks out of becomes a WGSL loop that runs once: `block` as `loop { …; break; }`, `if`
//! as `while condition { …; break; }`. A jump across several of them sets `leave` to a number of its own and leaves
//! the innermost; behind each loop that it crosses, `leave` says whether to go on leaving, and how. An `if` that
//! nothing breaks out of stays an `if`, and is no obstacle: `break` and `continue` pass it.

use touchstone_kernel::{Instr, Module, Op};

use super::Emitter;

/// A jump out of more than one WGSL loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Crossing {
    /// Opening instruction of the construct it goes to.
    target: usize,
    /// `continue`, not `break`.
    continues: bool,
    /// Its value of `leave`, from 1.
    number: u32,
}

/// How each construct and jump is to be written, by instruction index.
struct Plan {
    /// The construct opened here is a loop in WGSL.
    is_loop: Vec<bool>,
    /// For a construct opened here, the WGSL loop around it.
    parent: Vec<Option<usize>>,
    /// Jumps that leave the construct opened here for one further out.
    crossing: Vec<Vec<Crossing>>,
    /// For a jump: what it crosses, or `None` if it goes to the innermost WGSL loop.
    jumps: Vec<Option<Crossing>>,
}

impl Plan {
    fn of(module: &Module) -> Plan {
        let code = &module.code;
        let mut plan = Plan {
            is_loop: vec![false; code.len()],
            parent: vec![None; code.len()],
            crossing: vec![Vec::new(); code.len()],
            jumps: vec![None; code.len()],
        };
        // Which ifs have to be loops must be known before any jump is planned.
        walk(code, |at, instr, open| match instr.opcode() {
            Some(Op::Block | Op::Loop) => plan.is_loop[at] = true,
            Some(Op::Break | Op::BreakIf) => {
                if let Some(target) = target(instr, open) {
                    plan.is_loop[target] = true;
                }
            }
            _ => {}
        });
        let mut numbers: Vec<(usize, bool)> = Vec::new();
        walk(code, |at, instr, open| {
            let loops: Vec<usize> = open.iter().rev().copied().filter(|&at| plan.is_loop[at]).collect();
            let continues = match instr.opcode() {
                Some(Op::If | Op::Block | Op::Loop) => {
                    plan.parent[at] = loops.first().copied();
                    return;
                }
                Some(Op::Break | Op::BreakIf) => false,
                Some(Op::Continue | Op::ContinueIf) => true,
                _ => return,
            };
            let Some(target) = target(instr, open) else { return };
            if loops.first() == Some(&target) {
                return;
            }
            let known = numbers.iter().position(|&number| number == (target, continues));
            let number = known.unwrap_or_else(|| {
                numbers.push((target, continues));
                numbers.len() - 1
            });
            let crossing = Crossing { target, continues, number: number as u32 + 1 };
            plan.jumps[at] = Some(crossing);
            for inner in loops.into_iter().take_while(|&inner| inner != target) {
                if !plan.crossing[inner].contains(&crossing) {
                    plan.crossing[inner].push(crossing);
                }
            }
        });
        plan
    }
}

/// Calls `visit` for each instruction with the opening instructions of the constructs around it.
fn walk(code: &[Instr], mut visit: impl FnMut(usize, Instr, &[usize])) {
    let mut open = Vec::new();
    for (at, &instr) in code.iter().enumerate() {
        visit(at, instr, &open);
        match instr.opcode() {
            Some(Op::If | Op::Block | Op::Loop) => open.push(at),
            Some(Op::End | Op::EndLoop) => {
                open.pop();
            }
            _ => {}
        }
    }
}

/// The construct that a jump goes to.
fn target(instr: Instr, open: &[usize]) -> Option<usize> {
    open.iter().rev().nth(usize::from(instr.b)).copied()
}

impl Emitter<'_> {
    /// Emits the whole program.
    pub(super) fn program(&mut self) {
        let plan = Plan::of(self.module);
        if plan.jumps.iter().any(Option::is_some) {
            self.line("var leave: u32 = 0u;");
        }
        let mut open: Vec<usize> = Vec::new();
        // Nothing is written from a jump to the end of its arm: it is not reached, and naga refuses it.
        let mut dead: Option<usize> = None;
        for (at, &instr) in self.module.code.iter().enumerate() {
            let Some(op) = instr.opcode() else { continue };
            let reached = dead.is_none();
            if let Some(depth) = dead {
                match op {
                    Op::If | Op::Block | Op::Loop => {
                        open.push(at);
                        continue;
                    }
                    Op::End | Op::EndLoop if open.len() > depth => {
                        open.pop();
                        continue;
                    }
                    Op::Else | Op::End | Op::EndLoop if open.len() == depth => dead = None,
                    _ => continue,
                }
            }
            match op {
                Op::If | Op::Block | Op::Loop => {
                    self.enter(op, instr, at, plan.is_loop[at]);
                    open.push(at);
                }
                Op::Else => self.otherwise(open.last().copied(), &plan, reached),
                Op::End | Op::EndLoop => {
                    if let Some(opened) = open.pop() {
                        self.close(opened, &plan, reached);
                    }
                }
                Op::Break | Op::BreakIf | Op::Continue | Op::ContinueIf => {
                    let jump = match (plan.jumps[at], op) {
                        (Some(crossing), _) => format!("leave = {}u; break;", crossing.number),
                        (None, Op::Break | Op::BreakIf) => "break;".into(),
                        (None, _) => "continue;".into(),
                    };
                    if matches!(op, Op::BreakIf | Op::ContinueIf) {
                        let condition = self.r(instr.a);
                        self.line(&format!("if {condition} != 0u {{ {jump} }}"));
                    } else {
                        self.line(&jump);
                        dead = Some(open.len());
                    }
                }
                op => self.operation(op, instr),
            }
        }
    }

    fn enter(&mut self, op: Op, instr: Instr, at: usize, is_loop: bool) {
        let head = match op {
            Op::Loop => {
                let bound = self.module.bounds.get(usize::from(instr.high()));
                let bound = bound.map_or(0, |bound| bound.value(self.params));
                format!("for (var turn{at} = 0u; turn{at} < {bound}u; turn{at}++) {{")
            }
            Op::Block => "loop {".into(),
            _ if is_loop => {
                // Held: the then-arm may change the register before the else-arm asks.
                let condition = self.r(instr.a);
                self.line(&format!("let yes{at} = {condition} != 0u;"));
                format!("while yes{at} {{")
            }
            _ => format!("if {} != 0u {{", self.r(instr.a)),
        };
        self.line(&head);
        self.indent += 1;
    }

    fn otherwise(&mut self, opened: Option<usize>, plan: &Plan, reached: bool) {
        let Some(at) = opened else { return };
        if plan.is_loop[at] && reached {
            self.line("break;");
        }
        self.indent -= 1;
        if plan.is_loop[at] {
            self.line("}");
            self.line(&format!("while !yes{at} {{"));
        } else {
            self.line("} else {");
        }
        self.indent += 1;
    }

    fn close(&mut self, at: usize, plan: &Plan, reached: bool) {
        let op = self.module.code[at].opcode();
        if plan.is_loop[at] && op != Some(Op::Loop) && reached {
            self.line("break;");
        }
        self.indent -= 1;
        self.line("}");
        for crossing in &plan.crossing[at] {
            let number = crossing.number;
            let action = match (plan.parent[at] == Some(crossing.target), crossing.continues) {
                (true, true) => "leave = 0u; continue;",
                (true, false) => "leave = 0u; break;",
                (false, _) => "break;",
            };
            self.line(&format!("if leave == {number}u {{ {action} }}"));
        }
    }
}
