//! Kernels on this machine: sources and encoded files.

use std::{io::Read, path::Path};

use figment::Figment;
use touchstone_compiler::{compile_apart, Limits, Statistics, MAX_SOURCE_BYTES};
use touchstone_kir::{
    limits::{MAX_BUFFER_BYTES, MAX_CHUNKS, MAX_CODE_BYTES, MAX_FUEL},
    BadArguments, CostError, Kernel, KernelHash, Op,
};

use crate::{
    secret,
    settings::{self, Kind, SettingsError, Variables},
};

/// The settings of the compiler.
#[derive(serde::Deserialize)]
struct Settings {
    /// Processor time that compiling one source may take.
    compile_seconds: Option<u32>,
}

impl Settings {
    /// Reads `TOUCHSTONE_COMPILE_SECONDS`, which needs neither a configuration file nor a folder for one.
    fn load() -> Result<Self, SettingsError> {
        settings::extract(&Figment::from(Variables::read(&[("compile_seconds", Kind::Number)])?))
    }
}

/// A kernel from a file.
#[derive(Clone, Debug)]
pub struct LocalKernel {
    /// The valid kernel.
    pub kernel: Kernel,
    /// What the compiler says of it, if it was compiled.
    pub statistics: Option<Statistics>,
}

impl LocalKernel {
    /// Reads WGSL, which is compiled, or KIR, which is validated: by the names `.wgsl` and `.kir`, otherwise WGSL if
    /// the file is a text.
    ///
    /// # Errors
    /// A file that cannot be read or is longer than any kernel; what the compiler or the validator says.
    pub fn load(path: &Path) -> Result<Self, KernelError> {
        let shown = || path.display().to_string();
        let unreadable = |reason: String| KernelError::Unreadable { path: shown(), reason };
        let most = MAX_SOURCE_BYTES.max(MAX_CODE_BYTES) as u64;
        let mut bytes = Vec::new();
        // A device or a pipe may have no end.
        std::fs::File::open(path)
            .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
            .map_err(|error| unreadable(error.to_string()))?;
        let named = |name: &str| path.extension().is_some_and(|extension| extension == name);
        if bytes.len() > MAX_CODE_BYTES && bytes.len() > MAX_SOURCE_BYTES {
            return Err(unreadable(format!("it has more than {most} bytes, and a kernel has at most {most}")));
        }
        if named("kir") || !(named("wgsl") || is_text(&bytes)) {
            let kernel = Kernel::decode(&bytes)
                .map_err(|error| KernelError::Invalid { path: shown(), reason: error.to_string() })?;
            return Ok(Self { kernel, statistics: None });
        }
        let source = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".into()))?;
        // The compiler would show the line.
        if secret::is_key_file(&source) {
            return Err(unreadable("its content looks like a mnemonic or a seed, which is not shown".into()));
        }
        Self::compile(&source, &shown())
    }

    /// Compiles a source; `path` is named in the error.
    ///
    /// Done in a child process with limits: the program's `main` has to call [`touchstone_compiler::serve`] first.
    /// `TOUCHSTONE_COMPILE_SECONDS` sets the seconds of processor time that it may take.
    ///
    /// # Errors
    /// What the compiler says; a variable that is not a number of seconds.
    pub fn compile(source: &str, path: &str) -> Result<Self, KernelError> {
        let Settings { compile_seconds } = Settings::load()?;
        let limits = Limits { seconds: compile_seconds.unwrap_or(Limits::default().seconds), ..Limits::default() };
        let compiled = compile_apart(source, limits).map_err(|error| {
            let report = error.render(source, path);
            // The caller says that it is an error.
            let report = report.strip_prefix("error: ").unwrap_or(&report).trim_end().to_string();
            KernelError::Refused { report }
        })?;
        Ok(Self { kernel: compiled.kernel, statistics: Some(compiled.statistics) })
    }

    /// Its name on the chain.
    pub fn hash(&self) -> KernelHash {
        self.kernel.hash()
    }

    /// Whether any job can use it. With all parameters at 0 its bounds are smallest.
    ///
    /// # Errors
    /// One invocation burns too much fuel whatever its arguments.
    pub fn usability(&self) -> Result<Usability, KernelError> {
        let module = self.kernel.module();
        let params = vec![0; module.params.into()];
        match self.kernel.cost(&params, &vec![MAX_BUFFER_BYTES; module.inputs.into()]) {
            Err(CostError::FuelOverLimit { fuel }) => Err(KernelError::Useless { fuel }),
            Err(CostError::ChunksOverLimit { chunks }) => Ok(Usability::OnlyShortInputs { chunks }),
            _ => Ok(Usability::Usable),
        }
    }

