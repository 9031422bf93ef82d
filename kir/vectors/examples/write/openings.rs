//! Roots, openings, and every kind of invalid opening.

use blake3::hazmat::{merge_subtrees_non_root, merge_subtrees_root, HasherExt, Mode};
use touchstone_kir::{chunk_count, open, root, ChunkRange, Opening, CHUNK};
use touchstone_vectors::{Line, OpeningLine};

use super::Book;

pub fn write(book: &mut Book) {
    roots(book);
    for (length, ranges) in [
        (4u32, vec![(0, 1)]),
        (1024, vec![(0, 1)]),
        (1028, vec![(0, 1)]),
        (1028, vec![(1, 1)]),
        (1028, vec![(0, 2)]),
        (7 * 1024, vec![(2, 1), (4, 2)]),
        (7 * 1024 + 512, vec![(7, 1)]),
        (16 * 1024, vec![(0, 1), (15, 1)]),
        (33 * 1024, vec![]),
    ] {
        one_and_what_spoils_it(book, length, ranges);
    }
    ranges(book);
    lengths(book);
    largest(book);
}

fn buffer(length: u32) -> Vec<u8> {
    (0..length).map(|at| (at * at / 7 + at) as u8).collect()
}

fn cover(ranges: &[(u32, u32)]) -> Vec<ChunkRange> {
    ranges.iter().map(|&(first, count)| ChunkRange { first, count }).collect()
}

/// The three lists, in the format of the vectors.
pub fn shown(opening: &Opening) -> OpeningLine {
    OpeningLine {
        ranges: opening.ranges.iter().map(|range| (range.first, range.count)).collect(),
        data: (&opening.data).into(),
        siblings: opening.siblings.iter().map(Into::into).collect(),
    }
}

/// The SCALE encoding: for each list its length, in compact form, and then its entries.
fn encoded(opening: &Opening) -> Vec<u8> {
    let compact = |n: usize| match n {
        0..=0x3F => vec![(n as u8) << 2],
        0x40..=0x3FFF => (((n as u16) << 2) | 1).to_le_bytes().to_vec(),
        _ => (((n as u32) << 2) | 2).to_le_bytes().to_vec(),
    };
    let ranges =
        opening.ranges.iter().flat_map(|range| [range.first.to_le_bytes(), range.count.to_le_bytes()].concat());
    let mut bytes = compact(opening.ranges.len());
    bytes.extend(ranges);
    bytes.extend(compact(opening.data.len()));
    bytes.extend(&opening.data);
    bytes.extend(compact(opening.siblings.len()));
    bytes.extend(opening.siblings.concat());
    bytes
}

fn proves(book: &mut Book, name: &str, root: [u8; 32], length: u32, opening: &Opening) {
    let (opening, encoded) = (Some(shown(opening)), Some(encoded(opening).into()));
    let line = Line { name: name.into(), root: Some(root.into()), length: Some(length), opening, ..Line::default() };
    book.add("openings", Line { proves: Some(true), encoded, ..line });
}

fn fails(book: &mut Book, name: &str, error: &str, root: [u8; 32], length: u32, opening: &Opening) {
    let (opening, error) = (Some(shown(opening)), Some(error.into()));
    let line = Line { name: name.into(), root: Some(root.into()), length: Some(length), opening, ..Line::default() };
    book.add("openings", Line { proves: Some(false), error, ..line });
}

fn roots(book: &mut Book) {
    for length in [4u32, 60, 64, 68, 128, 1020, 1024, 1028, 2048, 2052, 3072, 3076, 4096, 5120, 7168, 8196] {
        let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let root = blake3::hash(&bytes);
        let name = format!("{length} bytes");
        let (bytes, root) = (Some(bytes.into()), Some(root.as_bytes().into()));
        book.add("roots", Line { name, bytes, root, ..Line::default() });
    }
}

