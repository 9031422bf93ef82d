//! The code of a kernel as a tree of constructs.

use touchstone_kir::{Instr, Op};

/// One instruction, or a construct from its opening instruction to its end.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// An operation that is not control.
    Operation(usize),
    If {
        at: usize,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
    Block {
        at: usize,
        body: Vec<Node>,
    },
    Loop {
        at: usize,
        body: Vec<Node>,
    },
    /// A `break` or `continue`, conditional or not, of the construct that opens at `target`.
    Jump {
        at: usize,
        target: usize,
        continues: bool,
    },
}

/// A construct that is being read: where it opens, and its arms so far.
struct OpenConstruct {
    at: usize,
    then: Option<Vec<Node>>,
    body: Vec<Node>,
}

/// The tree of a valid kernel's code. Its depth is limited by the nesting of constructs.
pub(super) fn tree(code: &[Instr]) -> Vec<Node> {
    let mut open: Vec<OpenConstruct> = Vec::new();
    let mut body = Vec::new();
    for (at, instr) in code.iter().enumerate() {
        let Some(op) = instr.opcode() else { continue };
        match op {
            Op::If | Op::Block | Op::Loop => {
                open.push(OpenConstruct { at, then: None, body: std::mem::take(&mut body) });
            }
            Op::Else => {
                if let Some(top) = open.last_mut() {
                    top.then = Some(std::mem::take(&mut body));
                }
            }
            Op::End | Op::EndLoop => {
                let Some(top) = open.pop() else { continue };
                let inner = std::mem::replace(&mut body, top.body);
                let at = top.at;
                body.push(match (code[at].opcode(), top.then) {
                    (Some(Op::Loop), _) => Node::Loop { at, body: inner },
                    (Some(Op::Block), _) => Node::Block { at, body: inner },
                    (_, Some(then)) => Node::If { at, then, otherwise: inner },
                    (_, None) => Node::If { at, then: inner, otherwise: Vec::new() },
                });
            }
            Op::Break | Op::BreakIf | Op::Continue | Op::ContinueIf => {
                if let Some(target) = open.iter().rev().nth(usize::from(instr.b)) {
                    let continues = matches!(op, Op::Continue | Op::ContinueIf);
                    body.push(Node::Jump { at, target: target.at, continues });
                }
            }
            _ => body.push(Node::Operation(at)),
        }
    }
    body
}
