const LENGTH = P0;
const SPAN = P1;
const MAX_LENGTH = P2;
const CHAIN = P3;

@group(0) @binding(0) var<storage, read> text: array<u32>;
@group(0) @binding(9) var<storage, read_write> matches: array<u32>;

// Four bytes from a byte of `low` on; shift is eight times its number.
fn four(low: u32, high: u32, shift: u32) -> u32 {
    return (low >> shift) | ((high << 1) << (31 - shift));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let at = g;
    if at == 0 || at + 4 > LENGTH {
        matches[g] = 0u;
        return;
    }
    let reach = min(SPAN, at);
    // What lies behind the end of the text is not looked at, whatever is read for it.
    let here = at / 4;
    let here_shift = (at & 3) * 8;
    let here_second = text[min(here + 1, LEN0 - 1)];
    let head = four(text[here], here_second, here_shift);

    // The distances where the first four bytes match: word by word backwards, each with four places.
    var distances: array<u32, 36>;
    var count = 0u;
    let nearest = (at - 1) / 4;
    let furthest = (at - reach) / 4;
    var above = text[nearest + 1];
    for (var i = 0u; i <= nearest - furthest; i++) {
        let index = nearest - i;
        let word = text[index];
        // Of the fourth byte of the word; it wraps where that is not before this position.
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
        if count >= CHAIN {
            break;
        }
    }

    let most = min(MAX_LENGTH, LENGTH - at);
    var best = 0u;
    for (var i = 0u; i < min(32u, CHAIN); i++) {
        if (i >= count) | (best >> 16 == most) {
            break;
        }
        let start = at - distances[i];
        let there_shift = (start & 3) * 8;
        var there_word = text[start / 4 + 1];
        var here_word = here_second;
        var length = 4u;
        for (var word = 2u; word < (MAX_LENGTH >> 2) + 2; word++) {
            let there_next = text[min(start / 4 + word, LEN0 - 1)];
            let here_next = text[min(here + word, LEN0 - 1)];
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
    matches[g] = best;
}
