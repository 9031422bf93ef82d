use std::{fs, io, time::Duration};

use touchstone_kir::{limits::MAX_BUFFER_BYTES, verify_reveal, ChunkRange, Node, Outboard, Reveal, Root, CHUNK};
use touchstone_primitives::{Buffer, JobId};

use super::{blob_store::TREE, check::ASIDE, stamp::Stamp, start::SMALL, tree, BlobStore, OpeningOutcome, StoreError};
use crate::blobs::hex_root;

fn store(quota: u64) -> (tempfile::TempDir, BlobStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = BlobStore::open(folder.path(), quota).unwrap();
    (folder, store)
}

/// Stores these bytes.
pub(crate) fn put(store: &BlobStore, bytes: &[u8]) -> Result<Root, StoreError> {
    let root = touchstone_kir::root(bytes);
    let mut incoming = store.begin(bytes.len() as u32)?;
    for piece in bytes.chunks(1000) {
        incoming.write(piece)?;
    }
    store.finish(incoming, &root)?;
    Ok(root)
}

fn files(folder: &tempfile::TempDir) -> usize {
    fs::read_dir(folder.path()).unwrap().count()
}

#[test]
fn a_blob_comes_back_with_its_bytes_also_after_reopening() {
    let (folder, store) = store(1 << 20);
    let bytes = vec![7; 4096];
    let root = put(&store, &bytes).unwrap();
    let stored = store.get(&root).unwrap().unwrap();
    assert_eq!(fs::read(&stored.path).unwrap(), bytes);
    drop(store);
    fs::write(folder.path().join("1-0.part"), b"left by a crash").unwrap();
    let reopened = BlobStore::open(folder.path(), 1 << 20).unwrap();
    assert_eq!(reopened.get(&root).unwrap(), Some(stored));
    assert_eq!(files(&folder), 1);
}

#[test]
fn bytes_of_another_root_leave_nothing_behind() {
    let (folder, store) = store(1 << 20);
    let mut incoming = store.begin(4).unwrap();
    incoming.write(b"abcd").unwrap();
    let error = store.finish(incoming, &[9; 32]).unwrap_err();
    assert!(matches!(error, StoreError::WrongRoot { expected, .. } if expected == [9; 32]));
    assert_eq!(files(&folder), 0);
    assert_eq!(store.usage(), (0, 1 << 20));
}

#[test]
fn too_few_and_too_many_bytes_are_refused() {
    let (folder, store) = store(1 << 20);
    let mut short = store.begin(8).unwrap();
    short.write(b"abcd").unwrap();
    let error = store.finish(short, &[0; 32]).unwrap_err();
    assert_eq!(error.to_string(), "4 bytes arrived, 8 were announced");
    let mut long = store.begin(4).unwrap();
    let error = long.write(b"abcde").unwrap_err();
    assert_eq!(error.to_string(), "5 bytes arrived, 4 were announced");
    drop(long);
    assert_eq!(files(&folder), 0);
}

#[test]
fn the_quota_counts_what_is_promised_and_gets_it_back() {
    let (_folder, store) = store(100);
    let first = store.begin(60).unwrap();
    let Err(error) = store.begin(60) else { panic!("over the quota") };
    assert_eq!(error.to_string(), "the store has 40 of 100 bytes left, 60 are needed");
    drop(first);
    let root = put(&store, &[1; 60]).unwrap();
    assert!(store.begin(60).is_err());
    std::thread::sleep(Duration::from_millis(2));
    assert_eq!(store.retain(|_| false, Duration::ZERO), 1);
    assert_eq!(store.get(&root).unwrap(), None);
    assert!(store.begin(100).is_ok());
}

#[test]
fn what_is_needed_stays_and_the_rest_goes_after_its_grace() {
    let (_folder, store) = store(1 << 20);
    let kept = put(&store, &[1; 8]).unwrap();
    let dropped = put(&store, &[2; 8]).unwrap();
    assert_eq!(store.retain(|_| false, Duration::from_secs(60)), 0);
    std::thread::sleep(Duration::from_millis(2));
    assert_eq!(store.retain(|root| *root == kept, Duration::ZERO), 1);
    assert!(store.contains(&kept));
    assert!(!store.contains(&dropped));
}

