//! The bindings of a kernel: inputs 0 to 7, parameters 8, output 9, and the constant WINDOW.

use naga::{
    AddressSpace, Binding, BuiltIn, GlobalVariable, Handle, ImageClass, Module, ShaderStage, Span, StorageAccess, Type,
    TypeInner,
};
use touchstone_kir::limits::MAX_PARAMS;

use super::{
    types::{self, check_scalar},
    window::window,
};
use crate::CompileError;

/// Binding of the parameters.
pub(super) const PARAMETERS: u32 = 8;
/// Binding of the output.
pub(super) const OUTPUT: u32 = 9;

const INPUT: &str = "an input";
const DECLARE: &str = "declare it as `array<u32>`, `array<i32>`, `array<vec4<u32>>` or `array<vec4<i32>>`";

/// The role of a global variable in the kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// An input buffer.
    Input(u8),
    /// The parameters.
    Params,
    /// The output.
    Output,
    /// A private variable of the invocation.
    Private,
}

/// The interface of a kernel.
#[derive(Debug)]
pub(super) struct Abi {
    /// Output words of one invocation.
    pub window: u16,
    /// Input buffers: one more than the highest binding.
    pub inputs: u8,
    /// Words of parameters.
    pub params: u8,
    /// By index of the global variable.
    pub roles: Vec<Role>,
}

impl Abi {
    /// The role of a global variable.
    pub(super) fn role(&self, global: Handle<GlobalVariable>) -> Role {
        self.roles[global.index()]
    }

    /// Reads the interface of a module, and refuses bindings that kernels cannot have.
    pub(super) fn of(module: &Module, source: &str) -> Result<Abi, CompileError> {
        let mut abi = Abi { window: window(module, source)?, inputs: 0, params: 0, roles: Vec::new() };
        let mut has_output = false;
        for (handle, global) in module.global_variables.iter() {
            let span = module.global_variables.get_span(handle);
            let role = role(module, global, span)?;
            match role {
                Role::Input(binding) => abi.inputs = abi.inputs.max(binding + 1),
                Role::Params => abi.params = params(module, global.ty, span)?,
                Role::Output => has_output = true,
                Role::Private => {}
            }
            if role != Role::Private && abi.roles.contains(&role) {
                return Err(CompileError::new("two variables have the same binding").at(span));
            }
            abi.roles.push(role);
        }
        if !has_output {
            return Err(CompileError::new("the kernel has no output")
                .note("declare `@group(0) @binding(9) var<storage, read_write> output: array<u32>;`"));
        }
        Ok(abi)
    }
}

/// The only entry point, which must be a compute shader.
pub(super) fn entry_point(module: &Module) -> Result<&naga::EntryPoint, CompileError> {
    let [entry] = module.entry_points.as_slice() else {
        return Err(CompileError::new(format!(
            "a kernel has one entry point, this source has {}",
            module.entry_points.len()
        ))
        .note("mark one function with `@compute @workgroup_size(64)`"));
    };
    if entry.stage != ShaderStage::Compute {
        return Err(CompileError::new("the entry point is not a compute shader")
            .note("mark it with `@compute @workgroup_size(64)`"));
    }
    Ok(entry)
}

/// Refuses every built-in value but the invocation's index.
pub(super) fn check_builtin(binding: Option<&Binding>, span: Span) -> Result<(), CompileError> {
    match binding {
        Some(Binding::BuiltIn(BuiltIn::GlobalInvocationId)) => Ok(()),
        _ => Err(CompileError::new("the only input of an entry point is `global_invocation_id`")
            .at(span)
            .note("how a device groups invocations is not part of a kernel's meaning")
            .note("declare `fn main(@builtin(global_invocation_id) id: vec3<u32>)` and use `id.x`")),
    }
}

