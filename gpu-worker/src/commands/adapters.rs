use touchstone_gpu::{adapters, GpuError};

use super::output::print;

/// Lists the adapters, best first.
pub(super) fn run(json: bool) -> anyhow::Result<()> {
    let found = adapters();
    if json {
        return print(serde_json::to_string_pretty(&found)?);
    }
    if found.is_empty() {
        return Err(GpuError::NoAdapter.into());
    }
    for adapter in found {
        let selector = match adapter.pci.as_str() {
            "" => format!("index:{}", adapter.index),
            pci => pci.to_string(),
        };
        print(format_args!(
            "{}\n  {}, {}, {}, buffers up to {} MiB\n  --adapter {selector}",
            adapter.name,
            adapter.class,
            adapter.backend,
            adapter.driver,
            adapter.max_buffer_bytes >> 20,
        ))?;
    }
    Ok(())
}
