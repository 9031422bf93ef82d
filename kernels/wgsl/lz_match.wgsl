// lz_match: for each position of a text the longest match before it, as Lempel-Ziv compressors (Ziv, Lempel 1977) need it
//
// input 0   text, bytes, 4 per word, the first in the lowest byte
// output    matches, u32: WINDOW = 1, invocation p answers for the byte at position p with length·65536 + distance, or 0
//           if there is no match
//
// A match of position p at distance d, 1 ≤ d ≤ window and d ≤ p, is a run of bytes from p on that equals the run from
// p − d on; the runs may overlap. Its length is as long as it can be, but at most max_length, and the run ends with the
// text. Looked at are the nearest `chain` distances whose first four bytes match; of these the longest match wins, of
// equally long ones the nearest. A match has at least four bytes.
//
// One invocation reads its window and what follows: window + 280 bytes.

const WINDOW: u32 = 1;

struct Params {
    length: u32,     // of the text, bytes: the input's length less what fills up the last word
    window: u32,     // 1 … 65,535
    max_length: u32, // 4 … 258
    chain: u32,      // 1 … 32
}

@group(0) @binding(0) var<storage, read> text: array<u32>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> matches: array<u32>;

// Four bytes from a byte of `low` on; shift is eight times its number.
fn four(low: u32, high: u32, shift: u32) -> u32 {
    return (low >> shift) | ((high << 1) << (31 - shift));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let at = id.x;
    let reach = min(params.window, at);
    bound_reads(0, (at - reach) / 4, (params.window >> 2) + 70);
    if at + 4 > params.length {
        return;
    }
    let here = at / 4;
    let here_shift = (at & 3) * 8;
    let head = four(text[here], text[here + 1], here_shift);

    // The distances where the first four bytes match: word by word backwards, each with four places.
    var distances: array<u32, 32>;
    var count = 0u;
    var above = text[(at - 1) / 4 + 1];
    for (var i = 0u; i < (params.window >> 2) + 2; i++) {
        let index = (at - 1) / 4 - i;
        let word = text[index];
        // Of the fourth byte of the word; it wraps, like that of places before the text, where there is no such place.
        let distance = at - 4 * index - 3;
        let hit3 = ((word >> 24) | (above << 8)) == head;
        let hit2 = ((word >> 16) | (above << 16)) == head;
        let hit1 = ((word >> 8) | (above << 24)) == head;
        let hit0 = word == head;
        if hit3 | hit2 | hit1 | hit0 {
            // What is stored without being counted is overwritten, or never read.
            distances[count] = distance;
            count += u32(hit3 & (distance - 1 < reach));
            distances[count] = distance + 1;
            count += u32(hit2 & (distance < reach));
            distances[count] = distance + 2;
            count += u32(hit1 & (distance + 1 < reach));
            distances[count] = distance + 3;
            count += u32(hit0 & (distance + 2 < reach));
        }
        above = word;
        if count >= params.chain {
            break;
        }
    }

    let most = min(params.max_length, params.length - at);
    var best = 0u;
    for (var i = 0u; i < min(32u, params.chain); i++) {
        if (i >= count) | (best >> 16 == most) {
            break;
        }
        let start = at - distances[i];
        let there_shift = (start & 3) * 8;
        var there_word = text[start / 4 + 1];
        var here_word = text[here + 1];
        var length = 4u;
        for (var word = 2u; word < (params.max_length >> 2) + 2; word++) {
            let there_next = text[start / 4 + word];
            let here_next = text[here + word];
            let differs = four(there_word, there_next, there_shift) ^ four(here_word, here_next, here_shift);
            length += min(countTrailingZeros(differs) / 8, 4u);
            if (differs != 0) | (length >= most) {
                break;
            }
            there_word = there_next;
            here_word = here_next;
        }
        length = min(length, most);
        if length > best >> 16 {
            best = (length << 16) | distances[i];
        }
    }
    matches[id.x] = best;
}
