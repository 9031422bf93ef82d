//! Lowers a module: its variables, its entry point, and every function that is called, inlined at each call.

use std::{collections::HashMap, rc::Rc};

use naga::{
    valid::{FunctionInfo, ModuleInfo},
    Constant, Expression, Function, GlobalVariable, Handle, LocalVariable, Module, Span, TypeInner,
};
use touchstone_kir::{limits::MAX_INPUTS, Op};

use super::{
    abi::{self, Abi, Role},
    builder::{Builder, Word},
    lowerer::{Frame, Lowerer, Return, Target},
    place::Place,
    syntax::{ends_in_return, passes_pointer, returns, root},
    types::{self, has_array},
    uses::Uses,
    value::{Leases, Value},
};
use crate::{
    assemble::Outline,
    ir::{Body, Inst},
    CompileError,
};

/// Local arrays longer than this are in scratch even if every index is constant.
const MAX_ARRAY_IN_REGISTERS: u32 = 32;

/// A kernel before optimisation.
pub(super) struct Lowered {
    pub body: Body,
    pub tables: Outline,
}

/// Lowers the entry point with everything it calls. Values of at most `few` words stay in registers even if they are
/// indexed at run time.
pub(super) fn lower(
    module: &Module,
    info: &ModuleInfo,
    abi: &Abi,
    source: &str,
    few: usize,
) -> Result<Lowered, CompileError> {
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
        return Err(CompileError::new("the entry point of a kernel cannot return a value"));
    }
    let span = Span::UNDEFINED;
    lowerer.inline(&entry.function, info.get_entry_point(0), &of_entry, arguments, span)?;
    Ok(Lowered { body: lowerer.builder.finish(), tables: lowerer.tables })
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

    /// naga keeps no span of an argument, but the expression that refers to it has one.
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
    pub(super) fn inline(
        &mut self,
        function: &'a Function,
        info: &'a FunctionInfo,
        uses: &'a Uses,
        arguments: Vec<Value>,
        span: Span,
    ) -> Result<Option<Value>, CompileError> {
        // A call costs some work in addition to its body.
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

    /// A variable with an array that is indexed at run time cannot be in registers.
    fn needs_scratch(&self, function: &Function, local: Handle<LocalVariable>, count: u32) -> bool {
        if !has_array(self.module, function.local_variables[local].ty) {
            return false;
        }
        count > MAX_ARRAY_IN_REGISTERS
            || function.expressions.iter().any(|(loaded_value, expression)| match *expression {
                // A value that is read in place, without a copy.
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

    /// The words of a module constant.
    pub(super) fn constant(&mut self, handle: Handle<Constant>) -> Result<Rc<[Word]>, CompileError> {
        if let Some(words) = self.constants.get(&handle) {
            return Ok(words.clone());
        }
        let words = self.global_words(self.module.constants[handle].init)?;
        self.constants.insert(handle, words.clone());
        Ok(words)
    }

    /// The words of an expression at module scope.
    pub(super) fn global_words(&mut self, expression: Handle<Expression>) -> Result<Rc<[Word]>, CompileError> {
        let frame = Frame::constants(&self.module.global_expressions);
        let caller = std::mem::replace(&mut self.frame, frame);
        let words = self.words(expression);
        self.frame = caller;
        words
    }
}
