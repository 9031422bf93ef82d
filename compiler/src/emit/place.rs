//! Where constants, scratch and the output window are in the emitted source.

/// Where words are.
pub(super) enum Place {
    /// Elements of an array.
    Array(String),
    /// Constants from this one on, in the uniform.
    Uniform(u16),
    /// One variable per word, for an index that is known.
    Words,
    /// The window in the output.
    Output,
}
