//! Shapes of values: how many words a type has, in registers and in memory.

use naga::{ArraySize, Handle, Module, Scalar, ScalarKind, Span, Type, TypeInner, VectorSize};

use crate::CompileError;

/// Most words of one value. More fit neither into registers nor into scratch or constants.
pub(super) const MAX_WORDS: u32 = 4096;

/// The type of a value, or of what a pointer points to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// A type of the module.
    Type(Handle<Type>),
    /// A scalar or vector, whose type may have no name in the module.
    Lanes(u32, ScalarKind),
}

impl Shape {
    /// The shape of a type that is not a pointer.
    pub(super) fn of(inner: &TypeInner) -> Option<Shape> {
        match *inner {
            TypeInner::Scalar(scalar) => Some(Shape::Lanes(1, scalar.kind)),
            TypeInner::Vector { size, scalar } => Some(Shape::Lanes(size as u32, scalar.kind)),
            TypeInner::ValuePointer { size, scalar, .. } => {
                Some(Shape::Lanes(size.map_or(1, |size: VectorSize| size as u32), scalar.kind))
            }
            TypeInner::Pointer { base, .. } => Some(Shape::Type(base)),
            _ => None,
        }
    }
}

/// The type is an array or contains one.
pub(super) fn has_array(module: &Module, ty: Handle<Type>) -> bool {
    match module.types[ty].inner {
        TypeInner::Array { .. } => true,
        TypeInner::Struct { ref members, .. } => members.iter().any(|member| has_array(module, member.ty)),
        _ => false,
    }
}

/// Refuses scalars that are neither 32-bit integers nor booleans.
pub(super) fn check_scalar(scalar: Scalar, span: Span) -> Result<(), CompileError> {
    match (scalar.kind, scalar.width) {
        (ScalarKind::Sint | ScalarKind::Uint, 4) | (ScalarKind::Bool, _) => Ok(()),
        (ScalarKind::AbstractInt, _) => Ok(()),
        (ScalarKind::Float | ScalarKind::AbstractFloat, _) => Err(float(span)),
        (_, width) => {
            Err(CompileError::new(format!("integers of {} bits are not in the kernel language", u32::from(width) * 8))
                .at(span)
                .note("use u32 or i32; `mulhi` and `mulhi_s` give the high word of a product"))
        }
    }
}

fn float(span: Span) -> CompileError {
    CompileError::new("floating point is not in the kernel language")
        .at(span)
        .note("results are compared bit for bit, and WGSL lets devices round differently")
        .note("use fixed point: u32 or i32, with `mulhi` and `mulhi_s` for products")
}

pub(super) fn too_large(span: Span) -> CompileError {
    CompileError::new("the value is too large")
        .at(span)
        .note(format!("values have at most {MAX_WORDS} words, private arrays 1,024 words together"))
}

/// The number of words of a value of this type in registers, scratch or constants: its scalars, without padding.
pub(super) fn words(module: &Module, ty: Handle<Type>, span: Span) -> Result<u32, CompileError> {
    let count = match module.types[ty].inner {
        TypeInner::Scalar(scalar) => {
            check_scalar(scalar, span)?;
            1
        }
        TypeInner::Vector { size, scalar } => {
            check_scalar(scalar, span)?;
            size as u32
        }
        TypeInner::Matrix { .. } => return Err(float(span)),
        TypeInner::Array { base, size, .. } => {
            words(module, base, span)?.checked_mul(array_length(size, span)?).ok_or_else(|| too_large(span))?
        }
        TypeInner::Struct { ref members, .. } => {
            let mut total = 0u32;
            for member in members {
                total = total.saturating_add(words(module, member.ty, span)?);
            }
            total
        }
        TypeInner::Atomic(_) => return Err(atomic(span)),
        TypeInner::Pointer { .. } | TypeInner::ValuePointer { .. } => {
            return Err(CompileError::new("a pointer cannot be stored")
                .at(span)
                .note("pointers may only name variables, in `let` and as arguments of functions"))
        }
        _ => {
            return Err(CompileError::new("this type is not in the kernel language")
                .at(span)
                .note("kernels compute with u32, i32, bool, and vectors, arrays and structures of them"))
        }
    };
    if count > MAX_WORDS {
        return Err(too_large(span));
    }
    Ok(count)
}

pub(super) fn atomic(span: Span) -> CompileError {
    CompileError::new("atomics are not in the kernel language")
        .at(span)
        .note("an invocation does not see the writes of others, and writes only its own window")
}

/// Elements of an array of fixed size.
pub(super) fn array_length(size: ArraySize, span: Span) -> Result<u32, CompileError> {
    match size {
        ArraySize::Constant(length) => Ok(length.get()),
        ArraySize::Pending(_) => Err(CompileError::new("the length of an array depends on an override")
            .at(span)
            .note("give the length as a `const`")),
        ArraySize::Dynamic => Err(CompileError::new("an array without a length cannot be copied")
            .at(span)
            .note("read its elements one by one")),
    }
}

/// Whether values of the type are signed; structures and arrays are not.
pub(super) fn is_signed(inner: &TypeInner) -> bool {
    inner.scalar_kind() == Some(ScalarKind::Sint)
}

/// Whether values of the type are booleans.
pub(super) fn has_bool(module: &Module, ty: Handle<Type>) -> bool {
    match module.types[ty].inner {
        TypeInner::Scalar(scalar) | TypeInner::Vector { scalar, .. } => scalar.kind == ScalarKind::Bool,
        TypeInner::Array { base, .. } => has_bool(module, base),
        TypeInner::Struct { ref members, .. } => members.iter().any(|member| has_bool(module, member.ty)),
        _ => false,
    }
}

/// Words between the elements of an array in memory.
pub(super) fn memory_stride(stride: u32) -> u32 {
    stride / 4
}

/// Offsets in words of the type's scalars in a buffer, in order.
pub(super) fn memory_offsets(
    module: &Module,
    ty: Handle<Type>,
    start: u32,
    span: Span,
    out: &mut Vec<u32>,
) -> Result<(), CompileError> {
    if out.len() > MAX_WORDS as usize {
        return Err(too_large(span));
    }
    match module.types[ty].inner {
        TypeInner::Scalar(_) => out.push(start),
        TypeInner::Vector { size, .. } => out.extend((0..size as u32).map(|lane| start + lane)),
        TypeInner::Array { base, size, stride } => {
            words(module, ty, span)?;
            for element in 0..array_length(size, span)? {
                memory_offsets(module, base, start + element * memory_stride(stride), span, out)?;
            }
        }
        TypeInner::Struct { ref members, .. } => {
            for member in members {
                memory_offsets(module, member.ty, start + member.offset / 4, span, out)?;
            }
        }
        _ => {
            words(module, ty, span)?;
        }
    }
    Ok(())
}
