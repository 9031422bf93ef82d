//! The lowering's state: functions inlined into one program, and the tables that instructions refer to.

use std::{collections::HashMap, rc::Rc};

use naga::{
    valid::{FunctionInfo, ModuleInfo},
    Arena, Constant, Expression, Function, GlobalVariable, Handle, LocalVariable, Module, Span, TypeInner,
};
use touchstone_kir::{
    limits::{MAX_BOUNDS, MAX_CONSTANTS, MAX_INPUTS, MAX_NESTING, MAX_VIEWS},
    Bound, Op, ViewDecl,
};

use super::{
    abi::{self, Abi, Role},
    bounds::{Counted, Writes},
    builder::{Builder, Word},
    held::{Held, Lease, Leases},
    place::Place,
    types,
    uses::Uses,
};
use crate::{
    assemble::{too_deep, Outline},
    ir::{Inst, Label, Program, Reg},
    CompileError,
};

/// Most instructions before optimisation: a kernel has 4,096 after it.
const MAX_LOWERED: usize = 32 * 1024;
/// Most constructs in each other before optimisation, which removes some: a kernel has 64 after it.
const MAX_LOWERED_NESTING: usize = 4 * MAX_NESTING;
/// Most expressions and variables of functions that are inlined, each call counted: calls cost time even where they
/// leave no instruction.
const MAX_INLINED: usize = 4 << 20;
/// Local arrays longer than this live in scratch even if every index is known.
const MAX_ARRAY_IN_REGISTERS: u32 = 32;

/// A kernel before optimisation.
pub struct Lowered {
    pub program: Program,
    pub tables: Outline,
}

/// The value of an expression.
#[derive(Clone, Debug)]
pub enum Value {
    /// Its scalars, flattened.
    Words(Rc<[Word]>),
    /// Its scalars are in scratch.
    Held(Held),
    /// Where the pointer points to.
    Place(Place),
}

impl Value {
    /// The segment of scratch that a value is in.
    pub fn segment(&self) -> Option<u16> {
        match self {
            Value::Held(held) => held.place.segment(),
            _ => None,
        }
    }
}

/// Where `break` and `continue` go.
#[derive(Clone, Copy, Debug)]
pub struct Exits {
    pub on_break: Label,
    /// The jump's operation and target; `None` in a `switch` outside of loops.
    pub on_continue: Option<(Op, Label)>,
}

/// Where `return` goes.
#[derive(Clone, Debug)]
pub struct Return {
    pub label: Label,
    /// Where the result goes.
    pub result: Target,
}

/// Where the result of a function goes that returns from several places.
#[derive(Clone, Debug)]
pub enum Target {
    /// Variables.
    Registers(Vec<Reg>),
    /// A place in scratch.
    Scratch(Held),
}

/// A function being inlined.
pub struct Frame<'a> {
    pub arena: &'a Arena<Expression>,
    pub function: Option<&'a Function>,
    pub info: Option<&'a FunctionInfo>,
    /// How the function uses its values.
    pub uses: Option<&'a Uses>,
    /// Of the variables that are in scratch.
    pub leases: Vec<Lease>,
    pub values: Vec<Option<Value>>,
    pub arguments: Vec<Value>,
    pub locals: HashMap<Handle<LocalVariable>, Place>,
    pub exits: Vec<Exits>,
    pub on_return: Option<Return>,
    /// The value of a function whose only `return` is its last statement.
    pub result: Option<Value>,
    /// How the function writes its variables, once that was asked for.
    pub writes: Option<Rc<Writes>>,
    /// Counters of the loops around, and what they are inside.
    pub ranges: Vec<(Handle<LocalVariable>, Counted)>,
}

