//! One operation, one or a few statements.

use touchstone_kernel::{Instr, Op};

use super::{Emitter, MAX_LOCAL_WINDOW};

impl Emitter<'_> {
    /// Emits an operation that is not control.
    pub(super) fn operation(&mut self, op: Op, instr: Instr) {
        let Instr { d, a, b, imm, .. } = instr;
        let (ra, rb) = (self.r(a), self.r(b));
        let value = match op {
            Op::Const => format!("{imm}u"),
            Op::Mov => ra,
            Op::Gid => "gid".into(),
            Op::Param => format!("{}u", self.params.get(usize::from(b)).copied().unwrap_or(0)),
            Op::Len => format!("{}u", self.words.get(usize::from(b)).copied().unwrap_or(0)),
            Op::Select => format!("select({rb}, {ra}, {} != 0u)", self.r(imm as u8)),
            Op::Not => format!("~{ra}"),
            Op::Neg => format!("0u - {ra}"),
            Op::Abs => format!("select({ra}, 0u - {ra}, {ra} >= 0x80000000u)"),
            Op::Clz => format!("countLeadingZeros({ra})"),
            Op::Ctz => format!("countTrailingZeros({ra})"),
            Op::Popcnt => format!("countOneBits({ra})"),
            Op::Revbits => format!("reverseBits({ra})"),
            Op::ExtractU | Op::ExtractS => {
                self.needs.extract = true;
                format!("{}({ra}, {rb}, {})", op.name(), self.r(imm as u8))
            }
            Op::Insert => {
                self.needs.insert = true;
                format!("insert({ra}, {rb}, {}, {})", self.r(imm as u8), self.r((imm >> 8) as u8))
            }
            Op::Dot4AccU => format!("r{d} + dot4U8Packed({ra}, {rb})"),
            Op::Dot4AccS => format!("r{d} + bitcast<u32>(dot4I8Packed({ra}, {rb}))"),
            Op::Mad => format!("r{d} + {ra} * {rb}"),
            Op::Load | Op::LoadView | Op::Load4 | Op::Load4View => return self.load(op, instr),
            Op::View => {
                let declared = &self.module.views[usize::from(b)];
                let bound = self.module.bounds.get(usize::from(declared.bound));
                let size = bound.map_or(0, |bound| bound.value(self.params));
                self.line(&format!("base{b} = {ra}; size{b} = {size}u;"));
                return;
            }
            Op::Cload | Op::Sload | Op::Sstore | Op::Oload | Op::Ostore => return self.private(op, instr),
            _ if instr.is_immediate() => self.with_immediate(op, &ra, imm),
            _ => self.binary(op, &ra, &rb),
        };
        self.line(&format!("r{d} = {value};"));
    }

    fn binary(&mut self, op: Op, a: &str, b: &str) -> String {
        let signed = |text: &str| format!("bitcast<i32>({text})");
        let compare = |operator: &str| format!("select(0u, 1u, {a} {operator} {b})");
        let compare_s = |operator: &str| format!("select(0u, 1u, {} {operator} {})", signed(a), signed(b));
        // x / 1 = x and x % 1 = 0 are what KIR says of a division by 0, and of MIN by −1.
        let divisor = format!("select({b}, 1u, {b} == 0u)");
        let divisor_s = format!("select({b}, 1u, {b} == 0u || ({a} == 0x80000000u && {b} == 0xffffffffu))");
        match op {
            Op::Add => format!("{a} + {b}"),
            Op::Sub => format!("{a} - {b}"),
            Op::Mul => format!("{a} * {b}"),
            Op::MulhiU | Op::MulhiS => {
                self.needs.mulhi = true;
                format!("{}({a}, {b})", op.name())
            }
            Op::DivU => format!("{a} / {divisor}"),
            Op::RemU => format!("{a} % {divisor}"),
            Op::DivS => format!("bitcast<u32>({} / {})", signed(a), signed(&divisor_s)),
            Op::RemS => format!("bitcast<u32>({} % {})", signed(a), signed(&divisor_s)),
            Op::And => format!("{a} & {b}"),
            Op::Or => format!("{a} | {b}"),
            Op::Xor => format!("{a} ^ {b}"),
            Op::Shl => format!("{a} << ({b} & 31u)"),
            Op::ShrU => format!("{a} >> ({b} & 31u)"),
            Op::ShrS => format!("bitcast<u32>({} >> ({b} & 31u))", signed(a)),
            Op::MinU => format!("min({a}, {b})"),
            Op::MaxU => format!("max({a}, {b})"),
            Op::MinS => format!("bitcast<u32>(min({}, {}))", signed(a), signed(b)),
            Op::MaxS => format!("bitcast<u32>(max({}, {}))", signed(a), signed(b)),
            Op::Eq => compare("=="),
            Op::Ne => compare("!="),
            Op::LtU => compare("<"),
            Op::LeU => compare("<="),
            Op::GtU => compare(">"),
            Op::GeU => compare(">="),
            Op::LtS => compare_s("<"),
            Op::LeS => compare_s("<="),
            Op::GtS => compare_s(">"),
            Op::GeS => compare_s(">="),
            Op::Dot4U => format!("dot4U8Packed({a}, {b})"),
            Op::Dot4S => format!("bitcast<u32>(dot4I8Packed({a}, {b}))"),
            // No other operation gets here.
            _ => "0u".into(),
        }
    }

    /// WGSL refuses constant divisors and shifts that its rules forbid, so these are resolved here.
    fn with_immediate(&mut self, op: Op, a: &str, imm: u32) -> String {
        match (op, imm) {
            (Op::DivU | Op::DivS, 0) => a.into(),
            (Op::RemU | Op::RemS, 0) => "0u".into(),
            (Op::DivS, u32::MAX) => format!("0u - {a}"),
            (Op::RemS, u32::MAX) => "0u".into(),
            (Op::DivU, _) => format!("{a} / {imm}u"),
            (Op::RemU, _) => format!("{a} % {imm}u"),
            (Op::DivS, _) => format!("bitcast<u32>(bitcast<i32>({a}) / {})", signed_literal(imm)),
            (Op::RemS, _) => format!("bitcast<u32>(bitcast<i32>({a}) % {})", signed_literal(imm)),
            (Op::Shl, _) => format!("{a} << {}u", imm & 31),
            (Op::ShrU, _) => format!("{a} >> {}u", imm & 31),
            (Op::ShrS, _) => format!("bitcast<u32>(bitcast<i32>({a}) >> {}u)", imm & 31),
            _ => self.binary(op, a, &format!("{imm}u")),
        }
    }

    fn load(&mut self, op: Op, instr: Instr) {
        let Instr { d, a, b, imm, .. } = instr;
        let (buffer, view) = match op {
            Op::LoadView | Op::Load4View => (self.module.views[usize::from(b)].buffer, Some(b)),
            _ => (b, None),
        };
        let words = self.words.get(usize::from(buffer)).copied().unwrap_or(0);
        self.line("{");
        self.indent += 1;
        self.line(&format!("let i = {} + {imm}u;", self.r(a)));
        if matches!(op, Op::Load | Op::LoadView) {
            let seen = view.map_or(String::new(), |v| format!(" && i >= base{v} && i - base{v} < size{v}"));
            let word = match self.is_wide(buffer) {
                true => format!("{}[i & 3u]", self.element(buffer, "i >> 2u")),
                false => self.element(buffer, "i"),
            };
            self.line(&format!("r{d} = 0u;"));
            self.line(&format!("if i < {words}u{seen} {{ r{d} = {word}; }}"));
        } else {
            let groups = words.div_ceil(4);
            // i < groups implies that 4i does not wrap.
            let seen = view.map_or(String::new(), |v| {
                format!(" && 4u * i >= base{v} && size{v} >= 4u && 4u * i - base{v} <= size{v} - 4u")
            });
            self.line("var four = vec4<u32>();");
            let element = self.element(buffer, "i");
            self.line(&format!("if i < {groups}u{seen} {{ four = {element}; }}"));
            let lanes: Vec<String> = ["x", "y", "z", "w"]
                .iter()
                .enumerate()
                .map(|(at, lane)| format!("r{} = four.{lane};", usize::from(d) + at))
                .collect();
            self.line(&lanes.join(" "));
        }
        self.indent -= 1;
        self.line("}");
    }

    /// Constants, scratch and the window.
    fn private(&mut self, op: Op, instr: Instr) {
        let Instr { d, a, b, imm, .. } = instr;
        let (index, offset) = match op {
            Op::Cload => (self.r(a), 0),
            _ => (self.r(a), imm),
        };
        let known = self.constants[usize::from(a)].map(|value| value.wrapping_add(offset));
        let window = u32::from(self.module.window);
        let (array, length) = match op {
            Op::Cload => (format!("DATA[{}u + i]", instr.low()), u32::from(instr.high())),
            Op::Sload | Op::Sstore => {
                (format!("scratch{b}[i]"), self.module.segments.get(usize::from(b)).copied().unwrap_or(0).into())
            }
            _ if window == 1 => ("window0".into(), 1),
            _ if window <= u32::from(MAX_LOCAL_WINDOW) => ("window[i]".into(), window),
            _ => ("out[start + i]".into(), window),
        };
        let is_store = matches!(op, Op::Sstore | Op::Ostore);
        let access = match is_store {
            true => format!("{array} = {};", self.r(d)),
            false => format!("r{d} = {array};"),
        };
        if let Some(index) = known {
            let access = access.replace("[i]", &format!("[{index}u]")).replace("+ i]", &format!("+ {index}u]"));
            match (index < length, is_store) {
                (true, _) => self.line(&access),
                (false, true) => {}
                (false, false) => self.line(&format!("r{d} = 0u;")),
            }
            return;
        }
        self.line("{");
        self.indent += 1;
        self.line(&format!("let i = {index} + {offset}u;"));
        if !is_store {
            self.line(&format!("r{d} = 0u;"));
        }
        self.line(&format!("if i < {length}u {{ {access} }}"));
        self.indent -= 1;
        self.line("}");
    }
}

/// The word as an i32 literal.
fn signed_literal(word: u32) -> String {
    match word as i32 {
        i32::MIN => "i32(-2147483647 - 1)".into(),
        value => format!("{value}i"),
    }
}