fn one_and_what_spoils_it(book: &mut Book, length: u32, ranges: Vec<(u32, u32)>) {
    let bytes = buffer(length);
    let ranges = cover(&ranges);
    let good = open(&bytes, &ranges).unwrap();
    let of = *blake3::hash(&bytes).as_bytes();
    let which: Vec<String> = ranges.iter().map(|range| format!("{}+{}", range.first, range.count)).collect();
    let which = if which.is_empty() { "none".into() } else { which.join(" and ") };
    let name = format!("{which} of {} chunks, {length} bytes", chunk_count(length));
    proves(book, &name, of, length, &good);
    let mut spoil = |what: &str, error: &str, change: &dyn Fn(&mut Opening)| {
        let mut opening = good.clone();
        change(&mut opening);
        assert_ne!(opening, good);
        fails(book, &format!("{name}: {what}"), error, of, length, &opening);
    };
    spoil("a byte more", "ExtraData", &|opening| opening.data.push(0));
    spoil("a sibling more", "ExtraSibling", &|opening| opening.siblings.push([0; 32]));
    if ranges.is_empty() {
        return;
    }
    spoil("a wrong bit", "WrongRoot", &|opening| opening.data[0] ^= 1);
    spoil("a wrong last bit", "WrongRoot", &|opening| *opening.data.last_mut().unwrap() ^= 128);
    spoil("a byte less", "MissingData", &|opening| {
        opening.data.pop();
    });
    spoil("a range twice", "Overlapping", &|opening| opening.ranges.push(*ranges.last().unwrap()));
    spoil("an empty range", "Empty", &|opening| opening.ranges[0].count = 0);
    let mut ends = vec![0, good.siblings.len().saturating_sub(1)];
    ends.dedup();
    ends.retain(|sibling| *sibling < good.siblings.len());
    for sibling in ends {
        spoil(&format!("a wrong bit in sibling {sibling}"), "WrongRoot", &|opening| opening.siblings[sibling][31] ^= 1);
    }
    if !good.siblings.is_empty() {
        spoil("a sibling less", "MissingSibling", &|opening| {
            opening.siblings.pop();
        });
    }
    if good.siblings.len() > 1 {
        spoil("siblings in another order", "WrongRoot", &|opening| opening.siblings.reverse());
    }
    if good.data.len() >= 2 * CHUNK {
        spoil("two chunks in another order", "WrongRoot", &|opening| opening.data[..2 * CHUNK].rotate_left(CHUNK));
    }
    let mut other = of;
    other[31] ^= 128;
    fails(book, &format!("{name}: another root"), "WrongRoot", other, length, &good);
}

/// Lists of ranges that are not in canonical form, and chunks at other positions.
fn ranges(book: &mut Book) {
    let length = 7 * 1024;
    let bytes = buffer(length);
    let of = *blake3::hash(&bytes).as_bytes();
    let good = open(&bytes, &cover(&[(1, 2), (4, 1)])).unwrap();
    for (name, error, ranges) in [
        ("in another order", "Unsorted", &[(4, 1), (1, 2)][..]),
        ("one split in two", "Adjacent", &[(1, 1), (2, 1), (4, 1)]),
        ("overlapping", "Overlapping", &[(1, 2), (2, 1)]),
        ("one in the other", "Overlapping", &[(1, 3), (2, 1)]),
        ("one behind the buffer", "OutOfBuffer", &[(1, 2), (7, 1)]),
        ("one that leaves the buffer", "OutOfBuffer", &[(1, 2), (4, 4)]),
        ("one of 2³² − 1 chunks", "OutOfBuffer", &[(1, u32::MAX)]),
        ("one that would wrap", "OutOfBuffer", &[(u32::MAX, 2)]),
        ("an empty one between", "Empty", &[(1, 2), (3, 0), (4, 1)]),
        ("an empty one behind the buffer", "Empty", &[(7, 0)]),
        ("one chunk more", "MissingData", &[(1, 2), (4, 2)]),
        ("one chunk less", "ExtraData", &[(1, 1), (4, 1)]),
        ("the chunks before", "ExtraSibling", &[(0, 2), (4, 1)]),
        ("another chunk of the same subtree", "WrongRoot", &[(1, 2), (5, 1)]),
    ] {
        let opening = Opening { ranges: cover(ranges), ..good.clone() };
        fails(book, &format!("ranges: {name}"), error, of, length, &opening);
    }
    let nothing = Opening::default();
    proves(book, "nothing opened, whatever the root", [7; 32], length, &nothing);
    // The left half of this tree is a tree of four chunks, but its value is not a root.
    let quarter = open(&bytes[..4096], &cover(&[(0, 4)])).unwrap();
    let mut hasher = blake3::Hasher::new();
    let inner = hasher.update(&bytes[..4096]).finalize_non_root();
    fails(book, "a subtree as if it were the whole tree", "WrongRoot", inner, 4096, &quarter);
    proves(book, "the same four chunks under their own root", root(&bytes[..4096]), 4096, &quarter);
}

