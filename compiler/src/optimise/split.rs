//! Splits variables into SSA values. A variable remains where several values reach a use (Cytron et al., 1991, for
//! structured control flow).
//!
//! A variable that is written repeatedly in straight-line code becomes several temporaries, about which the other
//! passes know more. Unrelated uses of one variable become separate variables, which need not share a register.

use touchstone_kir::{Bound, Op};

use crate::ir::{Body, Inst, Label, Reg};

/// Most words of saved state (variables × saved points). A body that would need more is not changed.
const PATIENCE: usize = 1 << 23;

/// A place where a variable gets a value.
enum Node {
    /// It has not been written.
    Unwritten,
    /// The instruction that writes it, if no other value has to be in the same register.
    Written(usize),
    /// One of these, depending on the path (a φ node).
    Meeting(Vec<usize>),
}

/// By variable, the node of its value.
type State = Vec<usize>;

/// An open construct.
struct Frame {
    label: Label,
    op: Op,
    /// At the opening.
    before: State,
    /// The states of jumps to its end.
    left: Option<State>,
    /// The states of jumps to a loop's `end_loop`.
    continued: Option<State>,
    /// The variables that a loop writes, with their nodes at the start of each iteration.
    heads: Vec<(usize, usize)>,
    reachable: bool,
}

/// Splits the variables of a body.
pub(super) fn split(body: &mut Body, bounds: &[Bound]) {
    // Dense numbers for the variables in use.
    let mut number = vec![usize::MAX; body.temporary.len()];
    let mut variables: Vec<Reg> = Vec::new();
    for reg in body.code.iter().flat_map(|inst| inst.reads().chain(inst.writes()).collect::<Vec<_>>()) {
        if !body.temporary[reg as usize] && number[reg as usize] == usize::MAX {
            number[reg as usize] = variables.len();
            variables.push(reg);
        }
    }
    let control = body.code.iter().filter(|inst| inst.label != 0).count();
    if variables.is_empty() || (control + 1).saturating_mul(variables.len()) > PATIENCE {
        return;
    }
    let mut walk = Walk {
        nodes: (0..variables.len()).map(|_| Node::Unwritten).collect(),
        uses: Vec::new(),
        state: (0..variables.len()).collect(),
        reachable: true,
        frames: Vec::new(),
    };
    let written = written(&body.code, &number);
    for (at, inst) in body.code.iter().enumerate() {
        walk.step(at, inst, &number, &written[at], bounds);
    }
    walk.rename(body, &variables, &number);
}

/// By opening of a loop, the variables that it writes.
fn written(code: &[Inst], number: &[usize]) -> Vec<Vec<usize>> {
    let mut written: Vec<Vec<usize>> = vec![Vec::new(); code.len()];
    let mut open: Vec<(usize, bool)> = Vec::new();
    for (at, inst) in code.iter().enumerate() {
        if inst.opens() {
            open.push((at, inst.op == Op::Loop));
        } else if inst.closes() {
            open.pop();
        }
        for variable in inst.writes().map(|reg| number[reg as usize]).filter(|&variable| variable != usize::MAX) {
            for &(start, _) in open.iter().filter(|(_, is_loop)| *is_loop) {
                written[start].push(variable);
            }
        }
    }
    for variables in &mut written {
        variables.sort_unstable();
        variables.dedup();
    }
    written
}

struct Walk {
    nodes: Vec<Node>,
    /// Instruction, register and node of each use.
    uses: Vec<(usize, Reg, usize)>,
    state: State,
    reachable: bool,
    frames: Vec<Frame>,
}

impl Walk {
    fn step(&mut self, at: usize, inst: &Inst, number: &[usize], written: &[usize], bounds: &[Bound]) {
        for reg in inst.reads().filter(|&reg| number[reg as usize] != usize::MAX) {
            self.uses.push((at, reg, self.state[number[reg as usize]]));
        }
        match inst.op {
            Op::If | Op::Block | Op::Loop => self.open(inst, written, bounds),
            Op::Else => {
                let mut left = self.frames.last_mut().and_then(|frame| frame.left.take());
                self.meet(&mut left);
                if let Some(frame) = self.frames.last_mut() {
                    frame.left = left;
                    frame.op = Op::Else;
                    self.state.clone_from(&frame.before);
                    self.reachable = frame.reachable;
                }
            }
            Op::End => self.close(),
            Op::EndLoop => self.close_loop(),
            Op::Break | Op::BreakIf | Op::Continue | Op::ContinueIf => self.jump(inst),
            _ => {}
        }
        for reg in inst.writes().filter(|&reg| number[reg as usize] != usize::MAX) {
            let variable = number[reg as usize];
            let node = self.nodes.len();
            self.nodes.push(Node::Written(at));
            if inst.accumulates() {
                // Both have to be in the register of the instruction.
                let sum = self.nodes.len();
                self.nodes.push(Node::Meeting(vec![self.state[variable], node]));
                self.uses.push((at, reg, sum));
            }
            self.state[variable] = node;
        }
    }