#[test]
fn a_file_that_another_program_wrote_is_kept_under_its_own_root() {
    let (_folder, store) = store(1 << 20);
    let incoming = store.begin(12).unwrap();
    fs::write(incoming.path(), b"twelve bytes").unwrap();
    let root = store.adopt(incoming).unwrap();
    assert_eq!(root, touchstone_kir::root(b"twelve bytes"));

    let incoming = store.begin(12).unwrap();
    fs::write(incoming.path(), b"eleven byte").unwrap();
    let error = store.adopt(incoming).unwrap_err();
    assert_eq!(error.to_string(), "11 bytes arrived, 12 were announced");
}

#[test]
fn a_file_whose_root_is_known_is_kept_under_it_if_it_is_whole() {
    let (folder, store) = store(1 << 20);
    let root = touchstone_kir::root(b"twelve bytes");
    let incoming = store.begin(12).unwrap();
    fs::write(incoming.path(), b"eleven byte").unwrap();
    let error = store.adopt_as(incoming, &root).unwrap_err();
    assert_eq!(error.to_string(), "11 bytes arrived, 12 were announced");
    assert_eq!((store.get(&root).unwrap(), files(&folder)), (None, 0));

    let incoming = store.begin(12).unwrap();
    fs::write(incoming.path(), b"twelve bytes").unwrap();
    store.adopt_as(incoming, &root).unwrap();
    assert_eq!(fs::read(store.get(&root).unwrap().unwrap().path).unwrap(), b"twelve bytes");
}

#[test]
fn lengths_that_no_buffer_has_are_refused() {
    let (_folder, store) = store(u64::MAX);
    for len in [0, 3, MAX_BUFFER_BYTES + 4] {
        assert!(matches!(
            store.begin(len),
            Err(StoreError::BadLength(got)) if got == u64::from(len)
        ));
    }
}

/// Changes one byte of a blob's file and nothing else.
fn flip(folder: &tempfile::TempDir, root: &Root) {
    let path = folder.path().join(hex_root(root));
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
}

fn set_aside(folder: &tempfile::TempDir, root: &Root) -> bool {
    folder.path().join(ASIDE).join(hex_root(root)).exists()
}

#[test]
fn a_file_that_was_changed_at_equal_length_is_set_aside_at_the_next_use_and_can_be_brought_again() {
    for len in [4096, 3 << 20] {
        let (folder, store) = store(16 << 20);
        let bytes = vec![7; len];
        let root = put(&store, &bytes).unwrap();
        assert!(store.get(&root).unwrap().is_some());
        flip(&folder, &root);
        assert_eq!(store.get(&root).unwrap(), None);
        assert!(!store.contains(&root));
        assert!(set_aside(&folder, &root));
        assert_eq!(store.usage().0, 0);
        put(&store, &bytes).unwrap();
        assert_eq!(fs::read(store.get(&root).unwrap().unwrap().path).unwrap(), bytes);
    }
}

#[test]
fn files_that_were_changed_while_no_store_was_open_are_never_given_out() {
    for len in [4096, 3 << 20] {
        let (folder, store) = store(16 << 20);
        let (changed, cut) = (put(&store, &vec![7; len]).unwrap(), put(&store, &vec![8; len]).unwrap());
        let right = put(&store, &vec![9; len]).unwrap();
        drop(store);
        flip(&folder, &changed);
        fs::write(folder.path().join(hex_root(&cut)), b"").unwrap();
        let reopened = BlobStore::open(folder.path(), 16 << 20).unwrap();
        // Small files are hashed at once.
        assert!(!reopened.contains(&cut));
        assert_eq!(reopened.contains(&changed), len as u64 > SMALL);
        assert_eq!(reopened.get(&changed).unwrap(), None);
        assert!(reopened.get(&right).unwrap().is_some());
        assert!(set_aside(&folder, &changed) && set_aside(&folder, &cut));
        assert_eq!(reopened.usage().0, len as u64 + tree::tree_bytes(len as u32));
    }
}

