//! How a function uses its values: which of them are indexed at run time, how long each is needed, and which can be
//! read in place from the variable that they were loaded from.

use std::collections::{BTreeSet, HashMap, HashSet};

use naga::{Arena, Block, Expression, Function, Handle, LocalVariable, Module, Statement};

use super::syntax::root;

/// What is known about the values of one function.
pub(super) struct Uses {
    indexed: Vec<bool>,
    stable: Vec<bool>,
    last: HashMap<usize, Vec<Handle<Expression>>>,
    assigned: HashSet<Handle<LocalVariable>>,
    /// By parameter: it is indexed at run time, here or in a function that it is passed to.
    parameters: Vec<bool>,
}

impl Uses {
    /// Analyses a function, given the results for the functions that it calls.
    pub(super) fn of(function: &Function, called: &HashMap<Handle<Function>, Uses>) -> Uses {
        let count = function.expressions.len();
        let mut walk = Walk {
            arena: &function.expressions,
            called,
            blocks: 0,
            path: Vec::new(),
            home: vec![None; count],
            last: vec![Last::Unused; count],
            indexed: vec![false; count],
            written: BTreeSet::new(),
            first: HashMap::new(),
        };
        walk.block(&function.body);
        walk.result(function)
    }

    /// Analyses all functions of a module. In naga, a function comes after those that it calls.
    pub(super) fn of_all(module: &Module) -> HashMap<Handle<Function>, Uses> {
        let mut all = HashMap::new();
        for (handle, function) in module.functions.iter() {
            let uses = Uses::of(function, &all);
            all.insert(handle, uses);
        }
        all
    }

    /// The value is indexed at run time.
    pub(super) fn is_indexed(&self, expression: Handle<Expression>) -> bool {
        self.indexed.get(expression.index()).copied().unwrap_or(false)
    }

    /// Nothing writes the variable that this value was loaded from while the value is needed.
    pub(super) fn is_stable(&self, expression: Handle<Expression>) -> bool {
        self.stable.get(expression.index()).copied().unwrap_or(false)
    }

    /// The values that are not needed after a statement.
    pub(super) fn ends_at(&self, statement: &Statement) -> &[Handle<Expression>] {
        self.last.get(&address(statement)).map_or(&[], Vec::as_slice)
    }

    /// The whole variable is written before it is used in any other way.
    pub(super) fn is_assigned_first(&self, local: Handle<LocalVariable>) -> bool {
        self.assigned.contains(&local)
    }
}

fn address(statement: &Statement) -> usize {
    std::ptr::from_ref(statement) as usize
}

/// A statement, identified by its block and its position in it.
#[derive(Clone, Copy)]
struct Place<'a> {
    block: u32,
    position: u32,
    statement: &'a Statement,
}

/// The last statement that uses a value, in the block that computes it.
#[derive(Clone, Copy)]
enum Last<'a> {
    Unused,
    At(Place<'a>),
    /// It is also used outside of its block, in the condition at the end of a loop.
    Unknown,
}

struct Walk<'a> {
    arena: &'a Arena<Expression>,
    called: &'a HashMap<Handle<Function>, Uses>,
    blocks: u32,
    /// The enclosing statements, outermost first.
    path: Vec<Place<'a>>,
    /// Where each expression is evaluated.
    home: Vec<Option<Place<'a>>>,
    last: Vec<Last<'a>>,
    indexed: Vec<bool>,
    /// Variables, with the statements that write them or contain such a statement.
    written: BTreeSet<(usize, u32, u32)>,
    /// The block in which a variable is used first, if the whole variable is written there and every other use is
    /// inside that block.
    first: HashMap<Handle<LocalVariable>, Option<u32>>,
}

impl<'a> Walk<'a> {
    fn block(&mut self, block: &'a Block) {
        self.blocks += 1;
        let number = self.blocks;
        for (position, statement) in (0..).zip(block.iter()) {
            self.path.push(Place { block: number, position, statement });
            self.statement(statement);
            self.path.pop();
        }
    }

    fn statement(&mut self, statement: &'a Statement) {
        match statement {
            Statement::Emit(range) => {
                for expression in range.clone() {
                    for operand in operands(&self.arena[expression]) {
                        self.uses(operand);
                    }
                    if let Expression::Access { base, index } = self.arena[expression] {
                        if !matches!(self.arena[index], Expression::Literal(_) | Expression::Constant(_)) {
                            self.mark(base);
                        }
                    }
                    self.evaluated(expression);
                }
            }
            Statement::Block(block) => self.block(block),
            Statement::If { condition, accept, reject } => {
                self.uses(*condition);
                self.block(accept);
                self.block(reject);
            }
            Statement::Switch { selector, cases } => {
                self.uses(*selector);
                for case in cases {
                    self.block(&case.body);
                }
            }
            Statement::Loop { body, continuing, break_if } => {
                self.block(body);
                self.block(continuing);
                if let Some(condition) = break_if {
                    self.uses(*condition);
                }
            }
            Statement::Return { value: Some(value) } => self.uses(*value),
            Statement::Store { pointer, value } => {
                self.uses(*value);
                match self.arena[*pointer] {
                    Expression::LocalVariable(local) => self.mention(local, true),
                    _ => self.uses(*pointer),
                }
                self.writes(*pointer);
            }
            Statement::Call { function, arguments, result } => {
                for &argument in arguments {
                    self.uses(argument);
                    self.writes(argument);
                }
                if let Some(uses) = self.called.get(function) {
                    for (&argument, &indexed) in arguments.iter().zip(&uses.parameters) {
                        if indexed {
                            self.mark(argument);
                        }
                    }
                }
                if let Some(result) = result {
                    self.evaluated(*result);
                }
            }
            _ => {}
        }
    }