    fn open(&mut self, inst: &Inst, written: &[usize], bounds: &[Bound]) {
        let mut frame = Frame {
            label: inst.label,
            op: inst.op,
            before: self.state.clone(),
            left: None,
            continued: None,
            heads: Vec::new(),
            reachable: self.reachable,
        };
        if inst.op == Op::Loop {
            let turns = bounds.get(usize::from(inst.table)).filter(|bound| bound.param.is_none());
            if turns.is_none_or(|bound| bound.c == 0) {
                // The loop may have no iterations.
                self.meet(&mut frame.left);
            }
            for &variable in written {
                let head = self.nodes.len();
                self.nodes.push(Node::Meeting(vec![self.state[variable]]));
                self.state[variable] = head;
                frame.heads.push((variable, head));
            }
        }
        self.frames.push(frame);
    }

    fn close(&mut self) {
        let Some(mut frame) = self.frames.pop() else { return };
        self.meet(&mut frame.left);
        if frame.op == Op::If && frame.reachable {
            let end = std::mem::replace(&mut self.state, frame.before);
            self.reachable = true;
            self.meet(&mut frame.left);
            self.state = end;
        }
        self.go_on(frame.left);
    }

    fn close_loop(&mut self) {
        let Some(mut frame) = self.frames.pop() else { return };
        self.meet(&mut frame.continued);
        self.go_on(frame.continued);
        for (variable, head) in frame.heads {
            let end = self.state[variable];
            if let (Node::Meeting(ways), true) = (&mut self.nodes[head], self.reachable) {
                ways.push(end);
            }
        }
        self.meet(&mut frame.left);
        self.go_on(frame.left);
    }

    fn jump(&mut self, inst: &Inst) {
        if let Some(at) = self.frames.iter().rposition(|frame| frame.label == inst.label) {
            let goes_on = matches!(inst.op, Op::Continue | Op::ContinueIf);
            let frame = &mut self.frames[at];
            let slot = if goes_on { &mut frame.continued } else { &mut frame.left };
            let mut there = slot.take();
            self.meet(&mut there);
            let frame = &mut self.frames[at];
            *(if goes_on { &mut frame.continued } else { &mut frame.left }) = there;
        }
        if matches!(inst.op, Op::Break | Op::Continue) {
            self.reachable = false;
        }
    }

    /// Adds the current state to those that reach the same point.
    fn meet(&mut self, there: &mut Option<State>) {
        if !self.reachable {
            return;
        }
        let Some(there) = there else {
            *there = Some(self.state.clone());
            return;
        };
        for (old, &new) in there.iter_mut().zip(&self.state) {
            if *old != new {
                self.nodes.push(Node::Meeting(vec![*old, new]));
                *old = self.nodes.len() - 1;
            }
        }
    }

    fn go_on(&mut self, state: Option<State>) {
        self.reachable = state.is_some();
        if let Some(state) = state {
            self.state = state;
        }
    }

    /// Assigns registers to the nodes: one variable for all nodes that are joined, and a temporary for each other node.
    fn rename(mut self, body: &mut Body, variables: &[Reg], number: &[usize]) {
        // A join whose value is not read is ignored.
        let mut live = vec![false; self.nodes.len()];
        let mut work: Vec<usize> = self.uses.iter().map(|&(_, _, node)| node).collect();
        while let Some(node) = work.pop() {
            if !std::mem::replace(&mut live[node], true) {
                if let Node::Meeting(ways) = &self.nodes[node] {
                    work.extend(ways);
                }
            }
        }
        let mut parent: Vec<usize> = (0..self.nodes.len()).collect();
        let mut alone = vec![true; self.nodes.len()];
        for node in (0..self.nodes.len()).filter(|&node| live[node]) {
            if let Node::Meeting(ways) = &self.nodes[node] {
                for &way in ways {
                    let (a, b) = (find(&mut parent, node), find(&mut parent, way));
                    parent[a] = b;
                    alone[a] = false;
                    alone[b] = false;
                }
            }
        }
        let mut registers: Vec<Option<Reg>> = vec![None; self.nodes.len()];
        let mut taken = vec![false; variables.len()];
        let nodes = std::mem::take(&mut self.nodes);
        let mut register = |node: usize, variable: usize, body: &mut Body| {
            let root = find(&mut parent, node);
            *registers[root].get_or_insert_with(|| {
                let is_temporary = alone[root] && matches!(nodes[root], Node::Written(_));
                if !is_temporary && !std::mem::replace(&mut taken[variable], true) {
                    return variables[variable];
                }
                body.temporary.push(is_temporary);
                (body.temporary.len() - 1) as Reg
            })
        };
        for &(at, reg, node) in &self.uses {
            let new = register(node, number[reg as usize], body);
            for slot in body.code[at].src.iter_mut().filter(|slot| **slot == reg) {
                // It is marked, so that it is not mistaken for an old register with the same number.
                *slot = new | RENAMED;
            }
        }
        for (node, written) in nodes.iter().enumerate() {
            if let Node::Written(at) = *written {
                let old = body.code[at].d;
                body.code[at].d = register(node, number[old as usize], body);
            }
        }
        for slot in body.code.iter_mut().flat_map(|inst| &mut inst.src) {
            if *slot != crate::ir::NONE {
                *slot &= !RENAMED;
            }
        }
    }
}

