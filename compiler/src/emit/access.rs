//! Emits loads and stores: inputs, constants, scratch and the window.

use touchstone_kir::{Instr, Op};

use super::{emitter::Emitter, facts::Fact, output_window::OutputWindow, place::Place};
use crate::range::{self, Range};

/// An index: its WGSL text, and what is known about its value.
struct Index {
    text: String,
    range: Range,
}

/// The guard that an access to something with `length` elements needs. Guards of loads test for indices that are out of
/// range instead of in range: lavapipe's code for a path tracer is 5% faster that way.
#[derive(PartialEq, Eq)]
enum Reach {
    Inside,
    Outside,
    Unknown,
}

impl Index {
    fn reach(&self, length: u32) -> Reach {
        match (self.range.hi < length, self.range.lo < length) {
            (true, _) => Reach::Inside,
            (_, false) => Reach::Outside,
            _ => Reach::Unknown,
        }
    }
}

impl Emitter<'_> {
    /// `r[a] + offset`, wrapping.
    fn index(&mut self, register: u8, of: Range, offset: u32) -> Index {
        let range = range::binary(Op::Add, of, Range::only(offset));
        let text = match (range.known(), offset) {
            (Some(word), _) => format!("{word}u"),
            (None, 0) => self.register(register),
            (None, _) if offset > i32::MAX as u32 => {
                format!("{} - {}u", self.register(register), offset.wrapping_neg())
            }
            (None, _) => format!("{} + {offset}u", self.register(register)),
        };
        Index { text, range }
    }

    pub(super) fn view(&mut self, instr: Instr, fact: &Fact) {
        let slot = usize::from(instr.b);
        if !self.asked_views[slot] {
            return;
        }
        let size = self.bound(self.module.views[slot].bound);
        let base = match fact.a.known() {
            Some(word) => format!("{word}u"),
            None => self.register(instr.a),
        };
        self.line(&format!("base{slot} = {base}; size{slot} = {size}u;"));
    }

    /// The condition under which an index in the buffer is outside the view; `None` if it is always inside.
    fn unseen(&self, instr: Instr, fact: &Fact, first: &str, words: u32) -> Option<String> {
        if fact.view.is_inside {
            return None;
        }
        let view = instr.b;
        let size = match fact.view.is_set {
            true => format!("{}u", self.bound(self.module.views[usize::from(view)].bound).saturating_sub(words - 1)),
            false if words == 1 => format!("size{view}"),
            false => format!("max(size{view}, {0}u) - {0}u", words - 1),
        };
        let below = if fact.view.is_plain { String::new() } else { format!("{first} < base{view} || ") };
        Some(format!("{below}{first} - base{view} >= {size}"))
    }

    fn buffer(&self, op: Op, instr: Instr) -> u8 {
        match op {
            Op::LoadView | Op::Load4View => self.module.views[usize::from(instr.b)].buffer,
            _ => instr.b,
        }
    }

    /// A word of an input.
    pub(super) fn load(&mut self, at: usize, op: Op, instr: Instr, fact: &Fact) {
        let buffer = self.buffer(op, instr);
        let words = self.words.get(usize::from(buffer)).copied().unwrap_or(0);
        let index = self.index(instr.a, fact.a, instr.imm);
        let reach = index.reach(words);
        let name = format!("at{at}");
        let unseen = if op == Op::LoadView { self.unseen(instr, fact, &name, 1) } else { None };
        if reach == Reach::Outside {
            return self.assign(instr.d, "0u");
        }
        if reach == Reach::Inside && unseen.is_none() {
            let word = self.word(buffer, &index.text);
            let word = self.words(at, fact.words, &word);
            return self.assign(instr.d, &word);
        }
        self.line(&format!("let {name} = {};", index.text));
        let word = match reach {
            Reach::Inside => self.word(buffer, &name),
            _ => self.word(buffer, &format!("min({name}, {}u)", words - 1)),
        };
        let outside = (reach == Reach::Unknown).then(|| format!("{name} >= {words}u"));
        let condition = [outside, unseen].into_iter().flatten().collect::<Vec<_>>().join(" || ");
        self.assign(instr.d, &format!("select({word}, 0u, {condition})"));
    }

    /// Word `index` of an input, which is in range.
    fn word(&self, buffer: u8, index: &str) -> String {
        match self.is_wide(buffer) {
            true => format!("{}[({index}) & 3u]", self.element(buffer, &format!("({index}) >> 2u"))),
            false => self.element(buffer, index),
        }
    }

    /// Four words of an input.
    pub(super) fn load_four(&mut self, at: usize, op: Op, instr: Instr, fact: &Fact) {
        let buffer = self.buffer(op, instr);
        // The last group is padded with zeros.
        let groups = self.words.get(usize::from(buffer)).copied().unwrap_or(0).div_ceil(4);
        let index = self.index(instr.a, fact.a, instr.imm);
        let reach = index.reach(groups);
        let (name, mut four) = (format!("at{at}"), format!("four{at}"));
        // `4u * i` does not wrap where `i` is a group of the buffer.
        let unseen = if op == Op::Load4View { self.unseen(instr, fact, &format!("4u * {name}"), 4) } else { None };
        if reach == Reach::Outside {
            self.line(&format!("let {four} = vec4<u32>();"));
        } else if reach == Reach::Inside && unseen.is_none() {
            let element = self.element(buffer, &index.text);
            let words = self.words(at, fact.words, &element);
            if words == element {
                self.line(&format!("let {four} = {element};"));
            } else {
                self.read.clear();
                four = words;
            }
        } else {
            self.line(&format!("let {name} = {};", index.text));
            let element = match reach {
                Reach::Inside => self.element(buffer, &name),
                _ => self.element(buffer, &format!("min({name}, {}u)", groups - 1)),
            };
            let outside = (reach == Reach::Unknown).then(|| format!("{name} >= {groups}u"));
            let condition = [outside, unseen].into_iter().flatten().collect::<Vec<_>>().join(" || ");
            self.line(&format!("let {four} = select({element}, vec4<u32>(), {condition});"));
        }
        for (register, lane) in (instr.d..=u8::MAX).zip(["x", "y", "z", "w"]) {
            self.assign(register, &format!("{four}.{lane}"));
        }
    }

    /// Where constants, scratch or the window are, and their number of words.
    fn place(&mut self, op: Op, instr: Instr) -> (Place, u32) {
        let window = u32::from(self.module.window);
        match op {
            Op::Cload => (self.table(instr), instr.high().into()),
            Op::Sload | Op::Sstore => {
                let length = self.module.segments.get(usize::from(instr.b)).copied().unwrap_or(0);
                (Place::Array(format!("scratch{}", instr.b)), length.into())
            }
            _ => match self.window {
                OutputWindow::Words => (Place::Words, window),
                OutputWindow::Array => (Place::Array("window".into()), window),
                OutputWindow::Output { .. } => (Place::Output, window),
            },
        }
    }

    /// A word of constants, scratch or the window.
    pub(super) fn load_private(&mut self, at: usize, op: Op, instr: Instr, fact: &Fact) {
        let offset = if op == Op::Cload { 0 } else { instr.imm };
        let (place, length) = self.place(op, instr);
        let index = self.index(instr.a, fact.a, offset);
        match index.reach(length) {
            Reach::Outside => self.assign(instr.d, "0u"),
            Reach::Inside => {
                let element = self.element_of(&place, &index.text);
                self.assign(instr.d, &element);
            }
            Reach::Unknown => {
                let name = format!("at{at}");
                self.line(&format!("let {name} = {};", index.text));
                let element = self.element_of(&place, &format!("min({name}, {}u)", length - 1));
                self.assign(instr.d, &format!("select({element}, 0u, {name} >= {length}u)"));
            }
        }
    }

    /// A word for scratch or the window.
    pub(super) fn store(&mut self, at: usize, op: Op, instr: Instr, fact: &Fact) {
        let (place, length) = self.place(op, instr);
        let index = self.index(instr.a, fact.a, instr.imm);
        let reach = index.reach(length);
        if reach == Reach::Outside {
            return self.read.clear();
        }
        let name = format!("at{at}");
        if reach == Reach::Unknown {
            self.line(&format!("let {name} = {};", index.text));
        }
        let value = match fact.d.known() {
            Some(word) => format!("{word}u"),
            None => self.register(instr.d),
        };
        match reach {
            Reach::Inside => {
                let element = self.element_of(&place, &index.text);
                self.line(&format!("{element} = {value};"));
            }
            _ => {
                let element = self.element_of(&place, &name);
                self.line(&format!("if {name} < {length}u {{ {element} = {value}; }}"));
            }
        }
    }

    /// The text of `r[a] + offset`.
    pub(super) fn index_text(&mut self, register: u8, fact: &Fact, offset: u32) -> String {
        self.index(register, fact.a, offset).text
    }

    fn element_of(&self, place: &Place, index: &str) -> String {
        match place {
            Place::Array(name) => format!("{name}[{index}]"),
            Place::Words => format!("window{}", index.trim_end_matches('u')),
            Place::Output => self.output_word(index),
            Place::Uniform(0) => format!("uniforms.constants[({index}) >> 2u][({index}) & 3u]"),
            Place::Uniform(first) => {
                format!("uniforms.constants[({index} + {first}u) >> 2u][({index} + {first}u) & 3u]")
            }
        }
    }
}