impl<'a> Frame<'a> {
    fn constants(arena: &'a Arena<Expression>) -> Self {
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
pub struct Lowerer<'a> {
    pub module: &'a Module,
    pub info: &'a ModuleInfo,
    pub abi: &'a Abi,
    pub source: &'a str,
    pub builder: Builder,
    pub tables: Outline,
    pub frame: Frame<'a>,
    /// The view that loads of an input go through here.
    pub views: [Option<u8>; MAX_INPUTS],
    globals: HashMap<Handle<GlobalVariable>, Place>,
    constants: HashMap<Handle<Constant>, Rc<[Word]>>,
    /// How functions use their values.
    pub uses: &'a HashMap<Handle<Function>, Uses>,
    pub leases: Leases,
    /// Values of at most so many words stay in registers, also where their elements are chosen while the kernel runs.
    pub few: usize,
    /// Work done for calls, towards [`MAX_INLINED`].
    inlined: usize,
}

/// Lowers the entry point with everything it calls. Values of at most `few` words stay in registers, also where their
/// elements are chosen while the kernel runs.
pub fn lower(module: &Module, info: &ModuleInfo, abi: &Abi, source: &str, few: usize) -> Result<Lowered, CompileError> {
    let entry = abi::entry_point(module)?;
    let uses = Uses::of_all(module);
    let of_entry = Uses::of(&entry.function, &uses);
    let mut lowerer = Lowerer {
        module,
        info,
        abi,
        source,
        builder: Builder::default(),
        tables: Outline::default(),
        frame: Frame::constants(&module.global_expressions),
        views: [None; MAX_INPUTS],
        globals: HashMap::new(),
        constants: HashMap::new(),
        uses: &uses,
        leases: Leases::default(),
        few,
        inlined: 0,
    };
    for (handle, _) in module.global_variables.iter() {
        lowerer.private(handle)?;
    }
    let mut arguments = Vec::new();
    for argument in &entry.function.arguments {
        arguments.push(lowerer.entry_argument(argument)?);
    }
    if entry.function.result.is_some() {
        return Err(CompileError::new("a kernel's entry point returns nothing"));
    }
    let span = Span::UNDEFINED;
    lowerer.inline(&entry.function, info.get_entry_point(0), &of_entry, arguments, span)?;
    Ok(Lowered { program: lowerer.builder.finish(), tables: lowerer.tables })
}

impl<'a> Lowerer<'a> {
    fn entry_argument(&mut self, argument: &naga::FunctionArgument) -> Result<Value, CompileError> {
        let span = self.module.types.get_span(argument.ty);
        let index = [Word::Reg(self.builder.gid()), Word::Unavailable, Word::Unavailable];
        if let TypeInner::Struct { ref members, .. } = self.module.types[argument.ty].inner {
            let mut all = Vec::new();
            for member in members {
                abi::check_builtin(member.binding.as_ref(), span)?;
                all.extend(index);
            }
            return Ok(Value::Words(all.into()));
        }
        abi::check_builtin(argument.binding.as_ref(), self.span_of_argument(argument))?;
        Ok(Value::Words(index.into()))
    }

    /// naga keeps no span of an argument, but the expression that stands for it has one.
    fn span_of_argument(&self, argument: &naga::FunctionArgument) -> Span {
        let Some(entry) = self.module.entry_points.first() else {
            return Span::UNDEFINED;
        };
        let index = entry.function.arguments.iter().position(|other| std::ptr::eq(other, argument));
        entry
            .function
            .expressions
            .iter()
            .find(
                |(_, expression)| matches!(expression, Expression::FunctionArgument(at) if Some(*at as usize) == index),
            )
            .map_or(Span::UNDEFINED, |(handle, _)| entry.function.expressions.get_span(handle))
    }

    /// Inlines a call.
    pub fn inline(
        &mut self,
        function: &'a Function,
        info: &'a FunctionInfo,
        uses: &'a Uses,
        arguments: Vec<Value>,
        span: Span,
    ) -> Result<Option<Value>, CompileError> {
        // A call is some work by itself.
        self.inlined += 64 + function.expressions.len() + function.local_variables.len();
        self.check_size(span)?;
        let frame = Frame {
            function: Some(function),
            info: Some(info),
            uses: Some(uses),
            arguments,
            ..Frame::constants(&function.expressions)
        };
        let caller = std::mem::replace(&mut self.frame, frame);
        let views = self.views;
        for (handle, local) in function.local_variables.iter() {
            self.local(function, handle, local)?;
        }
        let result = self.body(function)?;
        self.views = views;
        self.frame = caller;
        Ok(result)
    }

    fn body(&mut self, function: &'a Function) -> Result<Option<Value>, CompileError> {
        if returns(&function.body) == usize::from(ends_in_return(&function.body)) {
            self.block(&function.body)?;
            return Ok(self.frame.result.take());
        }
        let label = self.builder.label();
        let result = self.target(function)?;
        self.frame.on_return = Some(Return { label, result: result.clone() });
        self.builder.push(Inst::control(Op::Block, label));
        self.block(&function.body)?;
        self.builder.push(Inst::control(Op::End, label));
        Ok(function.result.as_ref().map(|_| match result {
            Target::Registers(registers) => {
                Value::Words(registers.into_iter().map(|register| self.builder.read(register)).collect())
            }
            Target::Scratch(held) => Value::Held(held),
        }))
    }

