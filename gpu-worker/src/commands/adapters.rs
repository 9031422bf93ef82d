use touchstone_gpu::{adapters, GpuError};

/// Lists the adapters, best first.
pub(super) fn run(json: bool) -> anyhow::Result<()> {
    let found = adapters();
    if json {
        println!("{}", serde_json::to_string_pretty(&found)?);
        return Ok(());
    }
    if found.is_empty() {
        return Err(GpuError::NoAdapter.into());
    }
    for adapter in found {
        println!(
            "{}\n  {}, {}, {}, buffers up to {} MiB",
            adapter.name,
            adapter.class,
            adapter.backend,
            adapter.driver,
            adapter.max_buffer_bytes >> 20
        );
    }
    Ok(())
}