    /// What to do about a step that is not admitted.
    pub fn remedy(&self, error: &CostError) -> String {
        match error {
            CostError::FuelOverLimit { .. } => {
                "let one invocation do less: smaller bounds of its loops (`min(n, 1000u)`, \
                 `loop_bound`), and more invocations or steps"
                    .into()
            }
            CostError::ChunksOverLimit { .. } => {
                let free: Vec<String> = self.free_loads().iter().map(|input| format!("input {input}")).collect();
                match free.is_empty() {
                    true => {
                        "every possible proof has to fit a block: bound the views by less (`bound_reads`), and let \
                         more invocations read less each"
                            .into()
                    }
                    false => format!(
                        "every possible proof has to fit a block, and each load without a known range counts as a \
                        chunk of its own: say what is read of {} with `bound_reads(binding, base, length)`, bound the \
                         loops around by less (`loop_bound`), or let more invocations read less each",
                        free.join(" and ")
                    ),
                }
            }
            CostError::BadArguments(BadArguments::WrongParams { .. }) => {
                "--params takes one number for each word of the uniform at binding 8, padding included".into()
            }
            CostError::BadArguments(BadArguments::WrongInputs { .. }) => {
                "--inputs takes one length in bytes for each binding from 0 to the highest that is an input".into()
            }
            CostError::BadArguments(BadArguments::WrongLength { .. }) => {
                "lengths are in bytes: 4 for each word, up to 2 GiB for a buffer".into()
            }
        }
    }

    /// Inputs of which words are loaded without a view.
    fn free_loads(&self) -> Vec<u8> {
        let code = &self.kernel.module().code;
        let mut inputs: Vec<u8> = code
            .iter()
            .filter(|instr| matches!(instr.opcode(), Some(Op::Load | Op::Load4)))
            .map(|instr| instr.b)
            .collect();
        inputs.sort_unstable();
        inputs.dedup();
        inputs
    }
}

/// Text has no control characters but line ends and tabs; the header of KIR has.
fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(|char| char.is_control() && !char.is_whitespace()))
}

/// Which jobs can use a kernel, as far as that depends on no parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usability {
    /// Any job can.
    Usable,
    /// With long inputs a step would read too much.
    OnlyShortInputs {
        /// Chunks that one invocation reads of the longest inputs.
        chunks: u32,
    },
}

impl Usability {
    /// What to tell the author.
    pub fn warning(self) -> Option<String> {
        match self {
            Usability::Usable => None,
            Usability::OnlyShortInputs { chunks } => Some(format!(
                "one invocation reads up to {chunks} chunks of 1,024 bytes, and a step at most {MAX_CHUNKS}: a job can \
                use it only with inputs of at most that many chunks"
            )),
        }
    }
}