    /// Where the function's result goes.
    fn target(&mut self, function: &Function) -> Result<Target, CompileError> {
        let Some(declared) = &function.result else { return Ok(Target::Registers(Vec::new())) };
        let count = types::words(self.module, declared.ty, Span::UNDEFINED)?;
        Ok(match has_array(self.module, declared.ty) && count > MAX_ARRAY_IN_REGISTERS {
            true => Target::Scratch(self.reserve(declared.ty, Span::UNDEFINED)?),
            false => Target::Registers((0..count).map(|_| self.builder.variable()).collect()),
        })
    }

    /// The head of a loop or `if`, not all of it.
    pub fn head(&self, span: Span) -> Span {
        let head = span.to_range().and_then(|whole| {
            let text = self.source.get(whole.clone())?;
            let head = text[..text.find('{')?].trim_end();
            (!head.is_empty()).then(|| Span::from(whole.start..whole.start + head.len()))
        });
        head.unwrap_or(span)
    }

    /// Stops a source that inlines without end.
    pub fn check_size(&self, span: Span) -> Result<(), CompileError> {
        if self.builder.len() > MAX_LOWERED || self.inlined > MAX_INLINED {
            return Err(self.too_large(span));
        }
        if self.builder.depth() > MAX_LOWERED_NESTING {
            return Err(too_deep().at(span));
        }
        Ok(())
    }

    /// The refusal of such a source.
    pub fn too_large(&self, span: Span) -> CompileError {
        CompileError::new("the kernel is too large")
            .at(span)
            .note("a kernel has at most 4,096 instructions, with every function inlined at each of its calls")
            .note("put what repeats into a loop, a table into a `const` array, or cut the work into several steps")
    }

    fn local(
        &mut self,
        function: &'a Function,
        handle: Handle<LocalVariable>,
        local: &'a LocalVariable,
    ) -> Result<(), CompileError> {
        let span = function.local_variables.get_span(handle);
        let count = types::words(self.module, local.ty, span)?;
        let place = if self.needs_scratch(function, handle, count) {
            // The entry point runs once, and scratch starts at zero.
            let is_entry =
                self.module.entry_points.first().is_some_and(|entry| std::ptr::eq(function, &entry.function));
            if is_entry {
                Place::scratch(self.lease_forever(count, span)?, local.ty)
            } else {
                let (segment, lease) = self.lease(count, span)?;
                self.frame.leases.push(lease);
                let place = Place::scratch(segment, local.ty);
                let is_assigned = self.frame.uses.is_some_and(|uses| uses.is_assigned_first(handle));
                if local.init.is_none() && !is_assigned {
                    let zeros: Rc<[Word]> = vec![Word::Const(0); count as usize].into();
                    self.store_words(&place, &zeros, span)?;
                }
                place
            }
        } else {
            Place::registers(self.builder.variables(count), local.ty)
        };
        let initial: Option<Rc<[Word]>> = match local.init {
            Some(init) => Some(self.words(init)?),
            None if matches!(place, Place::Registers { .. }) => Some(vec![Word::Const(0); count as usize].into()),
            None => None,
        };
        if let Some(words) = initial {
            self.store_words(&place, &words, span)?;
        }
        self.frame.locals.insert(handle, place);
        Ok(())
    }

    /// An array whose elements are chosen while the kernel runs cannot live in registers.
    fn needs_scratch(&self, function: &Function, local: Handle<LocalVariable>, count: u32) -> bool {
        if !has_array(self.module, function.local_variables[local].ty) {
            return false;
        }
        count > MAX_ARRAY_IN_REGISTERS
            || function.expressions.iter().any(|(loaded_value, expression)| match *expression {
                // By value, but read where the variable is.
                Expression::Load { pointer } => {
                    matches!(function.expressions[pointer], Expression::LocalVariable(loaded) if loaded == local)
                        && count as usize > self.few
                        && self.frame.uses.is_some_and(|uses| uses.is_indexed(loaded_value))
                }
                Expression::Access { base, index } => {
                    root(&function.expressions, base) == Some(local)
                        && !matches!(function.expressions[index], Expression::Literal(_) | Expression::Constant(_))
                }
                _ => false,
            })
            || passes_pointer(&function.body, &function.expressions, local)
    }

