//! One process for each data folder.

use std::{fs::File, path::Path};

use anyhow::Context;

/// Takes a folder for this process: two that share one would remove each other's files, and two providers of one
/// account would answer each other's assignments. The lock ends with the process, however that ends.
pub(super) fn lock(folder: &Path) -> anyhow::Result<File> {
    std::fs::create_dir_all(folder).with_context(|| format!("the folder {} cannot be created", folder.display()))?;
    let path = folder.join("lock");
    let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    file.try_lock().with_context(|| {
        format!("another gpu-worker uses {}: stop it, or give this one another folder with --data", folder.display())
    })?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_owner_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path()).unwrap();
        let error = lock(folder.path()).unwrap_err();
        assert!(error.to_string().starts_with("another gpu-worker uses "), "{error}");
        drop(first);
        lock(folder.path()).unwrap();
    }
}
