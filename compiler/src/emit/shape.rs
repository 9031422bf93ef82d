//! Structured control flow. KIR can leave any enclosing construct, WGSL only the innermost loop.
//!
//! If one arm of an `if` leaves a construct, the code after the `if` moves into the other arm, and the construct needs
//! no counterpart in WGSL. Where that is not possible (both arms continue, or it would nest too deeply), the construct
//! becomes a WGSL loop that runs once. A jump out of a loop to a construct further out sets `leave` to its own number
//! and leaves the loop; after the loop, `leave` selects where to continue, by the same rules. The last memory accesses
//! that an arm makes before it leaves are moved after the loop in the same way.
//!
//! Code that is never executed according to the facts is left out.

use touchstone_kir::{Module, Op};

use super::{facts::Facts, tree::Node};

/// Constructs of a kernel nest 64 deep, and naga reads braces nested 127 deep.
const MAX_NESTING: usize = 24;

/// A statement that WGSL can express.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// The operation of an instruction.
    Operation(usize),
    If {
        condition: Condition,
        then: Vec<Shape>,
        otherwise: Vec<Shape>,
    },
    /// The loop that opens at this instruction.
    Loop {
        at: usize,
        body: Vec<Shape>,
    },
    /// A loop that runs once, so that its body can be left.
    Once(Vec<Shape>),
    Jump(Jump),
    /// Leaves the innermost loop for a jump that `leave` records.
    Leave(u32),
}

/// The condition of an `if`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Condition {
    /// Whether the register that the instruction at this index names is not 0.
    Register(usize),
    /// Whether a loop was left for this jump.
    Left(u32),
}

/// A jump that leaves or continues the construct that opens at `target`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Jump {
    pub target: usize,
    pub continues: bool,
}

pub(super) struct Shaper<'a> {
    module: &'a Module,
    facts: &'a Facts,
    /// What `leave` can record: jumps that cross a loop, and last statements of loops. Its value is the index here plus
    /// 1.
    left: Vec<Option<Jump>>,
}

/// The statements of a kernel, and whether they need the variable `leave`.
pub(super) fn shape(module: &Module, facts: &Facts, nodes: &[Node]) -> (Vec<Shape>, bool) {
    let mut shaper = Shaper { module, facts, left: Vec::new() };
    let shapes = shaper.list(nodes);
    (shapes, !shaper.left.is_empty())
}

impl Shaper<'_> {
    fn list(&mut self, nodes: &[Node]) -> Vec<Shape> {
        let mut shapes = Vec::new();
        for node in nodes {
            if !falls_through(&shapes) {
                break;
            }
            match node {
                Node::Operation(at) => {
                    if self.facts.at[*at].is_some() {
                        shapes.push(Shape::Operation(*at));
                    }
                }
                Node::If { at, then, otherwise } => {
                    let list = self.branch(*at, then, otherwise);
                    shapes.extend(self.without_target(*at, list));
                }
                Node::Block { at, body } => {
                    let list = self.list(body);
                    shapes.extend(self.without_target(*at, list));
                }
                Node::Loop { at, body } => shapes.extend(self.turns(*at, body)),
                Node::Jump { at, target, continues } => {
                    shapes.extend(self.jump(*at, Jump { target: *target, continues: *continues }));
                }
            }
        }
        shapes
    }

    fn branch(&mut self, at: usize, then: &[Node], otherwise: &[Node]) -> Vec<Shape> {
        match self.facts.at[at].map(|fact| fact.taken) {
            None => Vec::new(),
            Some(Some(true)) => self.list(then),
            Some(Some(false)) => self.list(otherwise),
            Some(None) => {
                let (then, otherwise) = (self.list(then), self.list(otherwise));
                match then.is_empty() && otherwise.is_empty() {
                    true => Vec::new(),
                    false => vec![Shape::If { condition: Condition::Register(at), then, otherwise }],
                }
            }
        }
    }

    fn jump(&mut self, at: usize, jump: Jump) -> Option<Shape> {
        let jump = Shape::Jump(jump);
        let is_conditional = matches!(self.module.code[at].opcode(), Some(Op::BreakIf | Op::ContinueIf));
        match (self.facts.at[at]?.taken, is_conditional) {
            (Some(false), true) => None,
            (Some(true), _) | (_, false) => Some(jump),
            (None, true) => {
                Some(Shape::If { condition: Condition::Register(at), then: vec![jump], otherwise: Vec::new() })
            }
        }
    }

    fn turns(&mut self, at: usize, body: &[Node]) -> Vec<Shape> {
        // A loop without a fact is not reached or has no iterations.
        let Some(fact) = self.facts.loops.get(&at) else { return Vec::new() };
        let runs_once = fact.runs_once;
        let mut body = self.list(body);
        if runs_once {
            // Continuing such a loop is the same as leaving it.
            each_jump(&mut body, &mut |jump| {
                if jump.target == at {
                    jump.continues = false;
                }
            });
            return self.without_target(at, body);
        }
        // At the end of the body, the loop continues anyway.
        if let Some(Shape::Jump(jump)) = body.last() {
            if *jump == (Jump { target: at, continues: true }) {
                body.pop();
            }
        }
        let mut last = Vec::new();
        self.sink(&mut body, at, &mut last);
        let mut shapes = self.with_crossings(at, body, |body| Shape::Loop { at, body });
        shapes.extend(last);
        shapes
    }

    fn remember(&mut self, left: Option<Jump>) -> u32 {
        self.left.push(left);
        self.left.len() as u32
    }

    /// Moves statements that are executed once, before the loop is left, to after the loop. Devices that run many
    /// invocations in lockstep would otherwise step through them in every iteration.
    fn sink(&mut self, shapes: &mut [Shape], at: usize, last: &mut Vec<Shape>) {
        for shape in shapes {
            let Shape::If { then, otherwise, .. } = shape else { continue };
            for arm in [then, otherwise] {
                self.sink(arm, at, last);
                let leaves = matches!(arm.last(), Some(Shape::Jump(jump)) if jump.target == at && !jump.continues);
                if leaves && self.is_worth_sinking(&arm[..arm.len() - 1]) {
                    arm.pop();
                    let number = self.remember(None);
                    let then = std::mem::replace(arm, vec![Shape::Leave(number)]);
                    last.push(Shape::If { condition: Condition::Left(number), then, otherwise: Vec::new() });
                }
            }
        }
    }

    /// Only operations, at least one of which accesses memory.
    fn is_worth_sinking(&self, shapes: &[Shape]) -> bool {
        let mut goes_to_memory = false;
        shapes.iter().all(|shape| {
            let Shape::Operation(at) = shape else { return false };
            goes_to_memory |= self.module.code[*at].opcode().is_some_and(|op| op >= Op::Load && op != Op::View);
            true
        }) && goes_to_memory
    }

    /// The statements of a construct that no jump has to leave any more.
    fn without_target(&mut self, at: usize, body: Vec<Shape>) -> Vec<Shape> {
        let mut has_jumps = false;
        each_jump(&mut body.clone(), &mut |jump| has_jumps |= jump.target == at);
        if !has_jumps {
            return body;
        }
        let most = depth(&body).max(MAX_NESTING);
        match nest(body.clone(), at).filter(|nested| depth(nested) <= most) {
            Some(nested) => nested,
            None => self.with_crossings(at, body, Shape::Once),
        }
    }

    /// A WGSL loop, followed by the jumps out of it to constructs further out.
    fn with_crossings(
        &mut self,
        at: usize,
        mut body: Vec<Shape>,
        make: impl FnOnce(Vec<Shape>) -> Shape,
    ) -> Vec<Shape> {
        let mut crossed = Vec::new();
        replace_jumps(&mut body, &mut |jump| {
            if jump.target == at {
                return None;
            }
            let known = self.left.iter().position(|left| *left == Some(jump));
            let number = known.map_or_else(|| self.remember(Some(jump)), |place| place as u32 + 1);
            if !crossed.contains(&(number, jump)) {
                crossed.push((number, jump));
            }
            Some(number)
        });
        let mut shapes = vec![make(body)];
        for (number, jump) in crossed {
            let then = vec![Shape::Jump(jump)];
            shapes.push(Shape::If { condition: Condition::Left(number), then, otherwise: Vec::new() });
        }
        shapes
    }
}

