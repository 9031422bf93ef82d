//! Words in which an output differs from the one that was computed here.

use std::io;

use touchstone_client::{reexec::FileBuffer, shown::Shown};
use touchstone_kir::CHUNK;

/// Bytes of two outputs that are compared at once.
const PIECE: usize = 1 << 20;

/// Indices of the first words, at most `most`, in which two buffers of one length differ.
pub(super) fn in_files(ours: &FileBuffer, theirs: &FileBuffer, most: usize) -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    let len = ours.len().min(theirs.len());
    let (mut mine, mut other) = (vec![0; PIECE], vec![0; PIECE]);
    for start in (0..len).step_by(PIECE) {
        let piece = (len - start).min(PIECE as u64) as usize;
        let (Some(mine), Some(other)) = (mine.get_mut(..piece), other.get_mut(..piece)) else { break };
        ours.read_exact_at(start, mine)?;
        theirs.read_exact_at(start, other)?;
        found.extend(words(start, mine, other));
        if found.len() >= most {
            break;
        }
    }
    found.truncate(most);
    Ok(found)
}

/// The same for a buffer that is known as far as answers show it.
pub(super) fn in_shown(ours: &FileBuffer, theirs: &Shown, most: usize) -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    let mut mine = vec![0; CHUNK];
    for (chunk, other) in theirs.chunks() {
        let Some(mine) = mine.get_mut(..other.len()) else { break };
        let start = u64::from(chunk).saturating_mul(CHUNK as u64);
        ours.read_exact_at(start, mine)?;
        found.extend(words(start, mine, other));
        if found.len() >= most {
            break;
        }
    }
    found.truncate(most);
    Ok(found)
}

/// Indices of words that differ, in two pieces that start at this byte of their buffers.
fn words<'a>(start: u64, mine: &'a [u8], other: &'a [u8]) -> impl Iterator<Item = u32> + 'a {
    // Most pieces are equal, and comparing them as a whole is faster.
    let words = if mine == other { 0 } else { mine.len().div_ceil(4) };
    let pairs = mine.chunks(4).zip(other.chunks(4)).take(words);
    (start / 4..).zip(pairs).filter(|(_, (mine, other))| mine != other).map(|(word, _)| word as u32)
}

#[cfg(test)]
mod tests {
    use touchstone_kir::{root, Node, Reveal};
    use touchstone_primitives::Buffer;

    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::NamedTempFile, FileBuffer) {
        let named = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(named.path(), bytes).unwrap();
        let file = FileBuffer::open(named.path()).unwrap();
        (named, file)
    }

    #[test]
    fn differing_words_are_found_in_order_across_pieces() {
        let ours = vec![0u8; PIECE + 16];
        let mut theirs = ours.clone();
        theirs[PIECE + 15] = 1;
        theirs[PIECE - 1] = 1;
        theirs[4] = 1;
        let ((_a, ours), (_b, theirs)) = (file(&ours), file(&theirs));
        let words = PIECE as u32 / 4;
        assert_eq!(in_files(&ours, &theirs, 9).unwrap(), [1, words - 1, words + 3]);
        assert_eq!(in_files(&ours, &theirs, 2).unwrap(), [1, words - 1]);
        assert_eq!(in_files(&ours, &ours, 9).unwrap(), [0u32; 0]);
    }

    #[test]
    fn differing_words_are_found_in_what_answers_show() {
        let ours = vec![0u8; 70 * CHUNK + 8];
        let mut theirs = ours.clone();
        for at in [5 * CHUNK, 66 * CHUNK + 3, 70 * CHUNK + 7] {
            theirs[at] = 1;
        }
        let len = theirs.len() as u32;
        let tree = touchstone_kir::Outboard::new(&theirs).unwrap();
        let mut shown = Shown::new(Buffer { root: root(&theirs), len });
        let top = tree.reveal(Node::top(len), |_, _| Ok::<_, ()>(())).unwrap().unwrap();
        shown.learn(Node::top(len), &top).unwrap();
        // The second node of level 6 has seven chunks, so its name is of level 3.
        let node = Node::over(64, 6, len).unwrap();
        shown.learn(node, &Reveal::Bytes(theirs[64 * CHUNK..].to_vec())).unwrap();
        let (_named, ours) = file(&ours);
        let words = CHUNK as u32 / 4;
        assert_eq!(in_shown(&ours, &shown, 9).unwrap(), [66 * words, 70 * words + 1]);
        assert_eq!(in_shown(&ours, &shown, 1).unwrap(), [66 * words]);
    }
}
