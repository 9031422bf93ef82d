//! The state of the lowering, and the tables that it fills. Statements, expressions, loops and memory are lowered in
//! the modules named after them.

use std::{collections::HashMap, rc::Rc};

use naga::{
    valid::{FunctionInfo, ModuleInfo},
    Arena, Constant, Expression, Function, GlobalVariable, Handle, LocalVariable, Module, Span,
};
use touchstone_kir::{
    limits::{MAX_BOUNDS, MAX_CONSTANTS, MAX_INPUTS, MAX_NESTING, MAX_VIEWS},
    Bound, Op, ViewDecl,
};

use super::{
    abi::{Abi, Role},
    builder::{Builder, Word},
    counter::Counted,
    place::Place,
    uses::Uses,
    value::{Held, Lease, Leases, Value},
    writes::Writes,
};
use crate::{
    assemble::{too_deep, Outline},
    ir::{Label, Reg},
    CompileError,
};

/// Most instructions before optimisation: a kernel has 4,096 after it.
const MAX_LOWERED: usize = 32 * 1024;
/// Deepest nesting of constructs before optimisation, which removes some: a kernel has at most 64 after it.
const MAX_LOWERED_NESTING: usize = 4 * MAX_NESTING;
/// Most expressions and variables of inlined functions, counted for each call: a call costs time even if it adds no
/// instruction.
const MAX_INLINED: usize = 4 << 20;

/// Where `break` and `continue` go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exits {
    pub on_break: Label,
    /// The jump's operation and target; `None` in a `switch` outside of loops.
    pub on_continue: Option<(Op, Label)>,
}

/// Where `return` goes.
#[derive(Clone, Debug)]
pub(super) struct Return {
    pub label: Label,
    /// Where the result goes.
    pub result: Target,
}

/// Where a function that returns from several places puts its result.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// Variables.
    Registers(Vec<Reg>),
    /// A place in scratch.
    Scratch(Held),
}

/// A function being inlined.
pub(super) struct Frame<'a> {
    pub arena: &'a Arena<Expression>,
    pub function: Option<&'a Function>,
    pub info: Option<&'a FunctionInfo>,
    /// How the function uses its values.
    pub uses: Option<&'a Uses>,
    /// Leases of the variables that are in scratch.
    pub leases: Vec<Lease>,
    pub values: Vec<Option<Value>>,
    pub arguments: Vec<Value>,
    pub locals: HashMap<Handle<LocalVariable>, Place>,
    pub exits: Vec<Exits>,
    pub on_return: Option<Return>,
    /// The value of a function whose only `return` is its last statement.
    pub result: Option<Value>,
    /// How the function writes its variables, computed when it is first needed.
    pub writes: Option<Rc<Writes>>,
    /// Counters of the enclosing loops, and what is known about them inside.
    pub ranges: Vec<(Handle<LocalVariable>, Counted)>,
}

impl<'a> Frame<'a> {
    /// For expressions at module scope.
    pub(super) fn constants(arena: &'a Arena<Expression>) -> Self {
        Frame {
            arena,
            function: None,
            info: None,
            uses: None,
            leases: Vec::new(),
            values: vec![None; arena.len()],
            arguments: Vec::new(),
            locals: HashMap::new(),
            exits: Vec::new(),
            on_return: None,
            result: None,
            writes: None,
            ranges: Vec::new(),
        }
    }
}

/// Lowers one module.
pub(super) struct Lowerer<'a> {
    pub module: &'a Module,
    pub info: &'a ModuleInfo,
    pub abi: &'a Abi,
    pub source: &'a str,
    pub builder: Builder,
    pub tables: Outline,
    pub frame: Frame<'a>,
    /// By input, the view that its loads currently go through.
    pub views: [Option<u8>; MAX_INPUTS],
    /// Where private variables of the module are.
    pub globals: HashMap<Handle<GlobalVariable>, Place>,
    /// The words of module constants that have been evaluated.
    pub constants: HashMap<Handle<Constant>, Rc<[Word]>>,
    /// How functions use their values.
    pub uses: &'a HashMap<Handle<Function>, Uses>,
    pub leases: Leases,
    /// Values of at most so many words stay in registers even if they are indexed at run time.
    pub few: usize,
    /// Work done for calls, towards [`MAX_INLINED`].
    pub inlined: usize,
}

impl Lowerer<'_> {
    /// The span of the head of a loop or `if`, without its body.
    pub(super) fn head(&self, span: Span) -> Span {
        let head = span.to_range().and_then(|whole| {
            let text = self.source.get(whole.clone())?;
            let head = text[..text.find('{')?].trim_end();
            (!head.is_empty()).then(|| Span::from(whole.start..whole.start + head.len()))
        });
        head.unwrap_or(span)
    }

    /// Refuses a source that becomes too large through inlining.
    pub(super) fn check_size(&self, span: Span) -> Result<(), CompileError> {
        if self.builder.len() > MAX_LOWERED || self.inlined > MAX_INLINED {
            return Err(self.too_large(span));
        }
        if self.builder.depth() > MAX_LOWERED_NESTING {
            return Err(too_deep().at(span));
        }
        Ok(())
    }

    /// The error for such a source.
    pub(super) fn too_large(&self, span: Span) -> CompileError {
        CompileError::new("the kernel is too large")
            .at(span)
            .note("a kernel has at most 4,096 instructions, with every function inlined at each of its calls")
            .note("put what repeats into a loop, a table into a `const` array, or cut the work into several steps")
    }

    /// Where a global variable is.
    pub(super) fn global(&self, handle: Handle<GlobalVariable>) -> Place {
        let ty = self.module.global_variables[handle].ty;
        match self.abi.role(handle) {
            Role::Input(buffer) => Place::input(buffer, ty),
            Role::Params => Place::params(ty),
            Role::Output => Place::output(ty),
            Role::Private => self.globals.get(&handle).cloned().unwrap_or(Place::output(ty)),
        }
    }

    /// Index of a bound in the table.
    pub(super) fn bound(&mut self, bound: Bound, span: Span) -> Result<u16, CompileError> {
        if let Some(at) = self.tables.bounds.iter().position(|other| *other == bound) {
            return Ok(at as u16);
        }
        if self.tables.bounds.len() == MAX_BOUNDS {
            return Err(CompileError::new("too many different bounds")
                .at(span)
                .note(format!("a kernel has at most {MAX_BOUNDS} bounds of loops and reads")));
        }
        self.tables.bounds.push(bound);
        Ok((self.tables.bounds.len() - 1) as u16)
    }

    /// Declares a view.
    pub(super) fn view(&mut self, buffer: u8, bound: u16, span: Span) -> Result<u8, CompileError> {
        if self.tables.views.len() == MAX_VIEWS {
            return Err(CompileError::new("too many calls of bound_reads")
                .at(span)
                .note(format!("a kernel has at most {MAX_VIEWS}, each inlined copy counted")));
        }
        self.tables.views.push(ViewDecl { buffer, bound });
        Ok((self.tables.views.len() - 1) as u8)
    }

    /// Index of a run of constants in the table.
    pub(super) fn constant_data(&mut self, data: &[u32], span: Span) -> Result<u16, CompileError> {
        let table = &mut self.tables.constants;
        if let Some(at) = table.windows(data.len()).position(|window| window == data) {
            return Ok(at as u16);
        }
        if table.len() + data.len() > MAX_CONSTANTS {
            return Err(CompileError::new("too much constant data")
                .at(span)
                .note(format!("a kernel has at most {MAX_CONSTANTS} constant words")));
        }
        table.extend_from_slice(data);
        Ok((table.len() - data.len()) as u16)
    }
}
