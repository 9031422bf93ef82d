use crate::{bytes, noise, words, Arguments, Example};

/// The largest r with r^power ≤ x.
fn root(x: u128, power: u32) -> u128 {
    let fits = |r: u128| r.checked_pow(power).is_some_and(|product| product <= x);
    (0..40).rev().fold(0, |r, bit| if fits(r | 1 << bit) { r | 1 << bit } else { r })
}

fn primes() -> impl Iterator<Item = u128> {
    (2..).filter(|n| (2..*n).all(|d| n % d != 0))
}

/// FIPS 180-4, sections 5 and 6.2.
struct Sha256 {
    start: Vec<u32>,
    k: Vec<u32>,
}

impl Sha256 {
    fn new() -> Self {
        // The first 32 bits of the fractional parts.
        Sha256 {
            start: primes().take(8).map(|prime| root(prime << 64, 2) as u32).collect(),
            k: primes().take(64).map(|prime| root(prime << 96, 3) as u32).collect(),
        }
    }

    fn digest(&self, message: &[u8]) -> Vec<u8> {
        let mut padded = message.to_vec();
        padded.push(0x80);
        while padded.len() % 64 != 56 {
            padded.push(0);
        }
        padded.extend((8 * message.len() as u64).to_be_bytes());
        let hash = padded.chunks(64).fold(self.start.clone(), |hash, block| self.compressed(&hash, block));
        hash.into_iter().flat_map(u32::to_be_bytes).collect()
    }

    fn compressed(&self, hash: &[u32], block: &[u8]) -> Vec<u32> {
        let mut w: Vec<u32> = words(block).into_iter().map(u32::swap_bytes).collect();
        for t in 16..64 {
            let small0 = w[t - 15].rotate_right(7) ^ w[t - 15].rotate_right(18) ^ (w[t - 15] >> 3);
            let small1 = w[t - 2].rotate_right(17) ^ w[t - 2].rotate_right(19) ^ (w[t - 2] >> 10);
            w.push(small1.wrapping_add(w[t - 7]).wrapping_add(small0).wrapping_add(w[t - 16]));
        }
        let mut v = hash.to_vec();
        for (w, k) in w.iter().zip(&self.k) {
            let big1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let ch = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let t1 = [big1, ch, *k, *w].into_iter().fold(v[7], u32::wrapping_add);
            let big0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let maj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(t1);
            v[0] = t1.wrapping_add(big0).wrapping_add(maj);
        }
        hash.iter().zip(v).map(|(a, b)| a.wrapping_add(b)).collect()
    }
}

/// One record for each message, all of them `stride` words long.
fn example(shows: &'static str, records: &[u8], lengths: &[u32], params: [u32; 3]) -> Example {
    let [stride, blocks, twice] = params;
    let sha256 = Sha256::new();
    let record_bytes = 4 * stride as usize;
    let longest = record_bytes.min(64 * (blocks - twice) as usize - 9);
    let mut digests = Vec::new();
    for (at, record) in records.chunks(record_bytes).enumerate() {
        let length = *lengths.get(at).or(lengths.last()).unwrap_or(&0);
        let digest = sha256.digest(&record[..longest.min(length as usize)]);
        digests.extend(if twice == 0 { digest } else { sha256.digest(&digest) });
    }
    Example {
        shows,
        output: words(&digests),
        arguments: Arguments {
            params: params.to_vec(),
            inputs: vec![records.to_vec(), bytes(lengths.iter().copied())],
            invocations: (records.len() / record_bytes) as u32,
        },
    }
}

const LONG: &str =
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
const MESSAGES: [&str; 4] = ["abc", "", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", LONG];

fn noisy_records(seed: u64, count: usize, stride: usize) -> Vec<u8> {
    bytes(noise(seed, count * stride))
}

pub(crate) fn examples() -> Vec<Example> {
    let mut records = Vec::new();
    let mut lengths = Vec::new();
    for message in MESSAGES {
        let mut record = message.as_bytes().to_vec();
        record.resize(128, 0);
        records.extend(record);
        lengths.push(message.len() as u32);
    }
    let edges = [0, 1, 3, 4, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 1000];
    records.extend(noisy_records(20, edges.len(), 32));
    lengths.extend(edges);
    let cut = noisy_records(21, 7, 20);
    vec![
        example("the messages of the standard, lengths around the ends of blocks", &records, &lengths, [32, 3, 0]),
        example(
            "digests of digests, cut off by the blocks, lengths that go on",
            &cut,
            &[20, 54, 55, 56, 80],
            [20, 2, 1],
        ),
    ]
}

pub(crate) fn work() -> Arguments {
    let messages = 1 << 17;
    Arguments {
        params: vec![16, 2, 0],
        inputs: vec![bytes(noise(24, 16 * messages)), bytes([64])],
        invocations: messages as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_reference_gives_the_digests_of_the_standard() {
        let digests = [
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
        ];
        let sha256 = Sha256::new();
        for (message, digest) in MESSAGES.iter().zip(digests) {
            assert_eq!(hex(&sha256.digest(message.as_bytes())), digest, "{message}");
        }
    }

    #[test]
    fn the_reference_gives_the_hash_of_the_first_bitcoin_block() {
        let mut header = vec![1, 0, 0, 0];
        header.extend([0; 32]);
        for word in ["3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a", "29ab5f49ffff001d1dac2b7c"] {
            header.extend((0..word.len()).step_by(2).map(|at| u8::from_str_radix(&word[at..at + 2], 16).unwrap()));
        }
        let sha256 = Sha256::new();
        assert_eq!(
            hex(&sha256.digest(&sha256.digest(&header))),
            "6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000"
        );
    }
}