/// Whether the code after it is reachable.
pub(super) fn falls_through(shapes: &[Shape]) -> bool {
    match shapes.last() {
        Some(Shape::Jump(_) | Shape::Leave(_)) => false,
        Some(Shape::If { then, otherwise, .. }) => falls_through(then) || falls_through(otherwise),
        _ => true,
    }
}

fn depth(shapes: &[Shape]) -> usize {
    let inner = shapes.iter().map(|shape| match shape {
        Shape::If { then, otherwise, .. } => 1 + depth(then).max(depth(otherwise)),
        Shape::Loop { body, .. } | Shape::Once(body) => 1 + depth(body),
        _ => 0,
    });
    inner.max().unwrap_or(0)
}

/// Whether anything here leaves the construct.
fn leaves(shapes: &[Shape], target: usize) -> bool {
    shapes.iter().any(|shape| match shape {
        Shape::Jump(jump) => jump.target == target,
        Shape::If { then, otherwise, .. } => leaves(then, target) || leaves(otherwise, target),
        // Jumps out of loops are emitted after them.
        _ => false,
    })
}

/// The body of a construct without the jumps that leave it: code after an arm that leaves moves into the other arm.
/// `None` if in some `if` both arms can continue and one can leave.
fn nest(shapes: Vec<Shape>, target: usize) -> Option<Vec<Shape>> {
    let mut nested = Vec::new();
    let mut rest = shapes.into_iter();
    while let Some(shape) = rest.next() {
        match shape {
            Shape::Jump(jump) if jump.target == target => return Some(nested),
            Shape::If { condition, mut then, mut otherwise } if leaves(&then, target) || leaves(&otherwise, target) => {
                let rest: Vec<Shape> = rest.collect();
                match (falls_through(&then), falls_through(&otherwise)) {
                    (true, true) if !rest.is_empty() => return None,
                    (true, true) | (false, false) => {}
                    (false, true) => otherwise.extend(rest),
                    (true, false) => then.extend(rest),
                }
                let (then, otherwise) = (nest(then, target)?, nest(otherwise, target)?);
                nested.push(Shape::If { condition, then, otherwise });
                return Some(nested);
            }
            other => nested.push(other),
        }
    }
    Some(nested)
}

fn each_jump(shapes: &mut [Shape], visit: &mut impl FnMut(&mut Jump)) {
    for shape in shapes {
        match shape {
            Shape::Jump(jump) => visit(jump),
            Shape::If { then, otherwise, .. } => {
                each_jump(then, visit);
                each_jump(otherwise, visit);
            }
            _ => {}
        }
    }
}

/// Replaces jumps by `Leave` with the number that they are given, if any. Jumps inside loops have been replaced
/// already.
fn replace_jumps(shapes: &mut [Shape], number: &mut impl FnMut(Jump) -> Option<u32>) {
    for shape in shapes {
        match shape {
            Shape::Jump(jump) => {
                if let Some(number) = number(*jump) {
                    *shape = Shape::Leave(number);
                }
            }
            Shape::If { then, otherwise, .. } => {
                replace_jumps(then, number);
                replace_jumps(otherwise, number);
            }
            _ => {}
        }
    }
}