#[test]
fn a_change_that_leaves_no_trace_is_found_by_those_who_hash_anew() {
    let (_folder, store) = store(1 << 20);
    let root = put(&store, &[7; 4096]).unwrap();
    let stored = store.get(&root).unwrap().unwrap();
    // As a disk that fails does it: other bytes under the same stamp.
    fs::write(&stored.path, [8; 4096]).unwrap();
    let stamp = Stamp::settled(&stored.path).unwrap();
    *store.ledger().held[&root].verdict.lock().unwrap() = Some(stamp);
    assert!(store.get(&root).unwrap().is_some(), "the stamp is the same");
    assert_eq!(store.rehash(&root).unwrap(), None);
    assert!(!store.contains(&root));
}

#[test]
fn a_file_that_is_gone_is_missing() {
    let (folder, store) = store(1 << 20);
    let root = put(&store, &[7; 4096]).unwrap();
    fs::remove_file(folder.path().join(hex_root(&root))).unwrap();
    assert_eq!(store.get(&root).unwrap(), None);
    assert_eq!(store.usage().0, 0);
}

#[test]
fn a_root_that_the_writer_found_wrong_is_noticed_before_the_blob_is_given_out() {
    let (folder, store) = store(1 << 20);
    let incoming = store.begin(12).unwrap();
    fs::write(incoming.path(), b"twelve bytes").unwrap();
    store.adopt_as(incoming, &[5; 32]).unwrap();
    assert_eq!(store.get(&[5; 32]).unwrap(), None);
    assert!(set_aside(&folder, &[5; 32]));
}

fn opening(store: &BlobStore, root: &Root, first: u32, count: u32) -> OpeningOutcome {
    store.open_chunks(root, ChunkRange { first, count }).unwrap()
}

#[test]
fn openings_come_from_the_tree_that_is_kept_beside_the_blob_also_after_reopening() {
    let (folder, store) = store(16 << 20);
    let bytes: Vec<u8> = (0..3 << 20).map(|at: u32| (at >> 9) as u8).collect();
    let root = put(&store, &bytes).unwrap();
    let expected = touchstone_kir::open(&bytes, &[ChunkRange { first: 77, count: 20 }]).unwrap();
    let is_right = |outcome| matches!(outcome, OpeningOutcome::Opening(opening) if opening == expected);
    assert!(is_right(opening(&store, &root, 77, 20)));
    drop(store);
    let reopened = BlobStore::open(folder.path(), 16 << 20).unwrap();
    assert!(is_right(opening(&reopened, &root, 77, 20)), "nothing had to be hashed");
    assert!(matches!(opening(&reopened, &root, 3 << 10, 1), OpeningOutcome::NoSuchChunks(_)));
    assert!(matches!(opening(&reopened, &[1; 32], 0, 1), OpeningOutcome::Missing));
}

#[test]
fn a_tree_that_is_missing_or_changed_is_made_again_and_never_serves_an_opening_that_is_false() {
    let (folder, store) = store(16 << 20);
    let root = put(&store, &vec![7; 3 << 20]).unwrap();
    let tree = folder.path().join(format!("{}{TREE}", hex_root(&root)));
    let right = fs::read(&tree).unwrap();
    for wrong in [&vec![1; right.len()][..], b"", b"short"] {
        fs::write(&tree, wrong).unwrap();
        assert!(matches!(opening(&store, &root, 5, 1), OpeningOutcome::NeedsTree));
        store.ensure_tree(&root).unwrap();
        assert!(matches!(opening(&store, &root, 5, 1), OpeningOutcome::Opening(_)));
        assert_eq!(fs::read(&tree).unwrap(), right);
    }
    flip(&folder, &root);
    assert!(
        matches!(opening(&store, &root, 1536, 1), OpeningOutcome::NeedsTree),
        "the bytes that are opened are others"
    );
    store.ensure_tree(&root).unwrap();
    assert!(matches!(opening(&store, &root, 1536, 1), OpeningOutcome::Missing));
    assert!(!tree.exists());
}