/// Why a file gives no kernel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    /// A setting of the compiler has another form.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The file cannot be read.
    #[error("the kernel {path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The compiler refuses the source.
    #[error("{report}")]
    Refused {
        /// The error with the lines of source that it is about.
        report: String,
    },
    /// The bytes are not a valid kernel.
    #[error(
        "{path} is not a valid kernel ({reason}): it is read as KIR, which `touchstone compile source.wgsl -o \
        kernel.kir` writes; name a source .wgsl"
    )]
    Invalid {
        /// The file.
        path: String,
        /// The defect.
        reason: String,
    },
    /// No job can use it.
    #[error(
        "no job can use this kernel: one invocation burns at least {fuel} fuel, and a step admits {MAX_FUEL}; let a \
         loop turn less often, and use more invocations or steps"
    )]
    Useless {
        /// The least worst case.
        fuel: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(body: &str) -> String {
        format!(
            "const WINDOW: u32 = 1;
            @group(0) @binding(0) var<storage, read> words: array<u32>;
            @group(0) @binding(9) var<storage, read_write> output: array<u32>;
            @compute @workgroup_size(1)
            fn main(@builtin(global_invocation_id) id: vec3<u32>) {{ var n = 0u; {body} output[id.x] = n; }}"
        )
    }

    fn kernel(body: &str) -> LocalKernel {
        touchstone_compiler::trust_sources();
        LocalKernel::compile(&source(body), "test.wgsl").unwrap()
    }

    fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        touchstone_compiler::trust_sources();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    #[test]
    fn what_a_file_holds_is_known_by_its_bytes() {
        let compiled = kernel("n = 7u;");
        for name in ["k.wgsl", "k.txt", "k"] {
            let (_folder, path) = file(name, source("n = 7u;").as_bytes());
            assert_eq!(LocalKernel::load(&path).unwrap().kernel, compiled.kernel, "{name}");
        }
        for name in ["k.kir", "k.bin", "k"] {
            let (_folder, path) = file(name, &compiled.kernel.encode());
            assert_eq!(LocalKernel::load(&path).unwrap().kernel, compiled.kernel, "{name}");
        }
    }

    #[test]
    fn what_is_neither_source_nor_kir_is_refused_with_a_remedy() {
        let (_folder, path) = file("k.kir", source("n = 7u;").as_bytes());
        let error = LocalKernel::load(&path).unwrap_err().to_string();
        assert!(error.contains("name a source .wgsl"), "{error}");
        let (_folder, path) = file("k.bin", &[0xff, 0xfe, 0]);
        let error = LocalKernel::load(&path).unwrap_err().to_string();
        assert!(error.contains("is not a valid kernel"), "{error}");
        let (_folder, path) = file("k.wgsl", &[0xff, 0xfe, 0]);
        let error = LocalKernel::load(&path).unwrap_err().to_string();
        assert!(error.ends_with("it is not UTF-8"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_without_end_is_not_read_to_it() {
        let error = LocalKernel::load(Path::new("/dev/zero")).unwrap_err().to_string();
        assert_eq!(
            error,
            "the kernel /dev/zero cannot be read: it has more than 65536 bytes, and a kernel has at most 65536"
        );
    }

    #[test]
    fn a_key_file_in_place_of_a_kernel_is_not_shown() {
        let phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
        for content in [phrase.to_owned(), format!("0x{}\n", "e5".repeat(32))] {
            let (_folder, path) = file("key", content.as_bytes());
            let error = LocalKernel::load(&path).unwrap_err().to_string();
            assert!(error.contains("looks like a mnemonic or a seed"), "{error}");
            assert!(!error.contains("obey") && !error.contains("e5e5"), "{error}");
        }
    }

    #[test]
    fn an_error_does_not_call_itself_one() {
        touchstone_compiler::trust_sources();
        let error = LocalKernel::compile("fn", "test.wgsl").unwrap_err().to_string();
        assert!(!error.contains("error:") && error.contains("test.wgsl:1:3"), "{error}");
    }

    #[test]
    fn a_kernel_that_always_burns_too_much_is_useless() {
        let looped = |turns: u32| kernel(&format!("for (var i = 0u; i < {turns}u; i++) {{ n ^= i; }}"));
        assert_eq!(looped(1_000_000).usability(), Ok(Usability::Usable));
        let error = looped(20_000_000).usability().unwrap_err().to_string();
        assert!(error.starts_with("no job can use this kernel: one invocation burns at least 60"), "{error}");
    }

    #[test]
    fn a_kernel_that_always_reads_too_much_is_warned_of() {
        let loads = |turns: u32| kernel(&format!("for (var i = 0u; i < {turns}u; i++) {{ n = words[n]; }}"));
        assert_eq!(loads(512).usability(), Ok(Usability::Usable));
        let usability = loads(513).usability().unwrap();
        assert_eq!(usability, Usability::OnlyShortInputs { chunks: 513 });
        assert!(usability.warning().unwrap().contains("up to 513 chunks"));
    }

    #[test]
    fn a_step_that_is_not_admitted_has_a_remedy() {
        let free = kernel("for (var i = 0u; i < 600u; i++) { n = words[n]; }");
        let error = free.kernel.cost(&[], &[1 << 24]).unwrap_err();
        assert!(free.remedy(&error).contains("what is read of input 0 with `bound_reads"), "{}", free.remedy(&error));
        let viewed = kernel("for (var i = 0u; i < 200000u; i++) { n += words[i]; }");
        let error = viewed.kernel.cost(&[], &[1 << 24]).unwrap_err();
        assert!(viewed.remedy(&error).contains("bound the views by less"), "{}", viewed.remedy(&error));
        let hot = kernel("for (var i = 0u; i < 20000000u; i++) { n ^= i; }");
        let error = hot.kernel.cost(&[], &[4]).unwrap_err();
        assert!(hot.remedy(&error).contains("loop_bound"), "{}", hot.remedy(&error));
        let error = hot.kernel.cost(&[1], &[4]).unwrap_err();
        assert!(hot.remedy(&error).starts_with("--params"), "{}", hot.remedy(&error));
    }
}
