//! Kernels on this machine: sources and encoded files.

use std::{fmt, path::Path};

use touchstone_compiler::Statistics;
use touchstone_kernel::{Kernel, KernelHash};

/// Stack of the thread that compiles: the front end recurses along the source's nesting.
const COMPILER_STACK: usize = 256 << 20;

/// A kernel from a file.
#[derive(Clone, Debug)]
pub struct LocalKernel {
    /// The valid kernel.
    pub kernel: Kernel,
    /// What the compiler says of it, if it was compiled.
    pub statistics: Option<Statistics>,
}

impl LocalKernel {
    /// Reads `.wgsl`, which is compiled, or `.kir`, which is validated.
    pub fn load(path: &Path) -> Result<Self, KernelError> {
        let shown = || path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|error| KernelError::Unreadable { path: shown(), reason: error.to_string() })?;
        if path.extension().is_some_and(|extension| extension == "wgsl") {
            let source = String::from_utf8(bytes)
                .map_err(|_| KernelError::Unreadable { path: shown(), reason: "it is not UTF-8".into() })?;
            return Self::compile(&source, &shown());
        }
        let kernel = Kernel::decode(&bytes)
            .map_err(|error| KernelError::Invalid { path: shown(), reason: error.to_string() })?;
        Ok(Self { kernel, statistics: None })
    }

    /// Compiles a source; `path` is named in the error.
    pub fn compile(source: &str, path: &str) -> Result<Self, KernelError> {
        let failed =
            |reason: &dyn fmt::Display| KernelError::Unreadable { path: path.into(), reason: reason.to_string() };
        let owned = source.to_owned();
        let compiled = std::thread::Builder::new()
            .name("compile".into())
            .stack_size(COMPILER_STACK)
            .spawn(move || touchstone_compiler::compile(&owned))
            .map_err(|error| failed(&error))?
            .join()
            .map_err(|_| failed(&"the compiler failed; please report the source"))?
            .map_err(|error| KernelError::Refused { report: error.render(source, path) })?;
        Ok(Self { kernel: compiled.kernel, statistics: Some(compiled.statistics) })
    }

    /// Its name on the chain.
    pub fn hash(&self) -> KernelHash {
        self.kernel.hash()
    }
}

/// Why a file gives no kernel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    /// The file cannot be read.
    #[error("the kernel {path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The compiler refuses the source.
    #[error("{}", .report.trim_end())]
    Refused {
        /// The error with the lines of source that it is about.
        report: String,
    },
    /// The bytes are no valid kernel.
    #[error("{path} is no valid kernel ({reason}): compile its source with `touchstone compile`")]
    Invalid {
        /// The file.
        path: String,
        /// The defect.
        reason: String,
    },
}