#[test]
fn every_node_is_revealed_as_the_chain_takes_it_with_or_without_the_tree() {
    let (folder, store) = store(1 << 22);
    let bytes: Vec<u8> = (0..CHUNK * (5 * 64 + 3) - 8).map(|at| (at * 7 + at / 251) as u8).collect();
    let (len, whole) = (bytes.len() as u32, Outboard::new(&bytes).unwrap());
    let root = put(&store, &bytes).unwrap();
    let tree = folder.path().join(format!("{}{TREE}", hex_root(&root)));
    let read = |at: u64, out: &mut [u8]| {
        out.copy_from_slice(&bytes[at as usize..][..out.len()]);
        Ok::<_, ()>(())
    };
    let nodes = [(9, 0), (8, 0), (7, 1), (6, 0), (6, 4), (2, 80), (1, 160), (0, 322)];
    for (level, position) in nodes {
        let node = Node { level, position };
        let Some(value) = whole.node(node) else { continue };
        let reveal = store.reveal(&root, node).unwrap().unwrap();
        assert_eq!(verify_reveal(node, &value, &reveal, len), Ok(()), "{node:?}");
        assert_eq!(Some(&reveal), whole.reveal(node, read).unwrap().as_ref());
        assert_eq!(store.reveal_by_hashing(&root, node).unwrap().as_ref(), Some(&reveal));
        fs::write(&tree, vec![1; fs::read(&tree).unwrap().len()]).unwrap();
        assert_eq!(store.reveal(&root, node).unwrap().as_ref(), Some(&reveal), "a tree that is wrong");
        fs::remove_file(&tree).unwrap();
        assert_eq!(store.reveal(&root, node).unwrap(), Some(reveal), "without a tree");
    }
    assert!(matches!(store.reveal(&root, Node::top(len)).unwrap(), Some(Reveal::Nodes(values)) if values.len() == 6));
    assert_eq!(store.reveal(&root, Node { level: 10, position: 0 }).unwrap(), None, "no such node");
    assert_eq!(store.reveal(&[9; 32], Node::top(len)).unwrap(), None, "no such blob");
    flip(&folder, &root);
    assert_eq!(store.reveal(&root, Node { level: 6, position: 2 }).unwrap(), None, "a blob that is wrong");
}

#[test]
fn a_tree_goes_with_its_blob() {
    let (folder, store) = store(16 << 20);
    let root = put(&store, &vec![7; 1 << 20]).unwrap();
    assert_eq!(files(&folder), 2);
    std::thread::sleep(Duration::from_millis(2));
    assert_eq!(store.retain(|_| false, Duration::ZERO), 1);
    assert_eq!(files(&folder), 0);
    put(&store, &vec![7; 1 << 20]).unwrap();
    drop(store);
    fs::remove_file(folder.path().join(hex_root(&root))).unwrap();
    BlobStore::open(folder.path(), 16 << 20).unwrap();
    assert_eq!(files(&folder), 0);
}

#[test]
fn a_blob_that_is_hashed_keeps_nobody_from_another_one() {
    let (_folder, store) = store(1 << 20);
    let (busy, other) = (put(&store, &[7; 4096]).unwrap(), put(&store, &[8; 4096]).unwrap());
    let verdict = store.ledger().held[&busy].verdict.clone();
    // The task that hashes a blob holds its verdict.
    let _hashing = verdict.lock().unwrap();
    assert!(store.get(&other).unwrap().is_some());
    assert!(store.contains(&busy));
    put(&store, &[9; 4096]).unwrap();
}

#[test]
fn an_upload_draws_on_the_space_that_was_reserved_for_its_job() {
    let (_folder, store) = store(100);
    let (job, bytes) = (JobId([1; 32]), [3; 60]);
    let root = touchstone_kir::root(&bytes);
    store.reserve(&job, &[Buffer { root, len: 60 }], &[40]).unwrap();
    assert!(store.begin(4).is_err_and(|error| error.is_full()));
    let mut incoming = store.begin_input(&root, 60).unwrap();
    incoming.write(&bytes).unwrap();
    store.finish(incoming, &root).unwrap();
    let output = store.begin_output(&job, 40).unwrap();
    assert_eq!(store.usage(), (100, 100));
    drop(output);
    store.release_except(|_| false);
    assert_eq!(store.usage(), (60, 100));
}

#[test]
fn an_error_of_the_file_system_names_the_file_and_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = BlobStore::open(&file.join("blobs"), 1).err().unwrap().to_string();
    assert!(error.starts_with(&format!("{} cannot be created: ", file.join("blobs").display())), "{error}");
    let full = StoreError::File {
        path: "/data/x".into(),
        action: "written",
        error: io::Error::from(io::ErrorKind::StorageFull),
    };
    assert!(full.is_full());
    let text = full.to_string();
    assert!(text.starts_with("/data/x cannot be written: ") && text.ends_with("lower quota_mib"), "{text}");
}