fn role(module: &Module, global: &GlobalVariable, span: Span) -> Result<Role, CompileError> {
    let inner = &module.types[global.ty].inner;
    let refuse = |message: &str, remedy: &str| Err(CompileError::new(message).at(span).note(remedy));
    match *inner {
        TypeInner::Image { class: ImageClass::External, .. } | TypeInner::Image { .. } | TypeInner::Sampler { .. } => {
            return refuse("textures are not in the kernel language", "read pixels from an input buffer, `array<u32>`")
        }
        TypeInner::Atomic(_) => return Err(types::atomic(span)),
        _ => {}
    }
    let access = match global.space {
        AddressSpace::Private => {
            types::words(module, global.ty, span)?;
            return Ok(Role::Private);
        }
        AddressSpace::WorkGroup => {
            return refuse(
                "workgroup memory is not in the kernel language",
                "an invocation computes its window alone; use `var<private>` for scratch",
            )
        }
        AddressSpace::Uniform => None,
        AddressSpace::Storage { access } => Some(access),
        _ => {
            return refuse(
                "this address space is not in the kernel language",
                "use storage buffers, a uniform for parameters, and `var<private>`",
            )
        }
    };
    let bindings = "inputs are `@group(0) @binding(0)` to `@binding(7) var<storage, read>`, parameters \
                    `@binding(8) var<uniform>`, the output `@binding(9) var<storage, read_write>`";
    let (group, binding) = global.binding.map_or((0, u32::MAX), |binding| (binding.group, binding.binding));
    let read_only = access.map(|access| !access.contains(StorageAccess::STORE));
    match (group, binding, read_only) {
        (0, 0..PARAMETERS, Some(true)) => {
            buffer(module, global.ty, span, INPUT)?;
            Ok(Role::Input(binding as u8))
        }
        (0, PARAMETERS, None) => Ok(Role::Params),
        (0, OUTPUT, Some(false)) => {
            buffer(module, global.ty, span, "the output")?;
            Ok(Role::Output)
        }
        (0, 0..PARAMETERS, _) => refuse("inputs are read-only storage buffers", bindings),
        (0, PARAMETERS, _) => refuse("binding 8 is for the parameters, a uniform", bindings),
        (0, OUTPUT, _) => refuse("binding 9 is for the output, a storage buffer that is written", bindings),
        _ => refuse("a kernel has no such binding", bindings),
    }
}

/// Inputs and the output are words in memory; the output is an array of them.
fn buffer(module: &Module, ty: Handle<Type>, span: Span, what: &str) -> Result<(), CompileError> {
    if types::has_bool(module, ty) {
        return Err(no_bool(what, span));
    }
    match module.types[ty].inner {
        TypeInner::Struct { ref members, .. } if what == INPUT => {
            members.iter().try_for_each(|member| part(module, member.ty, span, what))
        }
        TypeInner::Array { .. } => part(module, ty, span, what),
        _ if what == INPUT => part(module, ty, span, what),
        _ => Err(CompileError::new(format!("{what} is not an array")).at(span).note(DECLARE)),
    }
}

/// An array, or a value.
fn part(module: &Module, ty: Handle<Type>, span: Span, what: &str) -> Result<(), CompileError> {
    let element = match module.types[ty].inner {
        TypeInner::Array { stride, .. } if !stride.is_multiple_of(4) => {
            return Err(CompileError::new(format!("{what} has elements of {stride} bytes")).at(span).note(DECLARE));
        }
        TypeInner::Array { base, .. } => base,
        _ => ty,
    };
    match module.types[element].inner {
        TypeInner::Atomic(_) => Err(types::atomic(span)),
        TypeInner::Scalar(scalar) | TypeInner::Vector { scalar, .. } => check_scalar(scalar, span),
        _ => types::words(module, element, span).map(drop),
    }
}

fn no_bool(what: &str, span: Span) -> CompileError {
    CompileError::new(format!("{what} cannot hold bool"))
        .at(span)
        .note("WGSL has no bool in memory: declare u32, and compare it with 0 where it is used")
}

/// Number of parameter words, up to the end of the last member and including the padding between members.
fn params(module: &Module, ty: Handle<Type>, span: Span) -> Result<u8, CompileError> {
    types::words(module, ty, span)?;
    if types::has_bool(module, ty) {
        return Err(no_bool("the uniform of the parameters", span));
    }
    let mut offsets = Vec::new();
    types::memory_offsets(module, ty, 0, span, &mut offsets)?;
    let words = offsets.iter().max().map_or(0, |last| last + 1);
    match u8::try_from(words) {
        Ok(words) if usize::from(words) <= MAX_PARAMS => Ok(words),
        _ => Err(CompileError::new(format!("the parameters take {words} words"))
            .at(span)
            .note(format!("a kernel has at most {MAX_PARAMS} words of parameters, padding included"))),
    }
}
