//! Decodes any bytes as an opening and checks: no panic, and no false opening verifies.
//!
//! The first twelve bytes select a buffer and the chunks of it that are opened correctly. The next ones change that
//! opening, and the remaining bytes are decoded as an opening.

#![no_main]

use codec::{Decode, Encode};
use libfuzzer_sys::fuzz_target;
use touchstone_kir::{chunk_count, open, root, verify, ChunkRange, Opening, CHUNK};

fuzz_target!(|data: &[u8]| {
    let Some((header, mut rest)) = data.split_first_chunk::<12>() else { return };
    let length = 1 + u32::from(u16::from_le_bytes([header[0], header[1]])) % (40 * CHUNK as u32);
    let bytes: Vec<u8> = (0..length).map(|at| (at * 31 + at / 1024) as u8 ^ header[2]).collect();
    let set = u64::from_le_bytes([4, 5, 6, 7, 8, 9, 10, 11].map(|at| header[at]));
    let chunks = chunk_count(length);
    let ranges = ChunkRange::cover((0..chunks).filter(|chunk| set >> (chunk % 64) & 1 == 1));
    let honest = open(&bytes, &ranges).expect("ranges of its own chunks");
    let root = root(&bytes);
    verify(&honest, &root, length).expect("the truth");

    let mut opening = honest.clone();
    let mut stated = length;
    for _ in 0..header[3] % 4 {
        let Some((lie, after)) = rest.split_first_chunk::<4>() else { break };
        rest = after;
        tell(&mut opening, &mut stated, *lie);
    }
    judge(&opening, &honest, &root, &bytes, stated);

    // Decoding never panics and is canonical; its result is verified too.
    if let Ok(decoded) = Opening::decode(&mut &rest[..]) {
        assert_eq!(Opening::decode(&mut decoded.encode().as_slice()), Ok(decoded.clone()));
        judge(&decoded, &honest, &root, &bytes, stated);
    }
});

/// An opening that verifies has the true bytes, and a set of chunks has only one opening.
fn judge(opening: &Opening, honest: &Opening, root: &[u8; 32], bytes: &[u8], stated: u32) {
    let Ok(opened) = verify(opening, root, stated) else {
        assert!(opening != honest || stated as usize != bytes.len(), "the truth is refused");
        return;
    };
    for index in opened.chunks() {
        assert_eq!(opened.chunk(index), bytes.chunks(CHUNK).nth(index as usize));
    }
    assert_eq!(opening.ranges, ChunkRange::cover(opened.chunks()), "ranges in a second form");
    if stated as usize == bytes.len() && opening.ranges == honest.ranges {
        assert_eq!(opening, honest, "two openings of the same chunks");
    }
    // The last chunk binds the length.
    let last = chunk_count(stated) - 1;
    if opening.ranges.last().is_some_and(|range| range.first + range.count > last) {
        assert_eq!(stated as usize, bytes.len(), "a false length with its last chunk");
    }
}

fn tell(opening: &mut Opening, stated: &mut u32, [what, at, value, more]: [u8; 4]) {
    let pick = |len: usize| usize::from(at) % len.max(1);
    let (ranges, data, siblings) = (opening.ranges.len(), opening.data.len(), opening.siblings.len());
    match what % 14 {
        0 if ranges > 0 => opening.ranges[pick(ranges)].first = value.into(),
        1 if ranges > 0 => opening.ranges[pick(ranges)].count = u32::from(value) % 8,
        2 if data > 0 => opening.data[(usize::from(at) * 256 + usize::from(more)) % data] ^= value,
        3 => opening.data.resize(data.saturating_sub(usize::from(at)), 0),
        4 => opening.data.resize(data + usize::from(at) * 4, value),
        5 if siblings > 0 => opening.siblings[pick(siblings)][usize::from(value) % 32] ^= more,
        6 if siblings > 0 => drop(opening.siblings.remove(pick(siblings))),
        7 => opening.siblings.insert(pick(siblings + 1), [value; 32]),
        8 if siblings > 0 => opening.siblings.swap(pick(siblings), usize::from(value) % siblings),
        9 if ranges > 0 => drop(opening.ranges.remove(pick(ranges))),
        // The same chunks, in another form.
        10 if ranges > 0 => {
            let range = &mut opening.ranges[pick(ranges)];
            let (first, count) = (range.first, u32::from(value) % range.count.max(1));
            range.first = range.first.wrapping_add(count);
            range.count = range.count.wrapping_sub(count);
            opening.ranges.insert(pick(ranges), ChunkRange { first, count });
        }
        11 if ranges > 0 => opening.ranges.swap(pick(ranges), usize::from(value) % ranges),
        12 => opening.ranges.insert(pick(ranges + 1), ChunkRange { first: value.into(), count: u32::from(more) % 8 }),
        _ => *stated = stated.wrapping_add_signed(i32::from(i16::from_le_bytes([value, more]))),
    }
}