    fn evaluated(&mut self, expression: Handle<Expression>) {
        let here = self.path.last().copied();
        self.home[expression.index()] = here;
        if let Some(here) = here {
            self.last[expression.index()] = Last::At(here);
        }
    }

    /// Notes that a value is used, and so are the values that it is a part of.
    fn uses(&mut self, mut expression: Handle<Expression>) {
        loop {
            if let Some(home) = self.home[expression.index()] {
                let last = &mut self.last[expression.index()];
                *last = match (self.path.iter().find(|place| place.block == home.block), *last) {
                    (Some(place), Last::Unused | Last::At(_)) => Last::At(*place),
                    _ => Last::Unknown,
                };
            }
            expression = match self.arena[expression] {
                Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => base,
                Expression::LocalVariable(local) => return self.mention(local, false),
                _ => return,
            };
        }
    }

    /// Notes that a value is indexed at run time, and so are the values that it is a part of.
    fn mark(&mut self, mut expression: Handle<Expression>) {
        loop {
            self.indexed[expression.index()] = true;
            expression = match self.arena[expression] {
                Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => base,
                _ => return,
            };
        }
    }

    /// Notes that a variable may be written through this pointer.
    fn writes(&mut self, pointer: Handle<Expression>) {
        let Some(local) = root(self.arena, pointer) else { return };
        for place in &self.path {
            self.written.insert((local.index(), place.block, place.position));
        }
    }

    fn mention(&mut self, local: Handle<LocalVariable>, is_whole: bool) {
        let here = self.path.last().filter(|_| is_whole).map(|place| place.block);
        let inside = |block: &u32| self.path.iter().any(|place| place.block == *block);
        self.first.entry(local).and_modify(|first| *first = first.filter(inside)).or_insert(here);
    }

    fn result(self, function: &Function) -> Uses {
        let mut last: HashMap<usize, Vec<Handle<Expression>>> = HashMap::new();
        let mut stable = vec![false; self.arena.len()];
        let mut parameters = vec![false; function.arguments.len()];
        for (expression, what) in self.arena.iter() {
            let at = expression.index();
            if let Expression::FunctionArgument(number) = *what {
                if let Some(parameter) = parameters.get_mut(number as usize) {
                    *parameter |= self.indexed[at];
                }
            }
            let (Some(home), Last::At(end)) = (self.home[at], self.last[at]) else { continue };
            last.entry(address(end.statement)).or_default().push(expression);
            if let Expression::Load { pointer } = *what {
                let written = |local: Handle<LocalVariable>| {
                    let (from, to) = (home.position + 1, end.position);
                    let key = |position| (local.index(), home.block, position);
                    from <= to && self.written.range(key(from)..=key(to)).next().is_some()
                };
                stable[at] = root(self.arena, pointer).is_some_and(|local| !written(local));
            }
        }
        let assigned = self.first.into_iter().filter_map(|(local, block)| block.map(|_| local)).collect();
        Uses { indexed: self.indexed, stable, last, assigned, parameters }
    }
}

/// The operands of an expression; none for expressions that kernels cannot have.
fn operands(expression: &Expression) -> Vec<Handle<Expression>> {
    match *expression {
        Expression::Access { base, index } => vec![base, index],
        Expression::AccessIndex { base, .. } => vec![base],
        Expression::Splat { value, .. } => vec![value],
        Expression::Swizzle { vector, .. } => vec![vector],
        Expression::Compose { ref components, .. } => components.clone(),
        Expression::Load { pointer } => vec![pointer],
        Expression::Unary { expr, .. } | Expression::As { expr, .. } => vec![expr],
        Expression::Binary { left, right, .. } => vec![left, right],
        Expression::Select { condition, accept, reject } => vec![condition, accept, reject],
        Expression::Relational { argument, .. } => vec![argument],
        Expression::Math { arg, arg1, arg2, arg3, .. } => [Some(arg), arg1, arg2, arg3].into_iter().flatten().collect(),
        Expression::ArrayLength(pointer) => vec![pointer],
        _ => Vec::new(),
    }
}
