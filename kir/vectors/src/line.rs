//! A line of a file; `kir/vectors/data/README.md` describes the keys.

use serde::{Deserialize, Serialize};

/// Bytes as hexadecimal digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hex(#[serde(with = "digits")] pub Vec<u8>);

mod digits {
    use serde::{de::Error, Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        hex::encode(bytes).serialize(serializer)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<T: AsRef<[u8]>> From<T> for Hex {
    fn from(bytes: T) -> Self {
        Hex(bytes.as_ref().to_vec())
    }
}

/// One JSON object. A key that it does not have is `None` or empty; one that is not here is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Line {
    /// What the vector shows.
    pub name: String,
    /// Encoding of a kernel, valid or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<Hex>,
    /// Whole buffers, which `cases` read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Vec<Hex>>,
    /// Invocations, with their results.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<CaseLine>,
    /// Static costs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<CostLine>,
    /// Whether `kernel` is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<bool>,
    /// Of a kernel that is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hex>,
    /// The rule that is broken by `kernel` or `opening`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// A buffer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Hex>,
    /// Of `bytes` or of `opening`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<Hex>,
    /// Bytes of the buffer that `opening` is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// Some chunks of a buffer and what should prove them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opening: Option<OpeningLine>,
    /// `opening` in SCALE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoded: Option<Hex>,
    /// Whether `opening` does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proves: Option<bool>,
    /// What `proofs` run on: one for each input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub openings: Vec<InputLine>,
    /// Invocations on `openings`, with their results.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<ProofLine>,
}

/// An invocation of `cases`: parameters, index, words, fuel. In a vector the last two are there; where only a kernel
/// and its arguments are kept they may be `null`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "CaseParts", from = "CaseParts")]
pub struct CaseLine {
    /// Parameters of the kernel.
    pub params: Vec<u32>,
    /// Its index.
    pub invocation: u32,
    /// Its window.
    pub words: Option<Vec<u32>>,
    /// Burned by it.
    pub fuel: Option<u64>,
}

type CaseParts = (Vec<u32>, u32, Option<Vec<u32>>, Option<u64>);

impl From<CaseParts> for CaseLine {
    fn from((params, invocation, words, fuel): CaseParts) -> Self {
        CaseLine { params, invocation, words, fuel }
    }
}

impl From<CaseLine> for CaseParts {
    fn from(case: CaseLine) -> Self {
        (case.params, case.invocation, case.words, case.fuel)
    }
}

/// Static costs for some arguments, or why they are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostLine {
    /// Parameters of the kernel.
    pub params: Vec<u32>,
    /// Of the inputs, in bytes.
    pub lengths: Vec<u32>,
    /// Of one invocation, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Of each input, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunks: Option<Vec<u32>>,
    /// In place of these two: the rule that is broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The three lists of an opening.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpeningLine {
    /// Of each range its first chunk and how many it has.
    pub ranges: Vec<(u32, u32)>,
    /// The bytes of those chunks.
    pub data: Hex,
    /// Chaining values, left to right.
    pub siblings: Vec<Hex>,
}

/// An input of which some chunks are opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputLine {
    /// As in [`OpeningLine`].
    pub ranges: Vec<(u32, u32)>,
    /// As in [`OpeningLine`].
    pub data: Hex,
    /// As in [`OpeningLine`].
    pub siblings: Vec<Hex>,
    /// Of the whole buffer.
    pub root: Hex,
    /// Of the whole buffer, in bytes.
    pub length: u32,
}

/// An invocation on openings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofLine {
    /// Parameters of the kernel.
    pub params: Vec<u32>,
    /// Its index.
    pub invocation: u32,
    /// Its window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Vec<u32>>,
    /// In place of it: input and index of the first chunk that is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<(u8, u32)>,
}