    fn private(&mut self, handle: Handle<GlobalVariable>) -> Result<(), CompileError> {
        if self.abi.role(handle) != Role::Private {
            return Ok(());
        }
        let global = &self.module.global_variables[handle];
        let span = self.module.global_variables.get_span(handle);
        let count = types::words(self.module, global.ty, span)?;
        let (place, zeroed) = if has_array(self.module, global.ty) {
            (Place::scratch(self.lease_forever(count, span)?, global.ty), true)
        } else {
            (Place::registers(self.builder.variables(count), global.ty), false)
        };
        let initial: Option<Rc<[Word]>> = match global.init {
            Some(init) => Some(self.words(init)?),
            None if zeroed => None,
            None => Some(vec![Word::Const(0); count as usize].into()),
        };
        if let Some(words) = initial {
            self.store_words(&place, &words, span)?;
        }
        self.globals.insert(handle, place);
        Ok(())
    }

    /// Where a global variable is.
    pub fn global(&self, handle: Handle<GlobalVariable>) -> Place {
        let ty = self.module.global_variables[handle].ty;
        match self.abi.role(handle) {
            Role::Input(buffer) => Place::input(buffer, ty),
            Role::Params => Place::params(ty),
            Role::Output => Place::output(ty),
            Role::Private => self.globals.get(&handle).cloned().unwrap_or(Place::output(ty)),
        }
    }

    /// The words of a module constant.
    pub fn constant(&mut self, handle: Handle<Constant>) -> Result<Rc<[Word]>, CompileError> {
        if let Some(words) = self.constants.get(&handle) {
            return Ok(words.clone());
        }
        let words = self.global_words(self.module.constants[handle].init)?;
        self.constants.insert(handle, words.clone());
        Ok(words)
    }

    /// The words of an expression at module scope.
    pub fn global_words(&mut self, expression: Handle<Expression>) -> Result<Rc<[Word]>, CompileError> {
        let frame = Frame::constants(&self.module.global_expressions);
        let caller = std::mem::replace(&mut self.frame, frame);
        let words = self.words(expression);
        self.frame = caller;
        words
    }

    /// Index of a bound in the table.
    pub fn bound(&mut self, bound: Bound, span: Span) -> Result<u16, CompileError> {
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
    pub fn view(&mut self, buffer: u8, bound: u16, span: Span) -> Result<u8, CompileError> {
        if self.tables.views.len() == MAX_VIEWS {
            return Err(CompileError::new("too many calls of bound_reads")
                .at(span)
                .note(format!("a kernel has at most {MAX_VIEWS}, each inlined copy counted")));
        }
        self.tables.views.push(ViewDecl { buffer, bound });
        Ok((self.tables.views.len() - 1) as u8)
    }

    /// Index of a run of constants in the table.
    pub fn constant_data(&mut self, data: &[u32], span: Span) -> Result<u16, CompileError> {
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

/// The type is an array, or has one inside.
pub fn has_array(module: &Module, ty: Handle<naga::Type>) -> bool {
    match module.types[ty].inner {
        TypeInner::Array { .. } => true,
        TypeInner::Struct { ref members, .. } => members.iter().any(|member| has_array(module, member.ty)),
        _ => false,
    }
}

/// The local variable that a pointer expression leads to.
pub fn root(arena: &Arena<Expression>, mut expression: Handle<Expression>) -> Option<Handle<LocalVariable>> {
    loop {
        expression = match arena[expression] {
            Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => base,
            Expression::LocalVariable(local) => return Some(local),
            _ => return None,
        }
    }
}

/// The blocks inside a statement.
pub fn nested(statement: &naga::Statement) -> Vec<&naga::Block> {
    use naga::Statement;
    match statement {
        Statement::Block(block) => vec![block],
        Statement::If { accept, reject, .. } => vec![accept, reject],
        Statement::Switch { cases, .. } => cases.iter().map(|case| &case.body).collect(),
        Statement::Loop { body, continuing, .. } => vec![body, continuing],
        _ => Vec::new(),
    }
}

fn passes_pointer(block: &naga::Block, arena: &Arena<Expression>, local: Handle<LocalVariable>) -> bool {
    block.iter().any(|statement| match statement {
        naga::Statement::Call { arguments, .. } => {
            arguments.iter().any(|&argument| root(arena, argument) == Some(local))
        }
        other => nested(other).into_iter().any(|block| passes_pointer(block, arena, local)),
    })
}

fn returns(block: &naga::Block) -> usize {
    block
        .iter()
        .map(|statement| match statement {
            naga::Statement::Return { .. } => 1,
            other => nested(other).into_iter().map(returns).sum(),
        })
        .sum()
}

fn ends_in_return(block: &naga::Block) -> bool {
    match block.last() {
        Some(naga::Statement::Return { .. }) => true,
        Some(naga::Statement::Block(block)) => ends_in_return(block),
        _ => false,
    }
}
