use crate::{bytes, noise, words, Arguments, Example};

/// RFC 8439, section 2.1.
fn quarter_round(s: &mut [u32; 16], [a, b, c, d]: [usize; 4]) {
    for (x, y, z, by) in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)] {
        s[x] = s[x].wrapping_add(s[y]);
        s[z] = (s[z] ^ s[x]).rotate_left(by);
    }
}

/// Section 2.3: a block of key stream.
fn block(key: &[u32], counter: u32, nonce: &[u32]) -> [u32; 16] {
    let constants = words(b"expand 32-byte k");
    let mut state = [0; 16];
    let parts = constants.iter().chain(key).chain([&counter]).chain(nonce);
    state.iter_mut().zip(parts).for_each(|(word, part)| *word = *part);
    let mut mixed = state;
    for _ in 0..10 {
        for column in 0..4 {
            quarter_round(&mut mixed, [0, 4, 8, 12].map(|row| row + column));
        }
        for diagonal in 0..4 {
            quarter_round(&mut mixed, [0, 1, 2, 3].map(|row| 4 * row + (diagonal + row) % 4));
        }
    }
    std::array::from_fn(|at| mixed[at].wrapping_add(state[at]))
}

/// `params` are key, counter and nonce.
fn example(shows: &'static str, params: Vec<u32>, data: Vec<u32>) -> Example {
    let (key, counter, nonce) = (&params[..8], params[8], &params[9..]);
    let blocks = (0..).zip(data.chunks(16));
    let encrypted = blocks.flat_map(|(g, part)| {
        let stream = block(key, counter.wrapping_add(g), nonce);
        (0..16).map(move |at| stream[at] ^ part.get(at).unwrap_or(&0))
    });
    let output = encrypted.collect();
    let invocations = data.len().div_ceil(16) as u32;
    Example { shows, arguments: Arguments { params, inputs: vec![bytes(data)], invocations }, output }
}

/// Key, counter and nonce of section 2.4.2, and the text, filled up to whole words.
fn sunscreen() -> (Vec<u32>, Vec<u32>) {
    let mut params = words(&std::array::from_fn::<u8, 32, _>(|at| at as u8));
    params.extend([1, 0, 0x4a00_0000, 0]);
    let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
                 sunscreen would be it.\0\0";
    (params, words(text))
}

pub(crate) fn examples() -> Vec<Example> {
    let (params, text) = sunscreen();
    let mut wrapping = noise(30, 12);
    wrapping[8] = u32::MAX;
    vec![
        example("the text of the RFC, which ends inside a block", params, text),
        example("a counter that wraps", wrapping, noise(31, 48)),
        example("many blocks, the last of one word", noise(32, 12), noise(33, 16 * 40 + 1)),
    ]
}

pub(crate) fn work() -> Arguments {
    let blocks = 1 << 18;
    Arguments { params: noise(34, 12), inputs: vec![bytes(noise(35, 16 * blocks))], invocations: blocks as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_gives_the_block_of_the_rfc() {
        let (params, _) = sunscreen();
        let block = block(&params[..8], 1, &[0x0900_0000, 0x4a00_0000, 0]);
        assert_eq!(block[..4], [0xe4e7_f110, 0x1559_3bd1, 0x1fdd_0f50, 0xc471_20a3]);
        assert_eq!(block[12..], [0xd19c_12b5, 0xb94e_16de, 0xe883_d0cb, 0x4e3c_50a2]);
    }

    #[test]
    fn the_reference_gives_the_ciphertext_of_the_rfc() {
        let (params, text) = sunscreen();
        let encrypted = bytes(example("", params, text).output);
        assert_eq!(encrypted[..8], [0x6e, 0x2e, 0x35, 0x9a, 0x25, 0x68, 0xf9, 0x80]);
        assert_eq!(encrypted[106..114], [0x8e, 0xed, 0xf2, 0x78, 0x5e, 0x42, 0x87, 0x4d]);
    }
}
