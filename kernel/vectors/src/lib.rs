//! The test vectors of KIR, inside programs that run them: [`all`] of them, as `kernel/tests/vectors/README.md` says.
//!
//! What a vector is of is known by its file, which is named after an operation or a subject. This crate reads lines; what
//! they are held to is for its users to say.

use serde_json::Value;

/// The files, by name: each the lines of one operation or subject.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// A line that is not as the description says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {reason}")]
pub struct Malformed {
    /// Name of the file, without its ending.
    pub file: &'static str,
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// One line of one file.
#[derive(Clone, Debug)]
pub struct Vector {
    /// The operation or subject.
    pub file: &'static str,
    /// Number of the line, from 1.
    pub line: usize,
    /// What it shows.
    pub name: String,
    /// All of it.
    pub value: Value,
}

/// A kernel and what invocations of it give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs {
    /// Its encoding.
    pub kernel: Vec<u8>,
    /// Whole buffers.
    pub inputs: Vec<Vec<u8>>,
    /// Invocations.
    pub cases: Vec<Case>,
}

/// One invocation and what it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Parameters of the kernel.
    pub params: Vec<u32>,
    /// Index of the invocation.
    pub invocation: u32,
    /// Its window.
    pub words: Vec<u32>,
    /// Burned by it.
    pub fuel: u64,
}

/// Every vector, file by file.
///
/// # Errors
/// The first line that is no JSON object with a name.
pub fn all() -> Result<Vec<Vector>, Malformed> {
    let lines = FILES.iter().flat_map(|(file, text)| text.lines().zip(1..).map(|(text, line)| (*file, line, text)));
    lines.map(|(file, line, text)| Vector::parse(file, line, text)).collect()
}

impl Vector {
    fn parse(file: &'static str, line: usize, text: &str) -> Result<Self, Malformed> {
        let malformed = |reason: String| Malformed { file, line, reason };
        let value: Value = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
        let name = value["name"].as_str().ok_or_else(|| malformed("it has no name".into()))?.to_owned();
        Ok(Self { file, line, name, value })
    }

    /// Where it stands, and what it shows.
    pub fn title(&self) -> String {
        format!("{}: {}", self.file, self.name)
    }

    /// Its kernel with inputs and invocations, if it has any.
    ///
    /// # Errors
    /// They are not as the description says.
    pub fn runs(&self) -> Result<Option<Runs>, Malformed> {
        if self.value.get("cases").is_none() {
            return Ok(None);
        }
        let read = || {
            let case = |value: &Value| {
                Some(Case {
                    params: numbers(value.get(0)?)?,
                    invocation: number(value.get(1)?)?,
                    words: numbers(value.get(2)?)?,
                    fuel: value.get(3)?.as_u64()?,
                })
            };
            Some(Runs {
                kernel: bytes(&self.value["kernel"])?,
                inputs: list(&self.value["inputs"], bytes)?,
                cases: list(&self.value["cases"], case)?,
            })
        };
        let reason = || String::from("its kernel, inputs or cases are not as they are described");
        read().map(Some).ok_or_else(|| Malformed { file: self.file, line: self.line, reason: reason() })
    }
}

/// Bytes from hexadecimal text.
pub fn bytes(value: &Value) -> Option<Vec<u8>> {
    let text = value.as_str()?.as_bytes();
    let digit = |byte: u8| (byte as char).to_digit(16);
    let pairs = text.chunks(2).map(|pair| match pair {
        [high, low] => Some((digit(*high)? << 4 | digit(*low)?) as u8),
        _ => None,
    });
    pairs.collect()
}

/// A word.
pub fn number(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| number.try_into().ok())
}

/// A list of words.
pub fn numbers(value: &Value) -> Option<Vec<u32>> {
    list(value, number)
}

fn list<T>(value: &Value, each: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_most_of_them_run() {
        let all = all().unwrap();
        let runs = all.iter().filter(|vector| vector.runs().unwrap().is_some()).count();
        assert!(runs > 300 && runs < all.len(), "{runs} of {}", all.len());
        for file in ["mulhi_u", "load4_view", "end_loop", "random"] {
            assert!(all.iter().any(|vector| vector.file == file), "{file}");
        }
    }

    #[test]
    fn a_vector_is_what_its_line_says() {
        let text = r#"{"name":"n","kernel":"0aFf","inputs":["01020304"],"cases":[[[7],2,[9,8],22]]}"#;
        let vector = Vector::parse("add", 3, text).unwrap();
        assert_eq!(vector.title(), "add: n");
        let case = Case { params: vec![7], invocation: 2, words: vec![9, 8], fuel: 22 };
        let runs = Runs { kernel: vec![10, 255], inputs: vec![vec![1, 2, 3, 4]], cases: vec![case] };
        assert_eq!(vector.runs().unwrap(), Some(runs));
    }

    #[test]
    fn a_line_that_is_no_vector_is_an_error_that_says_where() {
        for (text, reason) in [
            ("{}", "add, line 3: it has no name"),
            (r#"{"name":"n","cases":[]}"#, "add, line 3: its kernel, inputs or cases are not as they are described"),
        ] {
            let read = Vector::parse("add", 3, text).and_then(|vector| vector.runs().map(drop));
            assert_eq!(read.unwrap_err().to_string(), reason);
        }
    }
}