/// A bit that is not set in any register number.
const RENAMED: Reg = 1 << 31;

fn find(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}

#[cfg(test)]
mod tests {
    use touchstone_kir::Bound;

    use super::split;
    use crate::{
        ir::Body,
        testing::{keeps, turns},
    };

    /// As in the tests' tables: three iterations, none, as many as a parameter says.
    fn splitting(body: &mut Body) {
        split(body, &crate::testing::outline().bounds);
    }

    #[test]
    fn each_value_of_a_variable_in_straight_code_is_a_temporary() {
        turns(
            splitting,
            "t0 = gid
             v1 = add t0 1
             v1 = mul v1 v1
             v1 = xor v1 t0
             ostore t0 v1",
            "t0 = gid
             t2 = add t0 1
             t3 = mul t2 t2
             t4 = xor t3 t0
             ostore t0 t4",
        );
    }

    #[test]
    fn values_that_meet_after_an_if_share_a_variable() {
        turns(
            splitting,
            "t0 = gid
             v1 = const 7
             v2 = add v1 t0
             if t0 #1
             v1 = add v2 1
             end #1
             v2 = add v1 v2
             ostore t0 v2",
            "t0 = gid
             v1 = const 7
             t3 = add v1 t0
             if t0 #1
             v1 = add t3 1
             end #1
             t4 = add v1 t3
             ostore t0 t4",
        );
    }

    #[test]
    fn what_a_turn_leaves_to_the_next_stays_a_variable() {
        keeps(
            splitting,
            "t0 = gid
             v1 = const 7
             loop #1
             v1 = add v1 t0
             end_loop #1
             ostore t0 v1",
        );
    }

    #[test]
    fn what_is_written_first_in_each_turn_is_a_temporary() {
        turns(
            splitting,
            "t0 = gid
             v1 = const 7
             v2 = const 0
             loop #1 @2
             v1 = add v2 t0
             v2 = add v1 5
             end_loop #1 @2
             ostore t0 v2",
            "t0 = gid
             t4 = const 7
             v2 = const 0
             loop #1 @2
             t3 = add v2 t0
             v2 = add t3 5
             end_loop #1 @2
             ostore t0 v2",
        );
    }

    #[test]
    fn a_loop_that_may_not_begin_leaves_what_was_before() {
        for (bound, met) in [("@0", false), ("@1", true), ("@2", true)] {
            let text =
                format!("t0 = gid\nv1 = const 7\nloop #1 {bound}\nv1 = const 5\nend_loop #1 {bound}\nostore t0 v1");
            let mut body = crate::testing::body(&text);
            splitting(&mut body);
            assert_eq!(!body.temporary[body.code[3].d as usize], met, "{bound}");
        }
    }

    #[test]
    fn jumps_take_their_values_along() {
        keeps(
            splitting,
            "t0 = gid
             v1 = const 7
             block #1
             break_if t0 #1
             v1 = const 5
             end #1
             ostore t0 v1",
        );
        keeps(
            splitting,
            "t0 = gid
             v1 = const 7
             loop #1
             continue_if t0 #1
             v1 = const 5
             end_loop #1
             ostore t0 v1",
        );
    }

    #[test]
    fn an_accumulator_stays_in_its_register() {
        keeps(
            splitting,
            "t0 = gid
             v1 = add t0 1
             v1 = mad t0 t0
             v1 = mad t0 t0
             ostore t0 v1",
        );
    }

    #[test]
    fn what_was_never_written_is_zero() {
        turns(
            splitting,
            "t0 = gid
             t2 = add v1 t0
             v1 = add t2 1
             t3 = add v1 t0
             ostore t0 t3",
            "t0 = gid
             t2 = add v1 t0
             t4 = add t2 1
             t3 = add t4 t0
             ostore t0 t3",
        );
    }

    #[test]
    fn too_much_to_follow_is_left_alone() {
        let movs: String = (2..3002).map(|at| format!("v{at} = mov v1\n")).collect();
        let many = "v1 = add v1 1\n".to_string() + &movs + &"block #1\nend #1\n".repeat(1500);
        let mut body = crate::testing::body(&many);
        let before = body.code.clone();
        split(&mut body, &[Bound::constant(1)]);
        assert!(body.code == before);
    }
}