/// The same openings under other lengths.
fn lengths(book: &mut Book) {
    let length = 7 * 1024 + 512;
    let bytes = buffer(length);
    let of = *blake3::hash(&bytes).as_bytes();
    let first = open(&bytes, &cover(&[(0, 1)])).unwrap();
    let last = open(&bytes, &cover(&[(7, 1)])).unwrap();
    proves(book, "the first chunk, under a length that changes nothing of what is opened", of, length + 4, &first);
    proves(book, "the first chunk, under eight whole chunks", of, 8 * 1024, &first);
    for (name, error, length, opening) in [
        ("the first chunk, under nine chunks", "MissingSibling", 9 * 1024, &first),
        ("the first chunk, under four chunks", "ExtraSibling", 4 * 1024, &first),
        ("the first chunk, under one chunk", "ExtraSibling", 1024, &first),
        ("the last chunk, under four bytes more", "MissingData", length + 4, &last),
        ("the last chunk, under four bytes less", "ExtraData", length - 4, &last),
        ("the last chunk, under seven chunks", "OutOfBuffer", 7 * 1024, &last),
        ("the last chunk, under nine chunks", "MissingData", 9 * 1024, &last),
        ("no bytes", "WrongLength", 0, &first),
        ("one byte more than there may be", "WrongLength", (1 << 31) + 1, &first),
        ("2³² − 1 bytes", "WrongLength", u32::MAX, &first),
        ("nothing opened of no bytes", "WrongLength", 0, &Opening::default()),
    ] {
        fails(book, &format!("lengths: {name}"), error, of, length, opening);
    }
    // Openings are about bytes; that a buffer consists of whole words is a rule for steps.
    let odd = &bytes[..1025];
    proves(book, "1,025 bytes, the last chunk", root(odd), 1025, &open(odd, &cover(&[(1, 1)])).unwrap());
}

/// The two ends of a buffer of 2 GiB. The rest need not exist, because any siblings give a root.
fn largest(book: &mut Book) {
    let siblings: Vec<[u8; 32]> = (0..21u8).map(|level| [level; 32]).collect();
    let data: Vec<u8> = (0..1024).map(|at| (at * 11) as u8).collect();
    let last = (1u32 << 21) - 1;
    let value = |chunk: u32| {
        let mut hasher = blake3::Hasher::new();
        hasher.set_input_offset(u64::from(chunk) * 1024);
        hasher.update(&data).finalize_non_root()
    };
    for (name, chunk) in [("first", 0), ("last", last)] {
        let mut node = value(chunk);
        for level in 0..21 {
            // From the bottom up: to the right of the first chunk, the small subtrees come first; to the left of the
            // last one, the large ones do.
            let (left, right) = if chunk == 0 { (node, siblings[level]) } else { (siblings[20 - level], node) };
            node = match level {
                20 => merge_subtrees_root(&left, &right, Mode::Hash).into(),
                _ => merge_subtrees_non_root(&left, &right, Mode::Hash),
            };
        }
        let ranges = vec![ChunkRange { first: chunk, count: 1 }];
        let opening = Opening { ranges, data: data.clone(), siblings: siblings.clone() };
        proves(book, &format!("the {name} of 2,097,152 chunks"), node, 1 << 31, &opening);
    }
}
