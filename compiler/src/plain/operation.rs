//! Emits one operation as one or a few statements.

use touchstone_kir::{Instr, Op};

use super::{word, Emitter};

impl Emitter<'_> {
    /// Emits an operation that is not control flow.
    pub(super) fn operation(&mut self, op: Op, instr: Instr) {
        let Instr { d, a, b, imm, .. } = instr;
        let (ra, rb) = (format!("r{a}"), format!("r{b}"));
        let (c, e) = (format!("r{}", imm as u8), format!("r{}", (imm >> 8) as u8));
        let value = match op {
            Op::If
            | Op::Else
            | Op::End
            | Op::Block
            | Op::Loop
            | Op::EndLoop
            | Op::Break
            | Op::BreakIf
            | Op::Continue
            | Op::ContinueIf => return,
            Op::Const => self.immediate(imm),
            Op::Mov => ra,
            Op::Gid => "gid".into(),
            Op::Param => word(self.places.params + usize::from(b)),
            Op::Len => word(self.places.lengths + usize::from(b)),
            Op::Not | Op::Neg | Op::Abs | Op::Clz | Op::Ctz | Op::Popcnt | Op::Revbits => self.call(op, &[&ra]),
            Op::Select | Op::ExtractU | Op::ExtractS => self.call(op, &[&ra, &rb, &c]),
            Op::Insert => self.call(op, &[&ra, &rb, &c, &e]),
            Op::Dot4AccU => self.accumulate(Op::Dot4U, d, &ra, &rb),
            Op::Dot4AccS => self.accumulate(Op::Dot4S, d, &ra, &rb),
            Op::Mad => self.accumulate(Op::Mul, d, &ra, &rb),
            Op::Load | Op::LoadView | Op::Load4 | Op::Load4View => return self.load(op, instr),
            Op::View => return self.view(instr),
            Op::Cload => return self.constant(instr),
            Op::Sload | Op::Sstore => return self.scratch(op, instr),
            Op::Oload | Op::Ostore => return self.window(op, instr),
            _ if instr.is_immediate() => {
                let rb = self.immediate(imm);
                self.call(op, &[&ra, &rb])
            }
            _ => self.call(op, &[&ra, &rb]),
        };
        self.line(&format!("r{d} = {value};"));
    }

    fn call(&mut self, op: Op, arguments: &[&str]) -> String {
        self.used.note(op.name());
        format!("op_{}({})", op.name(), arguments.join(", "))
    }

    fn accumulate(&mut self, op: Op, d: u8, a: &str, b: &str) -> String {
        let product = self.call(op, &[a, b]);
        self.call(Op::Add, &[&format!("r{d}"), &product])
    }

    /// Base and end of a view. A view that would end beyond 2³² words ends at the last index: no buffer is that long.
    fn view(&mut self, instr: Instr) {
        let Instr { a, b, .. } = instr;
        let bound = self.module.views.get(usize::from(b)).map_or(0, |view| view.bound);
        let size = word(self.places.bounds + usize::from(bound));
        self.line(&format!(
            "base{b} = r{a};\nend{b} = r{a} + {size};\nend{b} = select(end{b}, 0xffffffffu, end{b} < base{b});"
        ));
    }

    fn load(&mut self, op: Op, instr: Instr) {
        let Instr { d, a, b, imm, .. } = instr;
        let index = format!("r{a} + {}", self.immediate(imm));
        let buffer = match op {
            Op::LoadView | Op::Load4View => self.module.views.get(usize::from(b)).map_or(0, |view| view.buffer),
            _ => b,
        };
        if matches!(op, Op::Load | Op::LoadView) {
            let seen = match op {
                Op::LoadView => format!("i >= base{b} && i < end{b}"),
                _ => "true".into(),
            };
            self.line(&format!("{{ let i = {index};\nr{d} = load{buffer}(i, {seen}); }}"));
            return;
        }
        let seen = match op {
            // Whole groups of four: the last one begins four words before the end.
            Op::Load4View => format!(" && f >= base{b} && end{b} >= 4u && f <= end{b} - 4u"),
            _ => String::new(),
        };
        self.line(&format!("{{ let i = {index};\nlet f = i << 2u;\nlet seen = i < 0x40000000u{seen};"));
        for lane in 0..4u8 {
            self.line(&format!("r{} = load{buffer}(f | {lane}u, seen);", d.saturating_add(lane)));
        }
        self.line("}");
    }

    fn constant(&mut self, instr: Instr) {
        let Instr { d, a, .. } = instr;
        let first = self.places.constants + usize::from(instr.low());
        let length = instr.high();
        self.line(&format!(
            "{{ let inside = r{a} < {length}u;\nlet k = {first}u + select(0u, r{a}, inside);\n\
             r{d} = select(0u, uni[k >> 2u][k & 3u], inside); }}"
        ));
    }

    fn scratch(&mut self, op: Op, instr: Instr) {
        let Instr { d, a, b, imm, .. } = instr;
        let start: u32 = self.module.segments.iter().take(b.into()).map(|&words| u32::from(words)).sum();
        let length = self.module.segments.get(usize::from(b)).copied().unwrap_or(0);
        let dropped = self.scratch_words();
        let place = format!(
            "let i = r{a} + {};\nlet inside = i < {length}u;\nlet place = select({dropped}u, {start}u + i, inside);",
            self.immediate(imm)
        );
        match op {
            Op::Sload => self.line(&format!("{{ {place}\nr{d} = select(0u, scratch[place], inside); }}")),
            _ => self.line(&format!("{{ {place}\nscratch[place] = r{d}; }}")),
        }
    }

    fn window(&mut self, op: Op, instr: Instr) {
        let Instr { d, a, imm, .. } = instr;
        let window = self.module.window;
        let index = format!("let i = r{a} + {};\nlet inside = i < {window}u;", self.immediate(imm));
        match op {
            Op::Oload => {
                self.line(&format!("{{ {index}\nr{d} = select(0u, out[start + select(0u, i, inside)], inside); }}"))
            }
            _ => self.line(&format!("{{ {index}\nif inside {{ out[start + i] = r{d}; }} }}")),
        }
    }
}
