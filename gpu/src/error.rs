use std::time::Duration;

/// Why a device cannot do something.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// The machine offers no adapter at all.
    #[error(
        "no Vulkan, Metal or DirectX 12 adapter was found: install the driver of your GPU, or \
         mesa-vulkan-drivers and libvulkan1 (Debian) to compute on the CPU"
    )]
    NoAdapter,
    /// There is no adapter with the requested name.
    #[error("no adapter is called {wanted:?}; there are {found}")]
    NoSuchAdapter {
        /// The requested name.
        wanted: String,
        /// The adapters that exist.
        found: String,
    },
    /// Several adapters match the name.
    #[error("{wanted:?} means several adapters: name one by its PCI address or index, as one of {found}")]
    AmbiguousAdapter {
        /// The requested name.
        wanted: String,
        /// The adapters that match.
        found: String,
    },
    /// The adapter lacks something that every kernel may need.
    #[error("adapter {adapter} cannot be used: {reason}")]
    Unsuitable {
        /// Its name.
        adapter: String,
        /// What is missing.
        reason: String,
    },
    /// A buffer is larger than the device can hold.
    #[error("a buffer of {bytes} bytes is larger than the {limit} bytes that this device can use")]
    TooLarge {
        /// The requested size.
        bytes: u64,
        /// The device's limit.
        limit: u64,
    },
    /// A step's inputs need more bindings than the device has.
    #[error(
        "the step's buffers need {needed} bindings of at most {part_bytes} bytes, and this device has {available}"
    )]
    TooManyParts {
        /// Storage buffers that would be bound.
        needed: u32,
        /// The most that one binding covers.
        part_bytes: u32,
        /// Storage buffers that can be bound.
        available: u32,
    },
    /// The device's memory is exhausted.
    #[error("out of device memory: {0}")]
    OutOfMemory(String),
    /// The driver or wgpu refused a kernel or a command.
    #[error("the device refused: {0}")]
    Refused(String),
    /// The device did not answer in time.
    #[error("the device did not finish a dispatch within {0:?}")]
    Timeout(Duration),
    /// The driver's compiler did not end in time.
    #[error("the driver did not compile a kernel within {0:?}")]
    CompilerTimeout(Duration),
    /// The device was lost.
    #[error("the device was lost: {0}")]
    Lost(String),
    /// The kernel, its arguments or a test vector is not valid.
    #[error("{0}")]
    InvalidInput(String),
    /// Reading or writing a buffer's bytes failed.
    #[error("buffer bytes: {0}")]
    Io(#[from] std::io::Error),
}

impl GpuError {
    /// Whether the device cannot be used after this error, because it may be in a wrong state or its driver is still
    /// busy.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Timeout(_) | Self::CompilerTimeout(_) | Self::Lost(_))
    }
}
