//! The functions that every source may call without declaring them.

use naga::{Function, Span};

/// The declarations that are appended to each source. Declaration order does not matter in WGSL, and the spans of the
/// author's text do not change. The bodies are never compiled.
pub(super) const TEXT: &str = "
fn loop_bound(n: u32) {}
fn bound_reads(binding: u32, base: u32, len: u32) {}
fn mulhi(a: u32, b: u32) -> u32 { return 0u; }
fn mulhi_s(a: i32, b: i32) -> i32 { return 0i; }
";

/// A function of the prelude.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Intrinsic {
    /// Declares how often a loop body runs at most.
    LoopBound,
    /// Declares a range in which later reads of an input stay.
    BoundReads,
    /// High word of an unsigned product.
    MulhiU,
    /// High word of a signed product.
    MulhiS,
}

/// The function of the prelude, if this one is declared after the author's text.
pub(super) fn intrinsic(function: &Function, span: Span, author_bytes: usize) -> Option<Intrinsic> {
    let own = span.to_range().is_some_and(|range| range.end <= author_bytes);
    if own {
        return None;
    }
    Some(match function.name.as_deref()? {
        "loop_bound" => Intrinsic::LoopBound,
        "bound_reads" => Intrinsic::BoundReads,
        "mulhi" => Intrinsic::MulhiU,
        "mulhi_s" => Intrinsic::MulhiS,
        _ => return None,
    })
}
