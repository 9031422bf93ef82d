//! The functions that every source may call without declaring them.

use naga::{Function, Span};

/// Appended to each source: module-scope order means nothing in WGSL, and spans of the author's text stay as they are.
/// The bodies are never compiled.
pub const TEXT: &str = "
fn loop_bound(n: u32) {}
fn bound_reads(binding: u32, base: u32, len: u32) {}
fn mulhi(a: u32, b: u32) -> u32 { return 0u; }
fn mulhi_s(a: i32, b: i32) -> i32 { return 0i; }
";

/// A function of the prelude.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Intrinsic {
    /// The loop body runs at most so often.
    LoopBound,
    /// Later reads of an input stay within a range.
    BoundReads,
    /// High word of an unsigned product.
    MulhiU,
    /// High word of a signed product.
    MulhiS,
}

/// Which function of the prelude this is, if its text begins where the author's ends.
pub fn intrinsic(function: &Function, span: Span, author_bytes: usize) -> Option<Intrinsic> {
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
